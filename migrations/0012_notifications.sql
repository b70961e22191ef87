CREATE TABLE `notices` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`key` text NOT NULL,
	`event` text NOT NULL,
	`at` integer NOT NULL,
	`subject` text NOT NULL,
	`page` text NOT NULL,
	`kept_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `notices_key_unique` ON `notices` (`key`);--> statement-breakpoint
CREATE TABLE `notification_cursors` (
	`one` integer PRIMARY KEY DEFAULT 1 NOT NULL,
	`leaf` integer NOT NULL,
	`history` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `notification_deliveries` (
	`destination_id` text PRIMARY KEY NOT NULL,
	`done_until` integer NOT NULL,
	`sending_until` integer,
	`not_before` integer DEFAULT 0 NOT NULL,
	`failures` integer DEFAULT 0 NOT NULL,
	`last_success_at` integer,
	`last_failure_at` integer,
	`last_failure` text,
	FOREIGN KEY (`destination_id`) REFERENCES `notification_destinations`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `notification_destinations` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`target` text NOT NULL,
	`secret_sealed` text,
	`events` text NOT NULL,
	`enabled` integer DEFAULT true NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `notification_destinations_name_unique` ON `notification_destinations` (`name`);--> statement-breakpoint
CREATE INDEX `nodes_status` ON `nodes` (`status`);--> statement-breakpoint
INSERT INTO notification_cursors (one, leaf, history) SELECT 1, (SELECT coalesce(max(leaf), -1) FROM audit_index), (SELECT coalesce(max(id), 0) FROM history);
--> statement-breakpoint
CREATE TRIGGER history_notification_destinations_insert AFTER INSERT ON notification_destinations BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'notificationDestination', NEW.id, '', NEW.name, NULL, json_object('name', NEW.name, 'kind', NEW.kind, 'target', NEW.target, 'secret', substr(NEW.secret_sealed, -8), 'events', json(NEW.events), 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END)), c.entry, c.actor, c.person, c.note FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
CREATE TRIGGER history_notification_destinations_update AFTER UPDATE ON notification_destinations WHEN OLD.name IS NOT NEW.name OR OLD.kind IS NOT NEW.kind OR OLD.target IS NOT NEW.target OR OLD.secret_sealed IS NOT NEW.secret_sealed OR OLD.events IS NOT NEW.events OR OLD.enabled IS NOT NEW.enabled BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'notificationDestination', NEW.id, '', NEW.name, json_object('name', OLD.name, 'kind', OLD.kind, 'target', OLD.target, 'secret', substr(OLD.secret_sealed, -8), 'events', json(OLD.events), 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END)), json_object('name', NEW.name, 'kind', NEW.kind, 'target', NEW.target, 'secret', substr(NEW.secret_sealed, -8), 'events', json(NEW.events), 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END)), c.entry, c.actor, c.person, c.note FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
CREATE TRIGGER history_notification_destinations_delete AFTER DELETE ON notification_destinations BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'notificationDestination', OLD.id, '', OLD.name, json_object('name', OLD.name, 'kind', OLD.kind, 'target', OLD.target, 'secret', substr(OLD.secret_sealed, -8), 'events', json(OLD.events), 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END)), NULL, c.entry, c.actor, c.person, c.note FROM (SELECT 1) LEFT JOIN change_context c; END;
