ALTER TABLE "broadcasts" ADD COLUMN "passes" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "broadcasts" ADD COLUMN "makes_up_for" uuid;--> statement-breakpoint
ALTER TABLE "broadcasts" ADD COLUMN "valid_for_ms" double precision;--> statement-breakpoint
CREATE INDEX "broadcasts_makes_up_for" ON "broadcasts" USING btree ("makes_up_for");