ALTER TABLE "broadcasts" ADD COLUMN "emergency_kind" text;--> statement-breakpoint
ALTER TABLE "broadcasts" ADD COLUMN "attention" jsonb;--> statement-breakpoint
ALTER TABLE "broadcasts" ADD COLUMN "message_ms" double precision;