ALTER TABLE `identity_providers` ADD `guest_days` integer;--> statement-breakpoint
ALTER TABLE `users` ADD `expires_at` integer;