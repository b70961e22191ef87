ALTER TABLE `identity_providers` ADD `groups_seen_at` integer;--> statement-breakpoint
ALTER TABLE `identity_providers` ADD `groups_missed_at` integer;--> statement-breakpoint
ALTER TABLE `identity_providers` ADD `email_claim` text DEFAULT 'email' NOT NULL;--> statement-breakpoint
ALTER TABLE `identity_providers` ADD `email_verified` text DEFAULT 'required' NOT NULL;--> statement-breakpoint
ALTER TABLE `identity_providers` ADD `trusted_audiences` text DEFAULT '[]' NOT NULL;