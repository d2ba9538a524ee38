ALTER TABLE "broadcasts" ALTER COLUMN "end_reason" SET DATA TYPE jsonb USING CASE WHEN "end_reason" IS NULL THEN NULL ELSE jsonb_build_object('code', 'unknown', 'vi', "end_reason", 'en', "end_reason") END;--> statement-breakpoint
ALTER TABLE "broadcasts" ADD COLUMN "latest_start_ms" double precision DEFAULT 600000 NOT NULL;
