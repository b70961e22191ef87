CREATE TABLE `microsegments` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`description` text DEFAULT '' NOT NULL,
	`type` text NOT NULL,
	`isolation` text DEFAULT 'standard' NOT NULL,
	`where_text` text DEFAULT '' NOT NULL,
	`unless_text` text DEFAULT '' NOT NULL,
	`include` text DEFAULT '[]' NOT NULL,
	`exclude` text DEFAULT '[]' NOT NULL,
	`remediation` text DEFAULT '[]' NOT NULL,
	`accepts_claims` integer DEFAULT false NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `microsegments_name_unique` ON `microsegments` (`name`);--> statement-breakpoint
ALTER TABLE `nodes` ADD `facts` text DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE `nodes` ADD `claims` text DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE `nodes` ADD `country` text;
--> statement-breakpoint
-- A rule names a home segment or a microsegment as `segment:NAME`, so no two of them may have one name, not even in another case.
CREATE TRIGGER `microsegments_name_inserted` BEFORE INSERT ON `microsegments`
WHEN EXISTS (SELECT 1 FROM `segments` WHERE `name` = NEW.`name` COLLATE NOCASE)
BEGIN
	SELECT RAISE(ABORT, 'UNIQUE constraint failed: microsegments.name');
END;
--> statement-breakpoint
CREATE TRIGGER `microsegments_name_updated` BEFORE UPDATE OF `name` ON `microsegments`
WHEN EXISTS (SELECT 1 FROM `segments` WHERE `name` = NEW.`name` COLLATE NOCASE)
BEGIN
	SELECT RAISE(ABORT, 'UNIQUE constraint failed: microsegments.name');
END;
--> statement-breakpoint
CREATE TRIGGER `segments_name_inserted` BEFORE INSERT ON `segments`
WHEN EXISTS (SELECT 1 FROM `microsegments` WHERE `name` = NEW.`name` COLLATE NOCASE)
BEGIN
	SELECT RAISE(ABORT, 'UNIQUE constraint failed: segments.name');
END;
--> statement-breakpoint
CREATE TRIGGER `segments_name_updated` BEFORE UPDATE OF `name` ON `segments`
WHEN EXISTS (SELECT 1 FROM `microsegments` WHERE `name` = NEW.`name` COLLATE NOCASE)
BEGIN
	SELECT RAISE(ABORT, 'UNIQUE constraint failed: segments.name');
END;
--> statement-breakpoint
-- A denial whose microsegment is gone would deny nobody.
CREATE TRIGGER `microsegment_in_use` BEFORE DELETE ON `microsegments`
WHEN EXISTS (SELECT 1 FROM `mesh_rules` WHERE instr(`from_selectors` || `to_selectors`, '"' || OLD.`id` || '"') > 0)
BEGIN
	SELECT RAISE(ABORT, 'FOREIGN KEY constraint failed');
END;
--> statement-breakpoint
-- Criteria of microsegments read what providers and groups say of a node's owner.
CREATE TRIGGER `mesh_member_added` AFTER INSERT ON `group_members`
WHEN NEW.`member_kind` = 'user'
BEGIN
	UPDATE `mesh_state` SET `revision` = `revision` + 1 WHERE EXISTS (SELECT 1 FROM `nodes` WHERE `user_id` = NEW.`member_id`);
	UPDATE `nodes` SET `revision` = (SELECT `revision` FROM `mesh_state`) WHERE `user_id` = NEW.`member_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `mesh_member_removed` AFTER DELETE ON `group_members`
WHEN OLD.`member_kind` = 'user'
BEGIN
	UPDATE `mesh_state` SET `revision` = `revision` + 1 WHERE EXISTS (SELECT 1 FROM `nodes` WHERE `user_id` = OLD.`member_id`);
	UPDATE `nodes` SET `revision` = (SELECT `revision` FROM `mesh_state`) WHERE `user_id` = OLD.`member_id`;
END;
--> statement-breakpoint
-- A trigger can't walk up the groups, so a changed nesting concerns all owners.
CREATE TRIGGER `mesh_group_nested` AFTER INSERT ON `group_members`
WHEN NEW.`member_kind` = 'group'
BEGIN
	UPDATE `mesh_state` SET `revision` = `revision` + 1 WHERE EXISTS (SELECT 1 FROM `nodes` WHERE `user_id` IS NOT NULL);
	UPDATE `nodes` SET `revision` = (SELECT `revision` FROM `mesh_state`) WHERE `user_id` IS NOT NULL;
END;
--> statement-breakpoint
CREATE TRIGGER `mesh_group_unnested` AFTER DELETE ON `group_members`
WHEN OLD.`member_kind` = 'group'
BEGIN
	UPDATE `mesh_state` SET `revision` = `revision` + 1 WHERE EXISTS (SELECT 1 FROM `nodes` WHERE `user_id` IS NOT NULL);
	UPDATE `nodes` SET `revision` = (SELECT `revision` FROM `mesh_state`) WHERE `user_id` IS NOT NULL;
END;
--> statement-breakpoint
CREATE TRIGGER `mesh_group_renamed` AFTER UPDATE OF `name` ON `groups`
WHEN OLD.`name` <> NEW.`name`
BEGIN
	UPDATE `mesh_state` SET `revision` = `revision` + 1 WHERE EXISTS (SELECT 1 FROM `nodes` WHERE `user_id` IS NOT NULL);
	UPDATE `nodes` SET `revision` = (SELECT `revision` FROM `mesh_state`) WHERE `user_id` IS NOT NULL;
END;
--> statement-breakpoint
CREATE TRIGGER `mesh_identity_added` AFTER INSERT ON `identities`
WHEN NEW.`groups` <> '[]'
BEGIN
	UPDATE `mesh_state` SET `revision` = `revision` + 1 WHERE EXISTS (SELECT 1 FROM `nodes` WHERE `user_id` = NEW.`user_id`);
	UPDATE `nodes` SET `revision` = (SELECT `revision` FROM `mesh_state`) WHERE `user_id` = NEW.`user_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `mesh_identity_changed` AFTER UPDATE OF `groups` ON `identities`
WHEN OLD.`groups` <> NEW.`groups`
BEGIN
	UPDATE `mesh_state` SET `revision` = `revision` + 1 WHERE EXISTS (SELECT 1 FROM `nodes` WHERE `user_id` = NEW.`user_id`);
	UPDATE `nodes` SET `revision` = (SELECT `revision` FROM `mesh_state`) WHERE `user_id` = NEW.`user_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `mesh_identity_removed` AFTER DELETE ON `identities`
WHEN OLD.`groups` <> '[]'
BEGIN
	UPDATE `mesh_state` SET `revision` = `revision` + 1 WHERE EXISTS (SELECT 1 FROM `nodes` WHERE `user_id` = OLD.`user_id`);
	UPDATE `nodes` SET `revision` = (SELECT `revision` FROM `mesh_state`) WHERE `user_id` = OLD.`user_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `mesh_provider_switched` AFTER UPDATE OF `enabled` ON `identity_providers`
WHEN OLD.`enabled` <> NEW.`enabled`
BEGIN
	UPDATE `mesh_state` SET `revision` = `revision` + 1 WHERE EXISTS (SELECT 1 FROM `nodes` WHERE `user_id` IS NOT NULL);
	UPDATE `nodes` SET `revision` = (SELECT `revision` FROM `mesh_state`) WHERE `user_id` IS NOT NULL;
END;
--> statement-breakpoint
CREATE TRIGGER `mesh_person_added` AFTER INSERT ON `scim_users`
BEGIN
	UPDATE `mesh_state` SET `revision` = `revision` + 1 WHERE EXISTS (SELECT 1 FROM `nodes` WHERE `user_id` = NEW.`user_id`);
	UPDATE `nodes` SET `revision` = (SELECT `revision` FROM `mesh_state`) WHERE `user_id` = NEW.`user_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `mesh_person_changed` AFTER UPDATE OF `document` ON `scim_users`
WHEN OLD.`document` <> NEW.`document`
BEGIN
	UPDATE `mesh_state` SET `revision` = `revision` + 1 WHERE EXISTS (SELECT 1 FROM `nodes` WHERE `user_id` = NEW.`user_id`);
	UPDATE `nodes` SET `revision` = (SELECT `revision` FROM `mesh_state`) WHERE `user_id` = NEW.`user_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `mesh_person_removed` AFTER DELETE ON `scim_users`
BEGIN
	UPDATE `mesh_state` SET `revision` = `revision` + 1 WHERE EXISTS (SELECT 1 FROM `nodes` WHERE `user_id` = OLD.`user_id`);
	UPDATE `nodes` SET `revision` = (SELECT `revision` FROM `mesh_state`) WHERE `user_id` = OLD.`user_id`;
END;
--> statement-breakpoint
-- What others state of a node is read by criteria, too.
CREATE TRIGGER `mesh_fact_added` AFTER INSERT ON `device_facts`
BEGIN
	UPDATE `mesh_state` SET `revision` = `revision` + 1 WHERE EXISTS (SELECT 1 FROM `nodes` WHERE `id` = NEW.`node_id`);
	UPDATE `nodes` SET `revision` = (SELECT `revision` FROM `mesh_state`) WHERE `id` = NEW.`node_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `mesh_fact_removed` AFTER DELETE ON `device_facts`
BEGIN
	UPDATE `mesh_state` SET `revision` = `revision` + 1 WHERE EXISTS (SELECT 1 FROM `nodes` WHERE `id` = OLD.`node_id`);
	UPDATE `nodes` SET `revision` = (SELECT `revision` FROM `mesh_state`) WHERE `id` = OLD.`node_id`;
END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_nodes_insert;
--> statement-breakpoint
CREATE TRIGGER history_nodes_insert AFTER INSERT ON nodes BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'node', NEW.id, '', NEW.name, NULL, json_object('name', NEW.name, 'status', NEW.status, 'segmentId', NEW.segment_id, 'tags', json(NEW.tags), 'userId', NEW.user_id, 'offeredRoutes', json(NEW.offered_routes), 'exitNode', NEW.exit_node, 'expiresAt', NEW.expires_at, 'facts', json(NEW.facts), 'wireguardKey', NEW.wireguard_key, 'signingHash', NEW.signing_hash), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_nodes_update;
--> statement-breakpoint
CREATE TRIGGER history_nodes_update AFTER UPDATE ON nodes WHEN OLD.name IS NOT NEW.name OR OLD.status IS NOT NEW.status OR OLD.segment_id IS NOT NEW.segment_id OR OLD.tags IS NOT NEW.tags OR OLD.user_id IS NOT NEW.user_id OR OLD.offered_routes IS NOT NEW.offered_routes OR OLD.exit_node IS NOT NEW.exit_node OR OLD.expires_at IS NOT NEW.expires_at OR OLD.facts IS NOT NEW.facts OR OLD.wireguard_key IS NOT NEW.wireguard_key OR OLD.signing_hash IS NOT NEW.signing_hash BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'node', NEW.id, '', NEW.name, json_object('name', OLD.name, 'status', OLD.status, 'segmentId', OLD.segment_id, 'tags', json(OLD.tags), 'userId', OLD.user_id, 'offeredRoutes', json(OLD.offered_routes), 'exitNode', OLD.exit_node, 'expiresAt', OLD.expires_at, 'facts', json(OLD.facts), 'wireguardKey', OLD.wireguard_key, 'signingHash', OLD.signing_hash), json_object('name', NEW.name, 'status', NEW.status, 'segmentId', NEW.segment_id, 'tags', json(NEW.tags), 'userId', NEW.user_id, 'offeredRoutes', json(NEW.offered_routes), 'exitNode', NEW.exit_node, 'expiresAt', NEW.expires_at, 'facts', json(NEW.facts), 'wireguardKey', NEW.wireguard_key, 'signingHash', NEW.signing_hash), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_nodes_delete;
--> statement-breakpoint
CREATE TRIGGER history_nodes_delete AFTER DELETE ON nodes BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'node', OLD.id, '', OLD.name, json_object('name', OLD.name, 'status', OLD.status, 'segmentId', OLD.segment_id, 'tags', json(OLD.tags), 'userId', OLD.user_id, 'offeredRoutes', json(OLD.offered_routes), 'exitNode', OLD.exit_node, 'expiresAt', OLD.expires_at, 'facts', json(OLD.facts), 'wireguardKey', OLD.wireguard_key, 'signingHash', OLD.signing_hash), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_microsegments_insert;
--> statement-breakpoint
CREATE TRIGGER history_microsegments_insert AFTER INSERT ON microsegments BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'microsegment', NEW.id, '', NEW.name, NULL, json_object('name', NEW.name, 'description', NEW.description, 'type', NEW.type, 'isolation', NEW.isolation, 'where', NEW.where_text, 'unless', NEW.unless_text, 'include', json(NEW.include), 'exclude', json(NEW.exclude), 'remediation', json(NEW.remediation), 'acceptsClaims', json(CASE NEW.accepts_claims WHEN 1 THEN 'true' ELSE 'false' END)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_microsegments_update;
--> statement-breakpoint
CREATE TRIGGER history_microsegments_update AFTER UPDATE ON microsegments WHEN OLD.name IS NOT NEW.name OR OLD.description IS NOT NEW.description OR OLD.type IS NOT NEW.type OR OLD.isolation IS NOT NEW.isolation OR OLD.where_text IS NOT NEW.where_text OR OLD.unless_text IS NOT NEW.unless_text OR OLD.include IS NOT NEW.include OR OLD.exclude IS NOT NEW.exclude OR OLD.remediation IS NOT NEW.remediation OR OLD.accepts_claims IS NOT NEW.accepts_claims BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'microsegment', NEW.id, '', NEW.name, json_object('name', OLD.name, 'description', OLD.description, 'type', OLD.type, 'isolation', OLD.isolation, 'where', OLD.where_text, 'unless', OLD.unless_text, 'include', json(OLD.include), 'exclude', json(OLD.exclude), 'remediation', json(OLD.remediation), 'acceptsClaims', json(CASE OLD.accepts_claims WHEN 1 THEN 'true' ELSE 'false' END)), json_object('name', NEW.name, 'description', NEW.description, 'type', NEW.type, 'isolation', NEW.isolation, 'where', NEW.where_text, 'unless', NEW.unless_text, 'include', json(NEW.include), 'exclude', json(NEW.exclude), 'remediation', json(NEW.remediation), 'acceptsClaims', json(CASE NEW.accepts_claims WHEN 1 THEN 'true' ELSE 'false' END)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_microsegments_delete;
--> statement-breakpoint
CREATE TRIGGER history_microsegments_delete AFTER DELETE ON microsegments BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'microsegment', OLD.id, '', OLD.name, json_object('name', OLD.name, 'description', OLD.description, 'type', OLD.type, 'isolation', OLD.isolation, 'where', OLD.where_text, 'unless', OLD.unless_text, 'include', json(OLD.include), 'exclude', json(OLD.exclude), 'remediation', json(OLD.remediation), 'acceptsClaims', json(CASE OLD.accepts_claims WHEN 1 THEN 'true' ELSE 'false' END)), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
