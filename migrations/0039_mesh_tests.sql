CREATE TABLE `mesh_tests` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`from_selector` text NOT NULL,
	`accept` text DEFAULT '[]' NOT NULL,
	`deny` text DEFAULT '[]' NOT NULL,
	`failing` text,
	`ran_revision` integer DEFAULT -1 NOT NULL,
	`ran_at` integer DEFAULT 0 NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `mesh_tests_name_unique` ON `mesh_tests` (`name`);--> statement-breakpoint
DROP TRIGGER IF EXISTS `microsegment_in_use`;
--> statement-breakpoint
-- A denial whose microsegment is gone would deny nobody, and a test would prove nothing.
CREATE TRIGGER `microsegment_in_use` BEFORE DELETE ON `microsegments`
WHEN EXISTS (SELECT 1 FROM `mesh_rules` WHERE instr(`from_selectors` || `to_selectors`, '"' || OLD.`id` || '"') > 0)
	OR EXISTS (SELECT 1 FROM `mesh_tests` WHERE instr(`from_selector` || `accept` || `deny`, '"' || OLD.`id` || '"') > 0)
BEGIN
	SELECT RAISE(ABORT, 'FOREIGN KEY constraint failed');
END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_mesh_tests_insert;
--> statement-breakpoint
CREATE TRIGGER history_mesh_tests_insert AFTER INSERT ON mesh_tests BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'meshTest', NEW.id, '', NEW.name, NULL, json_object('name', NEW.name, 'from', json(NEW.from_selector), 'accept', json(NEW.accept), 'deny', json(NEW.deny)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_mesh_tests_update;
--> statement-breakpoint
CREATE TRIGGER history_mesh_tests_update AFTER UPDATE ON mesh_tests WHEN OLD.name IS NOT NEW.name OR OLD.from_selector IS NOT NEW.from_selector OR OLD.accept IS NOT NEW.accept OR OLD.deny IS NOT NEW.deny BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'meshTest', NEW.id, '', NEW.name, json_object('name', OLD.name, 'from', json(OLD.from_selector), 'accept', json(OLD.accept), 'deny', json(OLD.deny)), json_object('name', NEW.name, 'from', json(NEW.from_selector), 'accept', json(NEW.accept), 'deny', json(NEW.deny)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_mesh_tests_delete;
--> statement-breakpoint
CREATE TRIGGER history_mesh_tests_delete AFTER DELETE ON mesh_tests BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'meshTest', OLD.id, '', OLD.name, json_object('name', OLD.name, 'from', json(OLD.from_selector), 'accept', json(OLD.accept), 'deny', json(OLD.deny)), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
