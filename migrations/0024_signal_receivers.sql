CREATE TABLE `signal_cursor` (
	`one` integer PRIMARY KEY DEFAULT 1 NOT NULL,
	`leaf` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `signal_exclusions` (
	`receiver_id` text NOT NULL,
	`user_id` text NOT NULL,
	PRIMARY KEY(`receiver_id`, `user_id`),
	FOREIGN KEY (`receiver_id`) REFERENCES `signal_receivers`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `signal_letters` (
	`id` text PRIMARY KEY NOT NULL,
	`receiver_id` text NOT NULL,
	`event` text NOT NULL,
	`claims` text NOT NULL,
	`created_at` integer NOT NULL,
	`due_at` integer,
	`failures` integer DEFAULT 0 NOT NULL,
	`taken_at` integer,
	`why` text,
	FOREIGN KEY (`receiver_id`) REFERENCES `signal_receivers`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `signal_letters_due` ON `signal_letters` (`due_at`);--> statement-breakpoint
CREATE INDEX `signal_letters_receiver` ON `signal_letters` (`receiver_id`,`created_at`);--> statement-breakpoint
CREATE TABLE `signal_receivers` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`target` text NOT NULL,
	`address_sealed` text NOT NULL,
	`authorization_sealed` text,
	`audience` text NOT NULL,
	`subjects` text DEFAULT 'email' NOT NULL,
	`events` text NOT NULL,
	`token_hash` text NOT NULL,
	`status` text DEFAULT 'enabled' NOT NULL,
	`enabled` integer DEFAULT true NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `signal_receivers_name_unique` ON `signal_receivers` (`name`);--> statement-breakpoint
CREATE UNIQUE INDEX `signal_receivers_token_hash_unique` ON `signal_receivers` (`token_hash`);
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_networks_insert;
--> statement-breakpoint
CREATE TRIGGER history_networks_insert AFTER INSERT ON networks BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'network', 'network', '', NEW.name, NULL, json_object('name', NEW.name, 'signInIdleSeconds', NEW.sign_in_idle_seconds, 'signInAbsoluteSeconds', NEW.sign_in_absolute_seconds, 'maxSessionsPerUser', NEW.max_sessions_per_user, 'contact', NEW.contact, 'listsClosedApps', json(CASE NEW.lists_closed_apps WHEN 1 THEN 'true' ELSE 'false' END)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_networks_update;
--> statement-breakpoint
CREATE TRIGGER history_networks_update AFTER UPDATE ON networks WHEN OLD.name IS NOT NEW.name OR OLD.sign_in_idle_seconds IS NOT NEW.sign_in_idle_seconds OR OLD.sign_in_absolute_seconds IS NOT NEW.sign_in_absolute_seconds OR OLD.max_sessions_per_user IS NOT NEW.max_sessions_per_user OR OLD.contact IS NOT NEW.contact OR OLD.lists_closed_apps IS NOT NEW.lists_closed_apps BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'network', 'network', '', NEW.name, json_object('name', OLD.name, 'signInIdleSeconds', OLD.sign_in_idle_seconds, 'signInAbsoluteSeconds', OLD.sign_in_absolute_seconds, 'maxSessionsPerUser', OLD.max_sessions_per_user, 'contact', OLD.contact, 'listsClosedApps', json(CASE OLD.lists_closed_apps WHEN 1 THEN 'true' ELSE 'false' END)), json_object('name', NEW.name, 'signInIdleSeconds', NEW.sign_in_idle_seconds, 'signInAbsoluteSeconds', NEW.sign_in_absolute_seconds, 'maxSessionsPerUser', NEW.max_sessions_per_user, 'contact', NEW.contact, 'listsClosedApps', json(CASE NEW.lists_closed_apps WHEN 1 THEN 'true' ELSE 'false' END)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_networks_delete;
--> statement-breakpoint
CREATE TRIGGER history_networks_delete AFTER DELETE ON networks BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'network', 'network', '', OLD.name, json_object('name', OLD.name, 'signInIdleSeconds', OLD.sign_in_idle_seconds, 'signInAbsoluteSeconds', OLD.sign_in_absolute_seconds, 'maxSessionsPerUser', OLD.max_sessions_per_user, 'contact', OLD.contact, 'listsClosedApps', json(CASE OLD.lists_closed_apps WHEN 1 THEN 'true' ELSE 'false' END)), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_users_insert;
--> statement-breakpoint
CREATE TRIGGER history_users_insert AFTER INSERT ON users BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'user', NEW.id, '', NEW.email, NULL, json_object('email', NEW.email, 'name', NEW.name, 'status', NEW.status, 'role', NEW.role, 'expiresAt', NEW.expires_at), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_users_update;
--> statement-breakpoint
CREATE TRIGGER history_users_update AFTER UPDATE ON users WHEN OLD.email IS NOT NEW.email OR OLD.name IS NOT NEW.name OR OLD.status IS NOT NEW.status OR OLD.role IS NOT NEW.role OR OLD.expires_at IS NOT NEW.expires_at BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'user', NEW.id, '', NEW.email, json_object('email', OLD.email, 'name', OLD.name, 'status', OLD.status, 'role', OLD.role, 'expiresAt', OLD.expires_at), json_object('email', NEW.email, 'name', NEW.name, 'status', NEW.status, 'role', NEW.role, 'expiresAt', NEW.expires_at), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_users_delete;
--> statement-breakpoint
CREATE TRIGGER history_users_delete AFTER DELETE ON users BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'user', OLD.id, '', OLD.email, json_object('email', OLD.email, 'name', OLD.name, 'status', OLD.status, 'role', OLD.role, 'expiresAt', OLD.expires_at), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_identity_providers_insert;
--> statement-breakpoint
CREATE TRIGGER history_identity_providers_insert AFTER INSERT ON identity_providers BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'identityProvider', NEW.id, '', NEW.name, NULL, json_object('name', NEW.name, 'kind', NEW.kind, 'issuer', NEW.issuer, 'clientId', NEW.client_id, 'clientSecret', substr(NEW.client_secret_sealed, -8), 'scopes', NEW.scopes, 'groupsClaim', NEW.groups_claim, 'emailClaim', NEW.email_claim, 'emailVerified', NEW.email_verified, 'trustedAudiences', json(NEW.trusted_audiences), 'allowedDomains', json(NEW.allowed_domains), 'organizations', json(NEW.organizations), 'metadata', NEW.metadata, 'metadataUrl', NEW.metadata_url, 'offlineAccess', NEW.offline_access, 'recheckMinutes', NEW.recheck_minutes, 'recheckGraceHours', NEW.recheck_grace_hours, 'believesMethods', json(CASE NEW.believes_methods WHEN 1 THEN 'true' ELSE 'false' END), 'secondFactorAcr', json(NEW.second_factor_acr), 'guestDays', NEW.guest_days, 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_identity_providers_update;
--> statement-breakpoint
CREATE TRIGGER history_identity_providers_update AFTER UPDATE ON identity_providers WHEN OLD.name IS NOT NEW.name OR OLD.kind IS NOT NEW.kind OR OLD.issuer IS NOT NEW.issuer OR OLD.client_id IS NOT NEW.client_id OR OLD.client_secret_sealed IS NOT NEW.client_secret_sealed OR OLD.scopes IS NOT NEW.scopes OR OLD.groups_claim IS NOT NEW.groups_claim OR OLD.email_claim IS NOT NEW.email_claim OR OLD.email_verified IS NOT NEW.email_verified OR OLD.trusted_audiences IS NOT NEW.trusted_audiences OR OLD.allowed_domains IS NOT NEW.allowed_domains OR OLD.organizations IS NOT NEW.organizations OR OLD.metadata IS NOT NEW.metadata OR OLD.metadata_url IS NOT NEW.metadata_url OR OLD.offline_access IS NOT NEW.offline_access OR OLD.recheck_minutes IS NOT NEW.recheck_minutes OR OLD.recheck_grace_hours IS NOT NEW.recheck_grace_hours OR OLD.believes_methods IS NOT NEW.believes_methods OR OLD.second_factor_acr IS NOT NEW.second_factor_acr OR OLD.guest_days IS NOT NEW.guest_days OR OLD.enabled IS NOT NEW.enabled BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'identityProvider', NEW.id, '', NEW.name, json_object('name', OLD.name, 'kind', OLD.kind, 'issuer', OLD.issuer, 'clientId', OLD.client_id, 'clientSecret', substr(OLD.client_secret_sealed, -8), 'scopes', OLD.scopes, 'groupsClaim', OLD.groups_claim, 'emailClaim', OLD.email_claim, 'emailVerified', OLD.email_verified, 'trustedAudiences', json(OLD.trusted_audiences), 'allowedDomains', json(OLD.allowed_domains), 'organizations', json(OLD.organizations), 'metadata', OLD.metadata, 'metadataUrl', OLD.metadata_url, 'offlineAccess', OLD.offline_access, 'recheckMinutes', OLD.recheck_minutes, 'recheckGraceHours', OLD.recheck_grace_hours, 'believesMethods', json(CASE OLD.believes_methods WHEN 1 THEN 'true' ELSE 'false' END), 'secondFactorAcr', json(OLD.second_factor_acr), 'guestDays', OLD.guest_days, 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END)), json_object('name', NEW.name, 'kind', NEW.kind, 'issuer', NEW.issuer, 'clientId', NEW.client_id, 'clientSecret', substr(NEW.client_secret_sealed, -8), 'scopes', NEW.scopes, 'groupsClaim', NEW.groups_claim, 'emailClaim', NEW.email_claim, 'emailVerified', NEW.email_verified, 'trustedAudiences', json(NEW.trusted_audiences), 'allowedDomains', json(NEW.allowed_domains), 'organizations', json(NEW.organizations), 'metadata', NEW.metadata, 'metadataUrl', NEW.metadata_url, 'offlineAccess', NEW.offline_access, 'recheckMinutes', NEW.recheck_minutes, 'recheckGraceHours', NEW.recheck_grace_hours, 'believesMethods', json(CASE NEW.believes_methods WHEN 1 THEN 'true' ELSE 'false' END), 'secondFactorAcr', json(NEW.second_factor_acr), 'guestDays', NEW.guest_days, 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_identity_providers_delete;
--> statement-breakpoint
CREATE TRIGGER history_identity_providers_delete AFTER DELETE ON identity_providers BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'identityProvider', OLD.id, '', OLD.name, json_object('name', OLD.name, 'kind', OLD.kind, 'issuer', OLD.issuer, 'clientId', OLD.client_id, 'clientSecret', substr(OLD.client_secret_sealed, -8), 'scopes', OLD.scopes, 'groupsClaim', OLD.groups_claim, 'emailClaim', OLD.email_claim, 'emailVerified', OLD.email_verified, 'trustedAudiences', json(OLD.trusted_audiences), 'allowedDomains', json(OLD.allowed_domains), 'organizations', json(OLD.organizations), 'metadata', OLD.metadata, 'metadataUrl', OLD.metadata_url, 'offlineAccess', OLD.offline_access, 'recheckMinutes', OLD.recheck_minutes, 'recheckGraceHours', OLD.recheck_grace_hours, 'believesMethods', json(CASE OLD.believes_methods WHEN 1 THEN 'true' ELSE 'false' END), 'secondFactorAcr', json(OLD.second_factor_acr), 'guestDays', OLD.guest_days, 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END)), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_identities_insert;
--> statement-breakpoint
CREATE TRIGGER history_identities_insert AFTER INSERT ON identities BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'identity', NEW.user_id, NEW.id, NEW.subject, NULL, json_object('provider', NEW.provider_id, 'subject', NEW.subject, 'groups', json(NEW.groups)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_identities_update;
--> statement-breakpoint
CREATE TRIGGER history_identities_update AFTER UPDATE ON identities WHEN OLD.provider_id IS NOT NEW.provider_id OR OLD.subject IS NOT NEW.subject OR OLD.groups IS NOT NEW.groups BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'identity', NEW.user_id, NEW.id, NEW.subject, json_object('provider', OLD.provider_id, 'subject', OLD.subject, 'groups', json(OLD.groups)), json_object('provider', NEW.provider_id, 'subject', NEW.subject, 'groups', json(NEW.groups)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_identities_delete;
--> statement-breakpoint
CREATE TRIGGER history_identities_delete AFTER DELETE ON identities BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'identity', OLD.user_id, OLD.id, OLD.subject, json_object('provider', OLD.provider_id, 'subject', OLD.subject, 'groups', json(OLD.groups)), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_groups_insert;
--> statement-breakpoint
CREATE TRIGGER history_groups_insert AFTER INSERT ON groups BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'group', NEW.id, '', NEW.name, NULL, json_object('name', NEW.name, 'description', NEW.description, 'provider', NEW.provider_id), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_groups_update;
--> statement-breakpoint
CREATE TRIGGER history_groups_update AFTER UPDATE ON groups WHEN OLD.name IS NOT NEW.name OR OLD.description IS NOT NEW.description OR OLD.provider_id IS NOT NEW.provider_id BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'group', NEW.id, '', NEW.name, json_object('name', OLD.name, 'description', OLD.description, 'provider', OLD.provider_id), json_object('name', NEW.name, 'description', NEW.description, 'provider', NEW.provider_id), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_groups_delete;
--> statement-breakpoint
CREATE TRIGGER history_groups_delete AFTER DELETE ON groups BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'group', OLD.id, '', OLD.name, json_object('name', OLD.name, 'description', OLD.description, 'provider', OLD.provider_id), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_group_members_insert;
--> statement-breakpoint
CREATE TRIGGER history_group_members_insert AFTER INSERT ON group_members BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'membership', NEW.group_id, NEW.member_id, coalesce((SELECT name FROM groups WHERE id = NEW.group_id), ''), NULL, json_object('memberKind', NEW.member_kind, 'member', NEW.member_id), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_group_members_update;
--> statement-breakpoint
CREATE TRIGGER history_group_members_update AFTER UPDATE ON group_members WHEN OLD.member_kind IS NOT NEW.member_kind OR OLD.member_id IS NOT NEW.member_id BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'membership', NEW.group_id, NEW.member_id, coalesce((SELECT name FROM groups WHERE id = NEW.group_id), ''), json_object('memberKind', OLD.member_kind, 'member', OLD.member_id), json_object('memberKind', NEW.member_kind, 'member', NEW.member_id), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_group_members_delete;
--> statement-breakpoint
CREATE TRIGGER history_group_members_delete AFTER DELETE ON group_members BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'membership', OLD.group_id, OLD.member_id, coalesce((SELECT name FROM groups WHERE id = OLD.group_id), ''), json_object('memberKind', OLD.member_kind, 'member', OLD.member_id), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_segments_insert;
--> statement-breakpoint
CREATE TRIGGER history_segments_insert AFTER INSERT ON segments BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'segment', NEW.id, '', NEW.name, NULL, json_object('name', NEW.name, 'description', NEW.description), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_segments_update;
--> statement-breakpoint
CREATE TRIGGER history_segments_update AFTER UPDATE ON segments WHEN OLD.name IS NOT NEW.name OR OLD.description IS NOT NEW.description BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'segment', NEW.id, '', NEW.name, json_object('name', OLD.name, 'description', OLD.description), json_object('name', NEW.name, 'description', NEW.description), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_segments_delete;
--> statement-breakpoint
CREATE TRIGGER history_segments_delete AFTER DELETE ON segments BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'segment', OLD.id, '', OLD.name, json_object('name', OLD.name, 'description', OLD.description), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_apps_insert;
--> statement-breakpoint
CREATE TRIGGER history_apps_insert AFTER INSERT ON apps BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'app', NEW.id, '', NEW.name, NULL, json_object('name', NEW.name, 'title', NEW.title, 'host', NEW.host, 'segmentId', NEW.segment_id, 'tags', json(NEW.tags), 'through', json(NEW.through), 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END), 'settings', json(NEW.settings)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_apps_update;
--> statement-breakpoint
CREATE TRIGGER history_apps_update AFTER UPDATE ON apps WHEN OLD.name IS NOT NEW.name OR OLD.title IS NOT NEW.title OR OLD.host IS NOT NEW.host OR OLD.segment_id IS NOT NEW.segment_id OR OLD.tags IS NOT NEW.tags OR OLD.through IS NOT NEW.through OR OLD.enabled IS NOT NEW.enabled OR OLD.settings IS NOT NEW.settings BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'app', NEW.id, '', NEW.name, json_object('name', OLD.name, 'title', OLD.title, 'host', OLD.host, 'segmentId', OLD.segment_id, 'tags', json(OLD.tags), 'through', json(OLD.through), 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END), 'settings', json(OLD.settings)), json_object('name', NEW.name, 'title', NEW.title, 'host', NEW.host, 'segmentId', NEW.segment_id, 'tags', json(NEW.tags), 'through', json(NEW.through), 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END), 'settings', json(NEW.settings)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_apps_delete;
--> statement-breakpoint
CREATE TRIGGER history_apps_delete AFTER DELETE ON apps BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'app', OLD.id, '', OLD.name, json_object('name', OLD.name, 'title', OLD.title, 'host', OLD.host, 'segmentId', OLD.segment_id, 'tags', json(OLD.tags), 'through', json(OLD.through), 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END), 'settings', json(OLD.settings)), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_upstreams_insert;
--> statement-breakpoint
CREATE TRIGGER history_upstreams_insert AFTER INSERT ON upstreams BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'upstream', NEW.app_id, NEW.url, NEW.url, NULL, json_object('url', NEW.url, 'position', NEW.position), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_upstreams_update;
--> statement-breakpoint
CREATE TRIGGER history_upstreams_update AFTER UPDATE ON upstreams WHEN OLD.url IS NOT NEW.url OR OLD.position IS NOT NEW.position BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'upstream', NEW.app_id, NEW.url, NEW.url, json_object('url', OLD.url, 'position', OLD.position), json_object('url', NEW.url, 'position', NEW.position), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_upstreams_delete;
--> statement-breakpoint
CREATE TRIGGER history_upstreams_delete AFTER DELETE ON upstreams BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'upstream', OLD.app_id, OLD.url, OLD.url, json_object('url', OLD.url, 'position', OLD.position), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_policies_insert;
--> statement-breakpoint
CREATE TRIGGER history_policies_insert AFTER INSERT ON policies BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'policy', NEW.id, '', NEW.name, NULL, json_object('name', NEW.name, 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END), 'shadow', json(CASE NEW.shadow WHEN 1 THEN 'true' ELSE 'false' END), 'currentVersion', NEW.current_version), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_policies_update;
--> statement-breakpoint
CREATE TRIGGER history_policies_update AFTER UPDATE ON policies WHEN OLD.name IS NOT NEW.name OR OLD.enabled IS NOT NEW.enabled OR OLD.shadow IS NOT NEW.shadow OR OLD.current_version IS NOT NEW.current_version BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'policy', NEW.id, '', NEW.name, json_object('name', OLD.name, 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END), 'shadow', json(CASE OLD.shadow WHEN 1 THEN 'true' ELSE 'false' END), 'currentVersion', OLD.current_version), json_object('name', NEW.name, 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END), 'shadow', json(CASE NEW.shadow WHEN 1 THEN 'true' ELSE 'false' END), 'currentVersion', NEW.current_version), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_policies_delete;
--> statement-breakpoint
CREATE TRIGGER history_policies_delete AFTER DELETE ON policies BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'policy', OLD.id, '', OLD.name, json_object('name', OLD.name, 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END), 'shadow', json(CASE OLD.shadow WHEN 1 THEN 'true' ELSE 'false' END), 'currentVersion', OLD.current_version), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_service_tokens_insert;
--> statement-breakpoint
CREATE TRIGGER history_service_tokens_insert AFTER INSERT ON service_tokens BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'serviceToken', NEW.id, '', NEW.name, NULL, json_object('name', NEW.name, 'secret', substr(NEW.secret_hash, -8), 'previousUntil', NEW.previous_until, 'groups', json(NEW.groups), 'federation', json(NEW.federation), 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END), 'expiresAt', NEW.expires_at, 'unusedDays', NEW.unused_days), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_service_tokens_update;
--> statement-breakpoint
CREATE TRIGGER history_service_tokens_update AFTER UPDATE ON service_tokens WHEN OLD.name IS NOT NEW.name OR OLD.secret_hash IS NOT NEW.secret_hash OR OLD.previous_until IS NOT NEW.previous_until OR OLD.groups IS NOT NEW.groups OR OLD.federation IS NOT NEW.federation OR OLD.enabled IS NOT NEW.enabled OR OLD.expires_at IS NOT NEW.expires_at OR OLD.unused_days IS NOT NEW.unused_days BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'serviceToken', NEW.id, '', NEW.name, json_object('name', OLD.name, 'secret', substr(OLD.secret_hash, -8), 'previousUntil', OLD.previous_until, 'groups', json(OLD.groups), 'federation', json(OLD.federation), 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END), 'expiresAt', OLD.expires_at, 'unusedDays', OLD.unused_days), json_object('name', NEW.name, 'secret', substr(NEW.secret_hash, -8), 'previousUntil', NEW.previous_until, 'groups', json(NEW.groups), 'federation', json(NEW.federation), 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END), 'expiresAt', NEW.expires_at, 'unusedDays', NEW.unused_days), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_service_tokens_delete;
--> statement-breakpoint
CREATE TRIGGER history_service_tokens_delete AFTER DELETE ON service_tokens BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'serviceToken', OLD.id, '', OLD.name, json_object('name', OLD.name, 'secret', substr(OLD.secret_hash, -8), 'previousUntil', OLD.previous_until, 'groups', json(OLD.groups), 'federation', json(OLD.federation), 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END), 'expiresAt', OLD.expires_at, 'unusedDays', OLD.unused_days), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_api_tokens_insert;
--> statement-breakpoint
CREATE TRIGGER history_api_tokens_insert AFTER INSERT ON api_tokens BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'apiToken', NEW.id, '', NEW.name, NULL, json_object('name', NEW.name, 'secret', substr(NEW.secret_hash, -8), 'role', NEW.role, 'userId', NEW.user_id, 'expiresAt', NEW.expires_at), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_api_tokens_update;
--> statement-breakpoint
CREATE TRIGGER history_api_tokens_update AFTER UPDATE ON api_tokens WHEN OLD.name IS NOT NEW.name OR OLD.secret_hash IS NOT NEW.secret_hash OR OLD.role IS NOT NEW.role OR OLD.user_id IS NOT NEW.user_id OR OLD.expires_at IS NOT NEW.expires_at BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'apiToken', NEW.id, '', NEW.name, json_object('name', OLD.name, 'secret', substr(OLD.secret_hash, -8), 'role', OLD.role, 'userId', OLD.user_id, 'expiresAt', OLD.expires_at), json_object('name', NEW.name, 'secret', substr(NEW.secret_hash, -8), 'role', NEW.role, 'userId', NEW.user_id, 'expiresAt', NEW.expires_at), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_api_tokens_delete;
--> statement-breakpoint
CREATE TRIGGER history_api_tokens_delete AFTER DELETE ON api_tokens BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'apiToken', OLD.id, '', OLD.name, json_object('name', OLD.name, 'secret', substr(OLD.secret_hash, -8), 'role', OLD.role, 'userId', OLD.user_id, 'expiresAt', OLD.expires_at), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_nodes_insert;
--> statement-breakpoint
CREATE TRIGGER history_nodes_insert AFTER INSERT ON nodes BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'node', NEW.id, '', NEW.name, NULL, json_object('name', NEW.name, 'status', NEW.status, 'segmentId', NEW.segment_id, 'tags', json(NEW.tags), 'userId', NEW.user_id, 'offeredRoutes', json(NEW.offered_routes), 'exitNode', NEW.exit_node, 'expiresAt', NEW.expires_at, 'wireguardKey', NEW.wireguard_key, 'signingHash', NEW.signing_hash), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_nodes_update;
--> statement-breakpoint
CREATE TRIGGER history_nodes_update AFTER UPDATE ON nodes WHEN OLD.name IS NOT NEW.name OR OLD.status IS NOT NEW.status OR OLD.segment_id IS NOT NEW.segment_id OR OLD.tags IS NOT NEW.tags OR OLD.user_id IS NOT NEW.user_id OR OLD.offered_routes IS NOT NEW.offered_routes OR OLD.exit_node IS NOT NEW.exit_node OR OLD.expires_at IS NOT NEW.expires_at OR OLD.wireguard_key IS NOT NEW.wireguard_key OR OLD.signing_hash IS NOT NEW.signing_hash BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'node', NEW.id, '', NEW.name, json_object('name', OLD.name, 'status', OLD.status, 'segmentId', OLD.segment_id, 'tags', json(OLD.tags), 'userId', OLD.user_id, 'offeredRoutes', json(OLD.offered_routes), 'exitNode', OLD.exit_node, 'expiresAt', OLD.expires_at, 'wireguardKey', OLD.wireguard_key, 'signingHash', OLD.signing_hash), json_object('name', NEW.name, 'status', NEW.status, 'segmentId', NEW.segment_id, 'tags', json(NEW.tags), 'userId', NEW.user_id, 'offeredRoutes', json(NEW.offered_routes), 'exitNode', NEW.exit_node, 'expiresAt', NEW.expires_at, 'wireguardKey', NEW.wireguard_key, 'signingHash', NEW.signing_hash), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_nodes_delete;
--> statement-breakpoint
CREATE TRIGGER history_nodes_delete AFTER DELETE ON nodes BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'node', OLD.id, '', OLD.name, json_object('name', OLD.name, 'status', OLD.status, 'segmentId', OLD.segment_id, 'tags', json(OLD.tags), 'userId', OLD.user_id, 'offeredRoutes', json(OLD.offered_routes), 'exitNode', OLD.exit_node, 'expiresAt', OLD.expires_at, 'wireguardKey', OLD.wireguard_key, 'signingHash', OLD.signing_hash), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_node_routes_insert;
--> statement-breakpoint
CREATE TRIGGER history_node_routes_insert AFTER INSERT ON node_routes BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'nodeRoute', NEW.node_id, NEW.prefix, NEW.prefix, NULL, json_object('prefix', NEW.prefix), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_node_routes_update;
--> statement-breakpoint
CREATE TRIGGER history_node_routes_update AFTER UPDATE ON node_routes WHEN OLD.prefix IS NOT NEW.prefix BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'nodeRoute', NEW.node_id, NEW.prefix, NEW.prefix, json_object('prefix', OLD.prefix), json_object('prefix', NEW.prefix), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_node_routes_delete;
--> statement-breakpoint
CREATE TRIGGER history_node_routes_delete AFTER DELETE ON node_routes BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'nodeRoute', OLD.node_id, OLD.prefix, OLD.prefix, json_object('prefix', OLD.prefix), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_mesh_rules_insert;
--> statement-breakpoint
CREATE TRIGGER history_mesh_rules_insert AFTER INSERT ON mesh_rules BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'meshRule', NEW.id, '', NEW.name, NULL, json_object('name', NEW.name, 'from', json(NEW.from_selectors), 'to', json(NEW.to_selectors), 'traffic', json(NEW.traffic), 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_mesh_rules_update;
--> statement-breakpoint
CREATE TRIGGER history_mesh_rules_update AFTER UPDATE ON mesh_rules WHEN OLD.name IS NOT NEW.name OR OLD.from_selectors IS NOT NEW.from_selectors OR OLD.to_selectors IS NOT NEW.to_selectors OR OLD.traffic IS NOT NEW.traffic OR OLD.enabled IS NOT NEW.enabled BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'meshRule', NEW.id, '', NEW.name, json_object('name', OLD.name, 'from', json(OLD.from_selectors), 'to', json(OLD.to_selectors), 'traffic', json(OLD.traffic), 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END)), json_object('name', NEW.name, 'from', json(NEW.from_selectors), 'to', json(NEW.to_selectors), 'traffic', json(NEW.traffic), 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_mesh_rules_delete;
--> statement-breakpoint
CREATE TRIGGER history_mesh_rules_delete AFTER DELETE ON mesh_rules BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'meshRule', OLD.id, '', OLD.name, json_object('name', OLD.name, 'from', json(OLD.from_selectors), 'to', json(OLD.to_selectors), 'traffic', json(OLD.traffic), 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END)), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_enrolment_keys_insert;
--> statement-breakpoint
CREATE TRIGGER history_enrolment_keys_insert AFTER INSERT ON enrolment_keys BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'enrolmentKey', NEW.id, '', NEW.name, NULL, json_object('name', NEW.name, 'segmentId', NEW.segment_id, 'tags', json(NEW.tags), 'userId', NEW.user_id, 'maxUses', NEW.max_uses, 'ephemeral', json(CASE NEW.ephemeral WHEN 1 THEN 'true' ELSE 'false' END), 'preApproved', json(CASE NEW.pre_approved WHEN 1 THEN 'true' ELSE 'false' END), 'expiresAt', NEW.expires_at, 'revokedAt', NEW.revoked_at), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_enrolment_keys_update;
--> statement-breakpoint
CREATE TRIGGER history_enrolment_keys_update AFTER UPDATE ON enrolment_keys WHEN OLD.name IS NOT NEW.name OR OLD.segment_id IS NOT NEW.segment_id OR OLD.tags IS NOT NEW.tags OR OLD.user_id IS NOT NEW.user_id OR OLD.max_uses IS NOT NEW.max_uses OR OLD.ephemeral IS NOT NEW.ephemeral OR OLD.pre_approved IS NOT NEW.pre_approved OR OLD.expires_at IS NOT NEW.expires_at OR OLD.revoked_at IS NOT NEW.revoked_at BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'enrolmentKey', NEW.id, '', NEW.name, json_object('name', OLD.name, 'segmentId', OLD.segment_id, 'tags', json(OLD.tags), 'userId', OLD.user_id, 'maxUses', OLD.max_uses, 'ephemeral', json(CASE OLD.ephemeral WHEN 1 THEN 'true' ELSE 'false' END), 'preApproved', json(CASE OLD.pre_approved WHEN 1 THEN 'true' ELSE 'false' END), 'expiresAt', OLD.expires_at, 'revokedAt', OLD.revoked_at), json_object('name', NEW.name, 'segmentId', NEW.segment_id, 'tags', json(NEW.tags), 'userId', NEW.user_id, 'maxUses', NEW.max_uses, 'ephemeral', json(CASE NEW.ephemeral WHEN 1 THEN 'true' ELSE 'false' END), 'preApproved', json(CASE NEW.pre_approved WHEN 1 THEN 'true' ELSE 'false' END), 'expiresAt', NEW.expires_at, 'revokedAt', NEW.revoked_at), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_enrolment_keys_delete;
--> statement-breakpoint
CREATE TRIGGER history_enrolment_keys_delete AFTER DELETE ON enrolment_keys BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'enrolmentKey', OLD.id, '', OLD.name, json_object('name', OLD.name, 'segmentId', OLD.segment_id, 'tags', json(OLD.tags), 'userId', OLD.user_id, 'maxUses', OLD.max_uses, 'ephemeral', json(CASE OLD.ephemeral WHEN 1 THEN 'true' ELSE 'false' END), 'preApproved', json(CASE OLD.pre_approved WHEN 1 THEN 'true' ELSE 'false' END), 'expiresAt', OLD.expires_at, 'revokedAt', OLD.revoked_at), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_notification_destinations_insert;
--> statement-breakpoint
CREATE TRIGGER history_notification_destinations_insert AFTER INSERT ON notification_destinations BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'notificationDestination', NEW.id, '', NEW.name, NULL, json_object('name', NEW.name, 'kind', NEW.kind, 'target', NEW.target, 'address', substr(NEW.address_sealed, -8), 'secret', substr(NEW.secret_sealed, -8), 'previousUntil', NEW.previous_until, 'events', json(NEW.events), 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_notification_destinations_update;
--> statement-breakpoint
CREATE TRIGGER history_notification_destinations_update AFTER UPDATE ON notification_destinations WHEN OLD.name IS NOT NEW.name OR OLD.kind IS NOT NEW.kind OR OLD.target IS NOT NEW.target OR OLD.address_sealed IS NOT NEW.address_sealed OR OLD.secret_sealed IS NOT NEW.secret_sealed OR OLD.previous_until IS NOT NEW.previous_until OR OLD.events IS NOT NEW.events OR OLD.enabled IS NOT NEW.enabled BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'notificationDestination', NEW.id, '', NEW.name, json_object('name', OLD.name, 'kind', OLD.kind, 'target', OLD.target, 'address', substr(OLD.address_sealed, -8), 'secret', substr(OLD.secret_sealed, -8), 'previousUntil', OLD.previous_until, 'events', json(OLD.events), 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END)), json_object('name', NEW.name, 'kind', NEW.kind, 'target', NEW.target, 'address', substr(NEW.address_sealed, -8), 'secret', substr(NEW.secret_sealed, -8), 'previousUntil', NEW.previous_until, 'events', json(NEW.events), 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_notification_destinations_delete;
--> statement-breakpoint
CREATE TRIGGER history_notification_destinations_delete AFTER DELETE ON notification_destinations BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'notificationDestination', OLD.id, '', OLD.name, json_object('name', OLD.name, 'kind', OLD.kind, 'target', OLD.target, 'address', substr(OLD.address_sealed, -8), 'secret', substr(OLD.secret_sealed, -8), 'previousUntil', OLD.previous_until, 'events', json(OLD.events), 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END)), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_log_destinations_insert;
--> statement-breakpoint
CREATE TRIGGER history_log_destinations_insert AFTER INSERT ON log_destinations BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'logDestination', NEW.id, '', NEW.name, NULL, json_object('name', NEW.name, 'format', NEW.format, 'url', NEW.url, 'secret', substr(NEW.secret_sealed, -8), 'authorizationSecret', substr(NEW.authorization_sealed, -8), 'kinds', json(NEW.kinds), 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_log_destinations_update;
--> statement-breakpoint
CREATE TRIGGER history_log_destinations_update AFTER UPDATE ON log_destinations WHEN OLD.name IS NOT NEW.name OR OLD.format IS NOT NEW.format OR OLD.url IS NOT NEW.url OR OLD.secret_sealed IS NOT NEW.secret_sealed OR OLD.authorization_sealed IS NOT NEW.authorization_sealed OR OLD.kinds IS NOT NEW.kinds OR OLD.enabled IS NOT NEW.enabled BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'logDestination', NEW.id, '', NEW.name, json_object('name', OLD.name, 'format', OLD.format, 'url', OLD.url, 'secret', substr(OLD.secret_sealed, -8), 'authorizationSecret', substr(OLD.authorization_sealed, -8), 'kinds', json(OLD.kinds), 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END)), json_object('name', NEW.name, 'format', NEW.format, 'url', NEW.url, 'secret', substr(NEW.secret_sealed, -8), 'authorizationSecret', substr(NEW.authorization_sealed, -8), 'kinds', json(NEW.kinds), 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_log_destinations_delete;
--> statement-breakpoint
CREATE TRIGGER history_log_destinations_delete AFTER DELETE ON log_destinations BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'logDestination', OLD.id, '', OLD.name, json_object('name', OLD.name, 'format', OLD.format, 'url', OLD.url, 'secret', substr(OLD.secret_sealed, -8), 'authorizationSecret', substr(OLD.authorization_sealed, -8), 'kinds', json(OLD.kinds), 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END)), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_signal_transmitters_insert;
--> statement-breakpoint
CREATE TRIGGER history_signal_transmitters_insert AFTER INSERT ON signal_transmitters BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'signalTransmitter', NEW.id, '', NEW.name, NULL, json_object('name', NEW.name, 'kind', NEW.kind, 'issuer', NEW.issuer, 'jwksUri', NEW.jwks_uri, 'audience', NEW.audience, 'provider', NEW.provider_id, 'token', substr(NEW.token_hash, -8), 'effects', json(NEW.effects), 'ratesOwners', json(CASE NEW.rates_owners WHEN 1 THEN 'true' ELSE 'false' END), 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_signal_transmitters_update;
--> statement-breakpoint
CREATE TRIGGER history_signal_transmitters_update AFTER UPDATE ON signal_transmitters WHEN OLD.name IS NOT NEW.name OR OLD.kind IS NOT NEW.kind OR OLD.issuer IS NOT NEW.issuer OR OLD.jwks_uri IS NOT NEW.jwks_uri OR OLD.audience IS NOT NEW.audience OR OLD.provider_id IS NOT NEW.provider_id OR OLD.token_hash IS NOT NEW.token_hash OR OLD.effects IS NOT NEW.effects OR OLD.rates_owners IS NOT NEW.rates_owners OR OLD.enabled IS NOT NEW.enabled BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'signalTransmitter', NEW.id, '', NEW.name, json_object('name', OLD.name, 'kind', OLD.kind, 'issuer', OLD.issuer, 'jwksUri', OLD.jwks_uri, 'audience', OLD.audience, 'provider', OLD.provider_id, 'token', substr(OLD.token_hash, -8), 'effects', json(OLD.effects), 'ratesOwners', json(CASE OLD.rates_owners WHEN 1 THEN 'true' ELSE 'false' END), 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END)), json_object('name', NEW.name, 'kind', NEW.kind, 'issuer', NEW.issuer, 'jwksUri', NEW.jwks_uri, 'audience', NEW.audience, 'provider', NEW.provider_id, 'token', substr(NEW.token_hash, -8), 'effects', json(NEW.effects), 'ratesOwners', json(CASE NEW.rates_owners WHEN 1 THEN 'true' ELSE 'false' END), 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_signal_transmitters_delete;
--> statement-breakpoint
CREATE TRIGGER history_signal_transmitters_delete AFTER DELETE ON signal_transmitters BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'signalTransmitter', OLD.id, '', OLD.name, json_object('name', OLD.name, 'kind', OLD.kind, 'issuer', OLD.issuer, 'jwksUri', OLD.jwks_uri, 'audience', OLD.audience, 'provider', OLD.provider_id, 'token', substr(OLD.token_hash, -8), 'effects', json(OLD.effects), 'ratesOwners', json(CASE OLD.rates_owners WHEN 1 THEN 'true' ELSE 'false' END), 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END)), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_signal_receivers_insert;
--> statement-breakpoint
CREATE TRIGGER history_signal_receivers_insert AFTER INSERT ON signal_receivers BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'signalReceiver', NEW.id, '', NEW.name, NULL, json_object('name', NEW.name, 'target', NEW.target, 'address', substr(NEW.address_sealed, -8), 'authorization', substr(NEW.authorization_sealed, -8), 'audience', NEW.audience, 'subjects', NEW.subjects, 'events', json(NEW.events), 'token', substr(NEW.token_hash, -8), 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_signal_receivers_update;
--> statement-breakpoint
CREATE TRIGGER history_signal_receivers_update AFTER UPDATE ON signal_receivers WHEN OLD.name IS NOT NEW.name OR OLD.target IS NOT NEW.target OR OLD.address_sealed IS NOT NEW.address_sealed OR OLD.authorization_sealed IS NOT NEW.authorization_sealed OR OLD.audience IS NOT NEW.audience OR OLD.subjects IS NOT NEW.subjects OR OLD.events IS NOT NEW.events OR OLD.token_hash IS NOT NEW.token_hash OR OLD.enabled IS NOT NEW.enabled BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'signalReceiver', NEW.id, '', NEW.name, json_object('name', OLD.name, 'target', OLD.target, 'address', substr(OLD.address_sealed, -8), 'authorization', substr(OLD.authorization_sealed, -8), 'audience', OLD.audience, 'subjects', OLD.subjects, 'events', json(OLD.events), 'token', substr(OLD.token_hash, -8), 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END)), json_object('name', NEW.name, 'target', NEW.target, 'address', substr(NEW.address_sealed, -8), 'authorization', substr(NEW.authorization_sealed, -8), 'audience', NEW.audience, 'subjects', NEW.subjects, 'events', json(NEW.events), 'token', substr(NEW.token_hash, -8), 'enabled', json(CASE NEW.enabled WHEN 1 THEN 'true' ELSE 'false' END)), c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
--> statement-breakpoint
DROP TRIGGER IF EXISTS history_signal_receivers_delete;
--> statement-breakpoint
CREATE TRIGGER history_signal_receivers_delete AFTER DELETE ON signal_receivers BEGIN INSERT INTO history (at, kind, target, other, name, before, after, entry, actor, person, note, via) SELECT coalesce(c.at, CAST(unixepoch('subsec') * 1000 AS INTEGER)), 'signalReceiver', OLD.id, '', OLD.name, json_object('name', OLD.name, 'target', OLD.target, 'address', substr(OLD.address_sealed, -8), 'authorization', substr(OLD.authorization_sealed, -8), 'audience', OLD.audience, 'subjects', OLD.subjects, 'events', json(OLD.events), 'token', substr(OLD.token_hash, -8), 'enabled', json(CASE OLD.enabled WHEN 1 THEN 'true' ELSE 'false' END)), NULL, c.entry, c.actor, c.person, c.note, c.via FROM (SELECT 1) LEFT JOIN change_context c; END;
