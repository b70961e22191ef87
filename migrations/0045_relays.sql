CREATE TABLE `legs` (
	`relay_id` text NOT NULL,
	`port` integer NOT NULL,
	`id` text NOT NULL,
	`first_id` text NOT NULL,
	`second_id` text NOT NULL,
	`probe_key` text NOT NULL,
	`state` text NOT NULL,
	`since` integer NOT NULL,
	`revision` integer NOT NULL,
	PRIMARY KEY(`relay_id`, `port`),
	FOREIGN KEY (`relay_id`) REFERENCES `nodes`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`first_id`) REFERENCES `nodes`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`second_id`) REFERENCES `nodes`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `legs_id_unique` ON `legs` (`id`);--> statement-breakpoint
CREATE INDEX `legs_revision` ON `legs` (`revision`);--> statement-breakpoint
CREATE INDEX `legs_live` ON `legs` (`relay_id`) WHERE state <> 'ended';--> statement-breakpoint
CREATE INDEX `legs_first` ON `legs` (`first_id`);--> statement-breakpoint
CREATE INDEX `legs_second` ON `legs` (`second_id`);--> statement-breakpoint
ALTER TABLE `nodes` ADD `relay` text DEFAULT 'off' NOT NULL;--> statement-breakpoint
CREATE INDEX `nodes_relay` ON `nodes` (`relay`) WHERE relay <> 'off';
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_nodes_insert;
--> statement-breakpoint
CREATE TRIGGER history_nodes_insert AFTER INSERT ON nodes BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'node', NEW.id, '', NEW.name, NULL, json_object('name', NEW.name, 'status', NEW.status, 'segmentId', NEW.segment_id, 'tags', json(NEW.tags), 'userId', NEW.user_id, 'offeredRoutes', json(NEW.offered_routes), 'exitNode', NEW.exit_node, 'expiresAt', NEW.expires_at, 'facts', json(NEW.facts), 'contained', json(CASE NEW.contained WHEN 1 THEN 'true' ELSE 'false' END), 'relay', NEW.relay, 'wireguardKey', NEW.wireguard_key, 'signingHash', NEW.signing_hash), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_nodes_update;
--> statement-breakpoint
CREATE TRIGGER history_nodes_update AFTER UPDATE ON nodes WHEN OLD.name IS NOT NEW.name OR OLD.status IS NOT NEW.status OR OLD.segment_id IS NOT NEW.segment_id OR OLD.tags IS NOT NEW.tags OR OLD.user_id IS NOT NEW.user_id OR OLD.offered_routes IS NOT NEW.offered_routes OR OLD.exit_node IS NOT NEW.exit_node OR OLD.expires_at IS NOT NEW.expires_at OR OLD.facts IS NOT NEW.facts OR OLD.contained IS NOT NEW.contained OR OLD.relay IS NOT NEW.relay OR OLD.wireguard_key IS NOT NEW.wireguard_key OR OLD.signing_hash IS NOT NEW.signing_hash BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'node', NEW.id, '', NEW.name, json_object('name', OLD.name, 'status', OLD.status, 'segmentId', OLD.segment_id, 'tags', json(OLD.tags), 'userId', OLD.user_id, 'offeredRoutes', json(OLD.offered_routes), 'exitNode', OLD.exit_node, 'expiresAt', OLD.expires_at, 'facts', json(OLD.facts), 'contained', json(CASE OLD.contained WHEN 1 THEN 'true' ELSE 'false' END), 'relay', OLD.relay, 'wireguardKey', OLD.wireguard_key, 'signingHash', OLD.signing_hash), json_object('name', NEW.name, 'status', NEW.status, 'segmentId', NEW.segment_id, 'tags', json(NEW.tags), 'userId', NEW.user_id, 'offeredRoutes', json(NEW.offered_routes), 'exitNode', NEW.exit_node, 'expiresAt', NEW.expires_at, 'facts', json(NEW.facts), 'contained', json(CASE NEW.contained WHEN 1 THEN 'true' ELSE 'false' END), 'relay', NEW.relay, 'wireguardKey', NEW.wireguard_key, 'signingHash', NEW.signing_hash), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_nodes_delete;
--> statement-breakpoint
CREATE TRIGGER history_nodes_delete AFTER DELETE ON nodes BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'node', OLD.id, '', OLD.name, json_object('name', OLD.name, 'status', OLD.status, 'segmentId', OLD.segment_id, 'tags', json(OLD.tags), 'userId', OLD.user_id, 'offeredRoutes', json(OLD.offered_routes), 'exitNode', OLD.exit_node, 'expiresAt', OLD.expires_at, 'facts', json(OLD.facts), 'contained', json(CASE OLD.contained WHEN 1 THEN 'true' ELSE 'false' END), 'relay', OLD.relay, 'wireguardKey', OLD.wireguard_key, 'signingHash', OLD.signing_hash), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
