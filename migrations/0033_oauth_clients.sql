CREATE TABLE `oauth_clients` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`redirect_uris` text NOT NULL,
	`last_used_at` integer,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `oauth_clients_kind` ON `oauth_clients` (`kind`,`created_at`);
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_oauth_clients_insert;
--> statement-breakpoint
CREATE TRIGGER history_oauth_clients_insert AFTER INSERT ON oauth_clients WHEN NEW.kind = 'registered' BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'oauthClient', NEW.id, '', NEW.name, NULL, json_object('name', NEW.name, 'kind', NEW.kind, 'redirectUris', json(NEW.redirect_uris)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_oauth_clients_update;
--> statement-breakpoint
CREATE TRIGGER history_oauth_clients_update AFTER UPDATE ON oauth_clients WHEN (OLD.name IS NOT NEW.name OR OLD.kind IS NOT NEW.kind OR OLD.redirect_uris IS NOT NEW.redirect_uris) AND (NEW.kind = 'registered') BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'oauthClient', NEW.id, '', NEW.name, json_object('name', OLD.name, 'kind', OLD.kind, 'redirectUris', json(OLD.redirect_uris)), json_object('name', NEW.name, 'kind', NEW.kind, 'redirectUris', json(NEW.redirect_uris)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_oauth_clients_delete;
--> statement-breakpoint
CREATE TRIGGER history_oauth_clients_delete AFTER DELETE ON oauth_clients WHEN OLD.kind = 'registered' BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'oauthClient', OLD.id, '', OLD.name, json_object('name', OLD.name, 'kind', OLD.kind, 'redirectUris', json(OLD.redirect_uris)), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
