ALTER TABLE `sessions_index` ADD `app_name` text;--> statement-breakpoint
ALTER TABLE `sessions_index` ADD `provider_id` text;--> statement-breakpoint
CREATE INDEX `sessions_provider` ON `sessions_index` (`provider_id`,`ended_at`);