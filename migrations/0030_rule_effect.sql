ALTER TABLE `mesh_rules` ADD `effect` text DEFAULT 'allow' NOT NULL;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_mesh_rules_insert;
--> statement-breakpoint
CREATE TRIGGER history_mesh_rules_insert AFTER INSERT ON mesh_rules BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'meshRule', NEW.id, '', NEW.name, NULL, json_object('name', NEW.name, 'from', json(NEW.from_selectors), 'to', json(NEW.to_selectors), 'traffic', json(NEW.traffic), 'effect', NEW.effect, 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_mesh_rules_update;
--> statement-breakpoint
CREATE TRIGGER history_mesh_rules_update AFTER UPDATE ON mesh_rules WHEN OLD.name IS NOT NEW.name OR OLD.from_selectors IS NOT NEW.from_selectors OR OLD.to_selectors IS NOT NEW.to_selectors OR OLD.traffic IS NOT NEW.traffic OR OLD.effect IS NOT NEW.effect OR OLD.enabled IS NOT NEW.enabled BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'meshRule', NEW.id, '', NEW.name, json_object('name', OLD.name, 'from', json(OLD.from_selectors), 'to', json(OLD.to_selectors), 'traffic', json(OLD.traffic), 'effect', OLD.effect, 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END)), json_object('name', NEW.name, 'from', json(NEW.from_selectors), 'to', json(NEW.to_selectors), 'traffic', json(NEW.traffic), 'effect', NEW.effect, 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_mesh_rules_delete;
--> statement-breakpoint
CREATE TRIGGER history_mesh_rules_delete AFTER DELETE ON mesh_rules BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'meshRule', OLD.id, '', OLD.name, json_object('name', OLD.name, 'from', json(OLD.from_selectors), 'to', json(OLD.to_selectors), 'traffic', json(OLD.traffic), 'effect', OLD.effect, 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END)), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
