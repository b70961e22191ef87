ALTER TABLE `identity_providers` ADD `kind` text DEFAULT 'oidc' NOT NULL;--> statement-breakpoint
ALTER TABLE `identity_providers` ADD `organizations` text DEFAULT '[]' NOT NULL;