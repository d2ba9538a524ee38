ALTER TABLE "speakers" ADD COLUMN "enrol_request_sha256" text;--> statement-breakpoint
ALTER TABLE "speakers" ADD COLUMN "enrol_response" jsonb;