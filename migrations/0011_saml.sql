ALTER TABLE `identity_providers` ADD `metadata` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `identity_providers` ADD `metadata_url` text;