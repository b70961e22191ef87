CREATE TABLE `scim_sources` (
	`provider_id` text PRIMARY KEY NOT NULL,
	`namespace` text NOT NULL,
	`secret_hash` text,
	`previous_hash` text,
	`previous_until` integer,
	`issued_at` integer NOT NULL,
	`last_call_at` integer,
	`last_refusal` text,
	`last_refusal_at` integer,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`provider_id`) REFERENCES `identity_providers`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `scim_sources_namespace_unique` ON `scim_sources` (`namespace`);--> statement-breakpoint
CREATE UNIQUE INDEX `scim_sources_secret_hash_unique` ON `scim_sources` (`secret_hash`);--> statement-breakpoint
CREATE TABLE `scim_users` (
	`provider_id` text NOT NULL,
	`user_id` text NOT NULL,
	`user_name` text NOT NULL,
	`external_id` text,
	`document` text NOT NULL,
	`made` integer NOT NULL,
	`held` integer DEFAULT false NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`provider_id`, `user_id`),
	FOREIGN KEY (`provider_id`) REFERENCES `identity_providers`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `scim_users_name` ON `scim_users` (`provider_id`,`user_name`);--> statement-breakpoint
CREATE INDEX `scim_users_external` ON `scim_users` (`provider_id`,`external_id`);--> statement-breakpoint
CREATE INDEX `scim_users_user` ON `scim_users` (`user_id`);--> statement-breakpoint
ALTER TABLE `groups` ADD `provider_id` text REFERENCES `identity_providers`(`id`) ON DELETE cascade;--> statement-breakpoint
ALTER TABLE `groups` ADD `external_id` text;--> statement-breakpoint
CREATE INDEX `groups_provider` ON `groups` (`provider_id`);--> statement-breakpoint
-- Nobody but a provider's SCIM says who is in its groups, so no earlier sign-in may have said so.
UPDATE `identities` SET `groups` = (SELECT json_group_array(value) FROM json_each(`identities`.`groups`) WHERE substr(value, 1, 5) <> 'scim:') WHERE `groups` LIKE '%"scim:%';
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_groups_insert;
--> statement-breakpoint
CREATE TRIGGER history_groups_insert AFTER INSERT ON groups BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'group', NEW.id, '', NEW.name, NULL, json_object('name', NEW.name, 'description', NEW.description, 'provider', NEW.provider_id), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_groups_update;
--> statement-breakpoint
CREATE TRIGGER history_groups_update AFTER UPDATE ON groups WHEN OLD.name IS NOT NEW.name OR OLD.description IS NOT NEW.description OR OLD.provider_id IS NOT NEW.provider_id BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'group', NEW.id, '', NEW.name, json_object('name', OLD.name, 'description', OLD.description, 'provider', OLD.provider_id), json_object('name', NEW.name, 'description', NEW.description, 'provider', NEW.provider_id), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_groups_delete;
--> statement-breakpoint
CREATE TRIGGER history_groups_delete AFTER DELETE ON groups BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'group', OLD.id, '', OLD.name, json_object('name', OLD.name, 'description', OLD.description, 'provider', OLD.provider_id), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
