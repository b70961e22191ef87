CREATE TABLE `signal_quarantines` (
	`node_id` text NOT NULL,
	`transmitter_id` text NOT NULL,
	`reason` text NOT NULL,
	`at` integer NOT NULL,
	`holds` integer NOT NULL,
	PRIMARY KEY(`node_id`, `transmitter_id`, `reason`),
	FOREIGN KEY (`node_id`) REFERENCES `nodes`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`transmitter_id`) REFERENCES `signal_transmitters`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
ALTER TABLE `signal_transmitters` ADD `quarantines` text DEFAULT '[]' NOT NULL;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_signal_transmitters_insert;
--> statement-breakpoint
CREATE TRIGGER history_signal_transmitters_insert AFTER INSERT ON signal_transmitters BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'signalTransmitter', NEW.id, '', NEW.name, NULL, json_object('name', NEW.name, 'kind', NEW.kind, 'issuer', NEW.issuer, 'jwksUri', NEW.jwks_uri, 'audience', NEW.audience, 'provider', NEW.provider_id, 'token', substr(NEW.token_hash, -8), 'effects', json(NEW.effects), 'quarantines', json(NEW.quarantines), 'ratesOwners', json(CASE NEW.rates_owners WHEN 1 THEN 'true' ELSE 'false' END), 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_signal_transmitters_update;
--> statement-breakpoint
CREATE TRIGGER history_signal_transmitters_update AFTER UPDATE ON signal_transmitters WHEN OLD.name IS NOT NEW.name OR OLD.kind IS NOT NEW.kind OR OLD.issuer IS NOT NEW.issuer OR OLD.jwks_uri IS NOT NEW.jwks_uri OR OLD.audience IS NOT NEW.audience OR OLD.provider_id IS NOT NEW.provider_id OR OLD.token_hash IS NOT NEW.token_hash OR OLD.effects IS NOT NEW.effects OR OLD.quarantines IS NOT NEW.quarantines OR OLD.rates_owners IS NOT NEW.rates_owners OR OLD.enabled IS NOT NEW.enabled BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'signalTransmitter', NEW.id, '', NEW.name, json_object('name', OLD.name, 'kind', OLD.kind, 'issuer', OLD.issuer, 'jwksUri', OLD.jwks_uri, 'audience', OLD.audience, 'provider', OLD.provider_id, 'token', substr(OLD.token_hash, -8), 'effects', json(OLD.effects), 'quarantines', json(OLD.quarantines), 'ratesOwners', json(CASE OLD.rates_owners WHEN 1 THEN 'true' ELSE 'false' END), 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END)), json_object('name', NEW.name, 'kind', NEW.kind, 'issuer', NEW.issuer, 'jwksUri', NEW.jwks_uri, 'audience', NEW.audience, 'provider', NEW.provider_id, 'token', substr(NEW.token_hash, -8), 'effects', json(NEW.effects), 'quarantines', json(NEW.quarantines), 'ratesOwners', json(CASE NEW.rates_owners WHEN 1 THEN 'true' ELSE 'false' END), 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_signal_transmitters_delete;
--> statement-breakpoint
CREATE TRIGGER history_signal_transmitters_delete AFTER DELETE ON signal_transmitters BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'signalTransmitter', OLD.id, '', OLD.name, json_object('name', OLD.name, 'kind', OLD.kind, 'issuer', OLD.issuer, 'jwksUri', OLD.jwks_uri, 'audience', OLD.audience, 'provider', OLD.provider_id, 'token', substr(OLD.token_hash, -8), 'effects', json(OLD.effects), 'quarantines', json(OLD.quarantines), 'ratesOwners', json(CASE OLD.rates_owners WHEN 1 THEN 'true' ELSE 'false' END), 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END)), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
