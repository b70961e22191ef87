CREATE TABLE `mesh_services` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`description` text DEFAULT '' NOT NULL,
	`traffic` text NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `mesh_services_name_unique` ON `mesh_services` (`name`);--> statement-breakpoint
ALTER TABLE `mesh_rules` ADD `services` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `mesh_rules` ADD `when_text` text DEFAULT '' NOT NULL;--> statement-breakpoint
-- A denial whose service is gone would deny less.
CREATE TRIGGER `mesh_service_in_use` BEFORE DELETE ON `mesh_services`
WHEN EXISTS (SELECT 1 FROM `mesh_rules` WHERE instr(`services`, '"' || OLD.`id` || '"') > 0)
BEGIN
	SELECT RAISE(ABORT, 'FOREIGN KEY constraint failed');
END;
--> statement-breakpoint
-- Criteria read the risk of a node's owner.
CREATE TRIGGER `mesh_risk_added` AFTER INSERT ON `user_risks`
BEGIN
	UPDATE `mesh_state` SET `revision` = `revision` + 1 WHERE EXISTS (SELECT 1 FROM `nodes` WHERE `user_id` = NEW.`user_id`);
	UPDATE `nodes` SET `revision` = (SELECT `revision` FROM `mesh_state`) WHERE `user_id` = NEW.`user_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `mesh_risk_changed` AFTER UPDATE OF `score`, `at`, `half_life_seconds` ON `user_risks`
BEGIN
	UPDATE `mesh_state` SET `revision` = `revision` + 1 WHERE EXISTS (SELECT 1 FROM `nodes` WHERE `user_id` = NEW.`user_id`);
	UPDATE `nodes` SET `revision` = (SELECT `revision` FROM `mesh_state`) WHERE `user_id` = NEW.`user_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `mesh_risk_removed` AFTER DELETE ON `user_risks`
BEGIN
	UPDATE `mesh_state` SET `revision` = `revision` + 1 WHERE EXISTS (SELECT 1 FROM `nodes` WHERE `user_id` = OLD.`user_id`);
	UPDATE `nodes` SET `revision` = (SELECT `revision` FROM `mesh_state`) WHERE `user_id` = OLD.`user_id`;
END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_mesh_rules_insert;
--> statement-breakpoint
CREATE TRIGGER history_mesh_rules_insert AFTER INSERT ON mesh_rules BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'meshRule', NEW.id, '', NEW.name, NULL, json_object('name', NEW.name, 'from', json(NEW.from_selectors), 'to', json(NEW.to_selectors), 'traffic', json(NEW.traffic), 'services', json(NEW.services), 'when', NEW.when_text, 'effect', NEW.effect, 'notBefore', NEW.not_before, 'notAfter', NEW.not_after, 'weekly', json(NEW.weekly), 'log', json(CASE NEW.log WHEN 1 THEN 'true' ELSE 'false' END), 'owner', NEW.owner, 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_mesh_rules_update;
--> statement-breakpoint
CREATE TRIGGER history_mesh_rules_update AFTER UPDATE ON mesh_rules WHEN OLD.name IS NOT NEW.name OR OLD.from_selectors IS NOT NEW.from_selectors OR OLD.to_selectors IS NOT NEW.to_selectors OR OLD.traffic IS NOT NEW.traffic OR OLD.services IS NOT NEW.services OR OLD.when_text IS NOT NEW.when_text OR OLD.effect IS NOT NEW.effect OR OLD.not_before IS NOT NEW.not_before OR OLD.not_after IS NOT NEW.not_after OR OLD.weekly IS NOT NEW.weekly OR OLD.log IS NOT NEW.log OR OLD.owner IS NOT NEW.owner OR OLD.enabled IS NOT NEW.enabled BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'meshRule', NEW.id, '', NEW.name, json_object('name', OLD.name, 'from', json(OLD.from_selectors), 'to', json(OLD.to_selectors), 'traffic', json(OLD.traffic), 'services', json(OLD.services), 'when', OLD.when_text, 'effect', OLD.effect, 'notBefore', OLD.not_before, 'notAfter', OLD.not_after, 'weekly', json(OLD.weekly), 'log', json(CASE OLD.log WHEN 1 THEN 'true' ELSE 'false' END), 'owner', OLD.owner, 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END)), json_object('name', NEW.name, 'from', json(NEW.from_selectors), 'to', json(NEW.to_selectors), 'traffic', json(NEW.traffic), 'services', json(NEW.services), 'when', NEW.when_text, 'effect', NEW.effect, 'notBefore', NEW.not_before, 'notAfter', NEW.not_after, 'weekly', json(NEW.weekly), 'log', json(CASE NEW.log WHEN 1 THEN 'true' ELSE 'false' END), 'owner', NEW.owner, 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_mesh_rules_delete;
--> statement-breakpoint
CREATE TRIGGER history_mesh_rules_delete AFTER DELETE ON mesh_rules BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'meshRule', OLD.id, '', OLD.name, json_object('name', OLD.name, 'from', json(OLD.from_selectors), 'to', json(OLD.to_selectors), 'traffic', json(OLD.traffic), 'services', json(OLD.services), 'when', OLD.when_text, 'effect', OLD.effect, 'notBefore', OLD.not_before, 'notAfter', OLD.not_after, 'weekly', json(OLD.weekly), 'log', json(CASE OLD.log WHEN 1 THEN 'true' ELSE 'false' END), 'owner', OLD.owner, 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END)), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_mesh_services_insert;
--> statement-breakpoint
CREATE TRIGGER history_mesh_services_insert AFTER INSERT ON mesh_services BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'meshService', NEW.id, '', NEW.name, NULL, json_object('name', NEW.name, 'description', NEW.description, 'traffic', json(NEW.traffic)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_mesh_services_update;
--> statement-breakpoint
CREATE TRIGGER history_mesh_services_update AFTER UPDATE ON mesh_services WHEN OLD.name IS NOT NEW.name OR OLD.description IS NOT NEW.description OR OLD.traffic IS NOT NEW.traffic BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'meshService', NEW.id, '', NEW.name, json_object('name', OLD.name, 'description', OLD.description, 'traffic', json(OLD.traffic)), json_object('name', NEW.name, 'description', NEW.description, 'traffic', json(NEW.traffic)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_mesh_services_delete;
--> statement-breakpoint
CREATE TRIGGER history_mesh_services_delete AFTER DELETE ON mesh_services BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'meshService', OLD.id, '', OLD.name, json_object('name', OLD.name, 'description', OLD.description, 'traffic', json(OLD.traffic)), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
