CREATE TABLE `passkey_invitations` (
	`user_id` text PRIMARY KEY NOT NULL,
	`expires_at` integer NOT NULL,
	`invited_by` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
ALTER TABLE `networks` ADD `first_passkey` text DEFAULT 'anywhere' NOT NULL;--> statement-breakpoint
ALTER TABLE `networks` ADD `first_passkey_networks` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `access_grants` ADD `told_at` integer;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_networks_insert;
--> statement-breakpoint
CREATE TRIGGER history_networks_insert AFTER INSERT ON networks BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'network', 'network', '', NEW.name, NULL, json_object('name', NEW.name, 'signInIdleSeconds', NEW.sign_in_idle_seconds, 'signInAbsoluteSeconds', NEW.sign_in_absolute_seconds, 'maxSessionsPerUser', NEW.max_sessions_per_user, 'contact', NEW.contact, 'listsClosedApps', json(CASE NEW.lists_closed_apps WHEN 1 THEN 'true' ELSE 'false' END), 'reportsFlows', json(CASE NEW.reports_flows WHEN 1 THEN 'true' ELSE 'false' END), 'firstPasskey', NEW.first_passkey, 'firstPasskeyNetworks', json(NEW.first_passkey_networks)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_networks_update;
--> statement-breakpoint
CREATE TRIGGER history_networks_update AFTER UPDATE ON networks WHEN OLD.name IS NOT NEW.name OR OLD.sign_in_idle_seconds IS NOT NEW.sign_in_idle_seconds OR OLD.sign_in_absolute_seconds IS NOT NEW.sign_in_absolute_seconds OR OLD.max_sessions_per_user IS NOT NEW.max_sessions_per_user OR OLD.contact IS NOT NEW.contact OR OLD.lists_closed_apps IS NOT NEW.lists_closed_apps OR OLD.reports_flows IS NOT NEW.reports_flows OR OLD.first_passkey IS NOT NEW.first_passkey OR OLD.first_passkey_networks IS NOT NEW.first_passkey_networks BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'network', 'network', '', NEW.name, json_object('name', OLD.name, 'signInIdleSeconds', OLD.sign_in_idle_seconds, 'signInAbsoluteSeconds', OLD.sign_in_absolute_seconds, 'maxSessionsPerUser', OLD.max_sessions_per_user, 'contact', OLD.contact, 'listsClosedApps', json(CASE OLD.lists_closed_apps WHEN 1 THEN 'true' ELSE 'false' END), 'reportsFlows', json(CASE OLD.reports_flows WHEN 1 THEN 'true' ELSE 'false' END), 'firstPasskey', OLD.first_passkey, 'firstPasskeyNetworks', json(OLD.first_passkey_networks)), json_object('name', NEW.name, 'signInIdleSeconds', NEW.sign_in_idle_seconds, 'signInAbsoluteSeconds', NEW.sign_in_absolute_seconds, 'maxSessionsPerUser', NEW.max_sessions_per_user, 'contact', NEW.contact, 'listsClosedApps', json(CASE NEW.lists_closed_apps WHEN 1 THEN 'true' ELSE 'false' END), 'reportsFlows', json(CASE NEW.reports_flows WHEN 1 THEN 'true' ELSE 'false' END), 'firstPasskey', NEW.first_passkey, 'firstPasskeyNetworks', json(NEW.first_passkey_networks)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_networks_delete;
--> statement-breakpoint
CREATE TRIGGER history_networks_delete AFTER DELETE ON networks BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'network', 'network', '', OLD.name, json_object('name', OLD.name, 'signInIdleSeconds', OLD.sign_in_idle_seconds, 'signInAbsoluteSeconds', OLD.sign_in_absolute_seconds, 'maxSessionsPerUser', OLD.max_sessions_per_user, 'contact', OLD.contact, 'listsClosedApps', json(CASE OLD.lists_closed_apps WHEN 1 THEN 'true' ELSE 'false' END), 'reportsFlows', json(CASE OLD.reports_flows WHEN 1 THEN 'true' ELSE 'false' END), 'firstPasskey', OLD.first_passkey, 'firstPasskeyNetworks', json(OLD.first_passkey_networks)), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
