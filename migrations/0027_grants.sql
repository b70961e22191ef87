CREATE TABLE `access_grants` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`app_id` text NOT NULL,
	`actions` text NOT NULL,
	`paths` text NOT NULL,
	`seconds` integer NOT NULL,
	`reason` text NOT NULL,
	`needed` integer NOT NULL,
	`emergency` integer NOT NULL,
	`digest` text NOT NULL,
	`status` text NOT NULL,
	`asked_at` integer NOT NULL,
	`lapses_at` integer NOT NULL,
	`since` integer,
	`until` integer,
	`ended_by` text,
	`ended_at` integer,
	`reviewed_by` text,
	`reviewed_at` integer,
	`version` integer DEFAULT 1 NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `access_grants_user` ON `access_grants` (`user_id`,`status`);--> statement-breakpoint
CREATE INDEX `access_grants_status` ON `access_grants` (`status`,`asked_at`);--> statement-breakpoint
CREATE UNIQUE INDEX `access_grants_waiting` ON `access_grants` (`user_id`,`app_id`) WHERE status = 'pending';--> statement-breakpoint
CREATE TABLE `grant_answers` (
	`grant_id` text NOT NULL,
	`user_id` text NOT NULL,
	`verdict` text NOT NULL,
	`note` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`grant_id`, `user_id`),
	FOREIGN KEY (`grant_id`) REFERENCES `access_grants`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `grant_answers_user` ON `grant_answers` (`user_id`,`at`);--> statement-breakpoint
DROP TRIGGER IF EXISTS history_access_grants_insert;
--> statement-breakpoint
CREATE TRIGGER history_access_grants_insert AFTER INSERT ON access_grants BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'accessGrant', NEW.id, '', coalesce((SELECT email FROM users WHERE id = NEW.user_id), '') || ' → ' || coalesce((SELECT name FROM apps WHERE id = NEW.app_id), ''), NULL, json_object('userId', NEW.user_id, 'appId', NEW.app_id, 'actions', json(NEW.actions), 'paths', json(NEW.paths), 'seconds', NEW.seconds, 'reason', NEW.reason, 'needed', NEW.needed, 'emergency', json(CASE NEW.emergency WHEN 1 THEN 'true' ELSE 'false' END), 'status', NEW.status, 'since', NEW.since, 'until', NEW.until, 'endedBy', NEW.ended_by, 'reviewedBy', NEW.reviewed_by), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_access_grants_update;
--> statement-breakpoint
CREATE TRIGGER history_access_grants_update AFTER UPDATE ON access_grants WHEN OLD.user_id IS NOT NEW.user_id OR OLD.app_id IS NOT NEW.app_id OR OLD.actions IS NOT NEW.actions OR OLD.paths IS NOT NEW.paths OR OLD.seconds IS NOT NEW.seconds OR OLD.reason IS NOT NEW.reason OR OLD.needed IS NOT NEW.needed OR OLD.emergency IS NOT NEW.emergency OR OLD.status IS NOT NEW.status OR OLD.since IS NOT NEW.since OR OLD.until IS NOT NEW.until OR OLD.ended_by IS NOT NEW.ended_by OR OLD.reviewed_by IS NOT NEW.reviewed_by BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'accessGrant', NEW.id, '', coalesce((SELECT email FROM users WHERE id = NEW.user_id), '') || ' → ' || coalesce((SELECT name FROM apps WHERE id = NEW.app_id), ''), json_object('userId', OLD.user_id, 'appId', OLD.app_id, 'actions', json(OLD.actions), 'paths', json(OLD.paths), 'seconds', OLD.seconds, 'reason', OLD.reason, 'needed', OLD.needed, 'emergency', json(CASE OLD.emergency WHEN 1 THEN 'true' ELSE 'false' END), 'status', OLD.status, 'since', OLD.since, 'until', OLD.until, 'endedBy', OLD.ended_by, 'reviewedBy', OLD.reviewed_by), json_object('userId', NEW.user_id, 'appId', NEW.app_id, 'actions', json(NEW.actions), 'paths', json(NEW.paths), 'seconds', NEW.seconds, 'reason', NEW.reason, 'needed', NEW.needed, 'emergency', json(CASE NEW.emergency WHEN 1 THEN 'true' ELSE 'false' END), 'status', NEW.status, 'since', NEW.since, 'until', NEW.until, 'endedBy', NEW.ended_by, 'reviewedBy', NEW.reviewed_by), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_access_grants_delete;
--> statement-breakpoint
CREATE TRIGGER history_access_grants_delete AFTER DELETE ON access_grants BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'accessGrant', OLD.id, '', coalesce((SELECT email FROM users WHERE id = OLD.user_id), '') || ' → ' || coalesce((SELECT name FROM apps WHERE id = OLD.app_id), ''), json_object('userId', OLD.user_id, 'appId', OLD.app_id, 'actions', json(OLD.actions), 'paths', json(OLD.paths), 'seconds', OLD.seconds, 'reason', OLD.reason, 'needed', OLD.needed, 'emergency', json(CASE OLD.emergency WHEN 1 THEN 'true' ELSE 'false' END), 'status', OLD.status, 'since', OLD.since, 'until', OLD.until, 'endedBy', OLD.ended_by, 'reviewedBy', OLD.reviewed_by), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_grant_answers_insert;
--> statement-breakpoint
CREATE TRIGGER history_grant_answers_insert AFTER INSERT ON grant_answers BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'grantAnswer', NEW.grant_id, NEW.user_id, coalesce((SELECT email FROM users WHERE id = NEW.user_id), ''), NULL, json_object('verdict', NEW.verdict, 'note', NEW.note), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_grant_answers_update;
--> statement-breakpoint
CREATE TRIGGER history_grant_answers_update AFTER UPDATE ON grant_answers WHEN OLD.verdict IS NOT NEW.verdict OR OLD.note IS NOT NEW.note BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'grantAnswer', NEW.grant_id, NEW.user_id, coalesce((SELECT email FROM users WHERE id = NEW.user_id), ''), json_object('verdict', OLD.verdict, 'note', OLD.note), json_object('verdict', NEW.verdict, 'note', NEW.note), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_grant_answers_delete;
--> statement-breakpoint
CREATE TRIGGER history_grant_answers_delete AFTER DELETE ON grant_answers BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'grantAnswer', OLD.grant_id, OLD.user_id, coalesce((SELECT email FROM users WHERE id = OLD.user_id), ''), json_object('verdict', OLD.verdict, 'note', OLD.note), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
