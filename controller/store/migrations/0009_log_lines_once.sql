ALTER TABLE "broadcast_events" ADD COLUMN "entry_id" uuid;--> statement-breakpoint
ALTER TABLE "speaker_transitions" ADD COLUMN "entry_id" uuid;--> statement-breakpoint
ALTER TABLE "broadcast_events" ADD CONSTRAINT "broadcast_events_entry" UNIQUE("entry_id");--> statement-breakpoint
ALTER TABLE "speaker_transitions" ADD CONSTRAINT "speaker_transitions_entry" UNIQUE("entry_id");