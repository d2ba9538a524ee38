ALTER TABLE "clusters" ADD COLUMN "muted" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "clusters" ADD COLUMN "emergency_volume_db" double precision DEFAULT 0 NOT NULL;