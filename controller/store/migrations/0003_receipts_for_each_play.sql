ALTER TABLE "receipts" DROP CONSTRAINT "receipt_once";--> statement-breakpoint
ALTER TABLE "receipts" ADD CONSTRAINT "receipt_once" UNIQUE("speaker_id","broadcast_id","channel_id","first_sound_at");