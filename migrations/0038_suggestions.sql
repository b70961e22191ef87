CREATE TABLE `suggestions` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`state` text DEFAULT 'open' NOT NULL,
	`confidence` real NOT NULL,
	`seen` integer NOT NULL,
	`meaning` text NOT NULL,
	`basis` text NOT NULL,
	`body` text NOT NULL,
	`decided_by` text,
	`decided_at` integer,
	`undo` text,
	`share` real DEFAULT 0 NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `suggestions_state` ON `suggestions` (`state`,`kind`);