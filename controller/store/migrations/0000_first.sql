CREATE TABLE "audit_entries" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"at" timestamp (6) with time zone NOT NULL,
	"actor_id" uuid,
	"actor_name" text NOT NULL,
	"action" text NOT NULL,
	"target" text NOT NULL,
	"ip" text,
	"detail" jsonb NOT NULL,
	"previous_hash" text NOT NULL,
	"hash" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"created_at" timestamp (6) with time zone NOT NULL,
	"last_seen_at" timestamp (6) with time zone NOT NULL,
	"expires_at" timestamp (6) with time zone NOT NULL,
	"ip" text,
	"user_agent" text
);
--> statement-breakpoint
CREATE TABLE "settings" (
	"key" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL,
	"updated_at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"username" text NOT NULL,
	"display_name" text NOT NULL,
	"role" text NOT NULL,
	"password_hash" text NOT NULL,
	"password_changed_at" timestamp (6) with time zone NOT NULL,
	"must_change_password" boolean DEFAULT false NOT NULL,
	"failed_logins" integer DEFAULT 0 NOT NULL,
	"locked_until" timestamp (6) with time zone,
	"disabled_at" timestamp (6) with time zone,
	"language" text DEFAULT 'vi' NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_username_unique" UNIQUE("username")
);
--> statement-breakpoint
CREATE TABLE "aired_copies" (
	"id" uuid PRIMARY KEY NOT NULL,
	"broadcast_id" uuid NOT NULL,
	"path" text NOT NULL,
	"starts_at" timestamp (6) with time zone NOT NULL,
	"ends_at" timestamp (6) with time zone,
	"size_bytes" integer,
	"sha256" text
);
--> statement-breakpoint
CREATE TABLE "broadcast_events" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"broadcast_id" uuid NOT NULL,
	"at" timestamp (6) with time zone NOT NULL,
	"kind" text NOT NULL,
	"detail" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "broadcasts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"title" text NOT NULL,
	"class" text NOT NULL,
	"content" jsonb NOT NULL,
	"targets" jsonb NOT NULL,
	"cluster_ids" jsonb NOT NULL,
	"status" text NOT NULL,
	"starts_at" timestamp (6) with time zone NOT NULL,
	"started_at" timestamp (6) with time zone,
	"ended_at" timestamp (6) with time zone,
	"duration_ms" double precision,
	"position_ms" double precision DEFAULT 0 NOT NULL,
	"on_preempted" text NOT NULL,
	"preempted_by" uuid,
	"gain_db" double precision DEFAULT 0 NOT NULL,
	"chime" boolean DEFAULT false NOT NULL,
	"origin" text NOT NULL,
	"requested_by" uuid,
	"requested_by_name" text NOT NULL,
	"end_reason" text,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "occurrences" (
	"id" uuid PRIMARY KEY NOT NULL,
	"schedule_id" text NOT NULL,
	"starts_at" timestamp (6) with time zone NOT NULL,
	"status" text NOT NULL,
	"broadcast_id" uuid,
	"reason" text,
	CONSTRAINT "occurrence_once" UNIQUE("schedule_id","starts_at")
);
--> statement-breakpoint
CREATE TABLE "receipts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"broadcast_id" uuid NOT NULL,
	"speaker_id" text NOT NULL,
	"cluster_id" text NOT NULL,
	"channel_id" text NOT NULL,
	"received_at" timestamp (6) with time zone NOT NULL,
	"first_sound_at" timestamp (6) with time zone NOT NULL,
	"last_sound_at" timestamp (6) with time zone NOT NULL,
	"played_ms" double precision NOT NULL,
	"concealed_ms" double precision NOT NULL,
	"muted_ms" double precision NOT NULL,
	"final" boolean NOT NULL,
	"receipt" jsonb NOT NULL,
	CONSTRAINT "receipt_once" UNIQUE("speaker_id","broadcast_id","channel_id")
);
--> statement-breakpoint
CREATE TABLE "schedules" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"source" text NOT NULL,
	"file_name" text,
	"enabled" boolean DEFAULT true NOT NULL,
	"definition" jsonb NOT NULL,
	"definition_hash" text NOT NULL,
	"created_by" uuid,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp (6) with time zone
);
--> statement-breakpoint
CREATE TABLE "faults" (
	"id" uuid PRIMARY KEY NOT NULL,
	"speaker_id" text NOT NULL,
	"cluster_id" text NOT NULL,
	"code" text NOT NULL,
	"severity" text NOT NULL,
	"raised_at" timestamp (6) with time zone NOT NULL,
	"cleared_at" timestamp (6) with time zone,
	"evidence" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "speaker_transitions" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"speaker_id" text NOT NULL,
	"at" timestamp (6) with time zone NOT NULL,
	"from_rung" text NOT NULL,
	"to_rung" text NOT NULL,
	"detail" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clusters" (
	"id" text PRIMARY KEY NOT NULL,
	"hamlet_id" text NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"horns" integer DEFAULT 2 NOT NULL,
	"volume_db" double precision DEFAULT -6 NOT NULL,
	"align_delay_ms" double precision DEFAULT 0 NOT NULL,
	"latitude" double precision,
	"longitude" double precision,
	"note" text DEFAULT '' NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "hamlets" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"position" integer NOT NULL,
	"population" integer,
	"latitude" double precision,
	"longitude" double precision
);
--> statement-breakpoint
CREATE TABLE "speakers" (
	"id" text PRIMARY KEY NOT NULL,
	"cluster_id" text NOT NULL,
	"claim_hash" text,
	"claim_expires_at" timestamp (6) with time zone,
	"claim_attempts" integer DEFAULT 0 NOT NULL,
	"certificate_sha256" text,
	"certificate_not_after" timestamp (6) with time zone,
	"enrolled_at" timestamp (6) with time zone,
	"revoked_at" timestamp (6) with time zone,
	"model" text,
	"firmware" text,
	"last_seen_at" timestamp (6) with time zone,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "speakers_cluster_id_unique" UNIQUE("cluster_id")
);
--> statement-breakpoint
CREATE TABLE "bulletins" (
	"id" uuid PRIMARY KEY NOT NULL,
	"title" text NOT NULL,
	"class" text DEFAULT 'normal' NOT NULL,
	"topic" text DEFAULT '' NOT NULL,
	"language" text DEFAULT 'vi' NOT NULL,
	"origin" text NOT NULL,
	"text" text,
	"voice" text,
	"status" text NOT NULL,
	"failure" jsonb,
	"warnings" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"upload_path" text,
	"original_name" text,
	"master_hash" text,
	"created_by" uuid,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"approved_by" uuid,
	"approved_at" timestamp (6) with time zone,
	"last_aired_at" timestamp (6) with time zone,
	"deleted_at" timestamp (6) with time zone
);
--> statement-breakpoint
CREATE TABLE "dictionary_entries" (
	"written" text PRIMARY KEY NOT NULL,
	"spoken" text NOT NULL,
	"case_sensitive" boolean DEFAULT true NOT NULL,
	"updated_at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "masters" (
	"hash" text PRIMARY KEY NOT NULL,
	"duration_ms" double precision NOT NULL,
	"size_bytes" bigint NOT NULL,
	"loudness_lufs" double precision NOT NULL,
	"true_peak_dbtp" double precision NOT NULL,
	"peaks" "bytea" NOT NULL,
	"source" jsonb NOT NULL,
	"created_at" timestamp (6) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "broadcast_events" ADD CONSTRAINT "broadcast_events_broadcast_id_broadcasts_id_fk" FOREIGN KEY ("broadcast_id") REFERENCES "public"."broadcasts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "occurrences" ADD CONSTRAINT "occurrences_schedule_id_schedules_id_fk" FOREIGN KEY ("schedule_id") REFERENCES "public"."schedules"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "clusters" ADD CONSTRAINT "clusters_hamlet_id_hamlets_id_fk" FOREIGN KEY ("hamlet_id") REFERENCES "public"."hamlets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "speakers" ADD CONSTRAINT "speakers_cluster_id_clusters_id_fk" FOREIGN KEY ("cluster_id") REFERENCES "public"."clusters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "bulletins" ADD CONSTRAINT "bulletins_master_hash_masters_hash_fk" FOREIGN KEY ("master_hash") REFERENCES "public"."masters"("hash") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_at" ON "audit_entries" USING btree ("at");--> statement-breakpoint
CREATE INDEX "sessions_user" ON "sessions" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "aired_copies_broadcast" ON "aired_copies" USING btree ("broadcast_id");--> statement-breakpoint
CREATE INDEX "broadcast_events_broadcast" ON "broadcast_events" USING btree ("broadcast_id");--> statement-breakpoint
CREATE INDEX "broadcasts_status" ON "broadcasts" USING btree ("status");--> statement-breakpoint
CREATE INDEX "broadcasts_starts" ON "broadcasts" USING btree ("starts_at");--> statement-breakpoint
CREATE INDEX "occurrences_starts" ON "occurrences" USING btree ("starts_at");--> statement-breakpoint
CREATE INDEX "receipts_broadcast" ON "receipts" USING btree ("broadcast_id");--> statement-breakpoint
CREATE INDEX "faults_speaker" ON "faults" USING btree ("speaker_id");--> statement-breakpoint
CREATE INDEX "faults_open" ON "faults" USING btree ("cleared_at");--> statement-breakpoint
CREATE INDEX "speaker_transitions_speaker" ON "speaker_transitions" USING btree ("speaker_id","at");--> statement-breakpoint
CREATE INDEX "clusters_hamlet" ON "clusters" USING btree ("hamlet_id");--> statement-breakpoint
CREATE INDEX "speakers_certificate" ON "speakers" USING btree ("certificate_sha256");--> statement-breakpoint
CREATE INDEX "bulletins_status" ON "bulletins" USING btree ("status");--> statement-breakpoint
CREATE INDEX "bulletins_created" ON "bulletins" USING btree ("created_at");