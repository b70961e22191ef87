CREATE TABLE `provider_grants` (
	`identity_id` text PRIMARY KEY NOT NULL,
	`token_sealed` text NOT NULL,
	`state` text DEFAULT 'kept' NOT NULL,
	`confirmed_at` integer NOT NULL,
	`checked_at` integer NOT NULL,
	`due_at` integer NOT NULL,
	`claim` text,
	`claimed_until` integer DEFAULT 0 NOT NULL,
	`unanswered` integer DEFAULT 0 NOT NULL,
	`untold` integer DEFAULT false NOT NULL,
	`problem` text,
	FOREIGN KEY (`identity_id`) REFERENCES `identities`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `provider_grants_due` ON `provider_grants` (`due_at`);--> statement-breakpoint
ALTER TABLE `identity_providers` ADD `offline_access` text DEFAULT 'no' NOT NULL;--> statement-breakpoint
ALTER TABLE `identity_providers` ADD `recheck_minutes` integer DEFAULT 15 NOT NULL;--> statement-breakpoint
ALTER TABLE `identity_providers` ADD `recheck_grace_hours` integer DEFAULT 24 NOT NULL;