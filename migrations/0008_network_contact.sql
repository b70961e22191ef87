ALTER TABLE `networks` ADD `contact` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `networks` ADD `lists_closed_apps` integer DEFAULT false NOT NULL;