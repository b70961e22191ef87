CREATE TABLE `pending_events` (
	`id` text PRIMARY KEY NOT NULL,
	`target` text NOT NULL,
	`entry` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `pending_events_target` ON `pending_events` (`target`);--> statement-breakpoint
ALTER TABLE `enrolment_keys` ADD `left_until` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `nodes` ADD `handshake_floor_made` integer DEFAULT 0 NOT NULL;