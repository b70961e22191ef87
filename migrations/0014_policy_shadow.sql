ALTER TABLE `policies` ADD `shadow` integer DEFAULT false NOT NULL;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_policies_insert;
--> statement-breakpoint
CREATE TRIGGER history_policies_insert AFTER INSERT ON policies BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'policy', NEW.id, '', NEW.name, NULL, json_object('name', NEW.name, 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END), 'shadow', json(CASE NEW.shadow WHEN 1 THEN 'true' ELSE 'false' END), 'currentVersion', NEW.current_version), c.entry, c.actor, c.person, c.note FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_policies_update;
--> statement-breakpoint
CREATE TRIGGER history_policies_update AFTER UPDATE ON policies WHEN OLD.name IS NOT NEW.name OR OLD.enabled IS NOT NEW.enabled OR OLD.shadow IS NOT NEW.shadow OR OLD.current_version IS NOT NEW.current_version BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'policy', NEW.id, '', NEW.name, json_object('name', OLD.name, 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END), 'shadow', json(CASE OLD.shadow WHEN 1 THEN 'true' ELSE 'false' END), 'currentVersion', OLD.current_version), json_object('name', NEW.name, 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END), 'shadow', json(CASE NEW.shadow WHEN 1 THEN 'true' ELSE 'false' END), 'currentVersion', NEW.current_version), c.entry, c.actor, c.person, c.note FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_policies_delete;
--> statement-breakpoint
CREATE TRIGGER history_policies_delete AFTER DELETE ON policies BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'policy', OLD.id, '', OLD.name, json_object('name', OLD.name, 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END), 'shadow', json(CASE OLD.shadow WHEN 1 THEN 'true' ELSE 'false' END), 'currentVersion', OLD.current_version), NULL, c.entry, c.actor, c.person, c.note FROM (SELECT 1) LEFT JOIN change_context c; END;
