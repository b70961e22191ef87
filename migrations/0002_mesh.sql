CREATE TABLE `address_holds` (
	`node_id` text PRIMARY KEY NOT NULL,
	`node_name` text NOT NULL,
	`segment_id` text NOT NULL,
	`address_index` integer NOT NULL,
	`until` integer NOT NULL,
	`ended_at` integer NOT NULL,
	`revision` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `address_holds_address` ON `address_holds` (`address_index`);--> statement-breakpoint
CREATE INDEX `address_holds_revision` ON `address_holds` (`revision`);--> statement-breakpoint
CREATE TABLE `enrolment_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`secret_hash` text NOT NULL,
	`segment_id` text NOT NULL,
	`tags` text DEFAULT '[]' NOT NULL,
	`user_id` text,
	`max_uses` integer DEFAULT 1 NOT NULL,
	`uses` integer DEFAULT 0 NOT NULL,
	`ephemeral` integer DEFAULT false NOT NULL,
	`pre_approved` integer DEFAULT false NOT NULL,
	`expires_at` integer NOT NULL,
	`revoked_at` integer,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`segment_id`) REFERENCES `segments`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `enrolment_keys_secret_hash_unique` ON `enrolment_keys` (`secret_hash`);--> statement-breakpoint
CREATE TABLE `mesh_rules` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`from_selectors` text NOT NULL,
	`to_selectors` text NOT NULL,
	`traffic` text NOT NULL,
	`enabled` integer DEFAULT true NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `mesh_rules_name_unique` ON `mesh_rules` (`name`);--> statement-breakpoint
CREATE TABLE `mesh_state` (
	`id` integer PRIMARY KEY DEFAULT 1 NOT NULL,
	`network_id` text NOT NULL,
	`ipv6_prefix` text NOT NULL,
	`revision` integer DEFAULT 0 NOT NULL,
	`rules_revision` integer DEFAULT 0 NOT NULL,
	`root_version` integer DEFAULT 0 NOT NULL,
	`epoch` integer DEFAULT 0 NOT NULL,
	`next_address` integer DEFAULT 0 NOT NULL,
	`lease_seconds` integer DEFAULT 86400 NOT NULL,
	`poll_seconds` integer DEFAULT 30 NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `node_routes` (
	`node_id` text NOT NULL,
	`prefix` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`node_id`, `prefix`),
	FOREIGN KEY (`node_id`) REFERENCES `nodes`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `node_routes_prefix` ON `node_routes` (`prefix`);--> statement-breakpoint
CREATE TABLE `nodes` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`status` text NOT NULL,
	`segment_id` text NOT NULL,
	`tags` text DEFAULT '[]' NOT NULL,
	`user_id` text,
	`address_index` integer NOT NULL,
	`hostname` text NOT NULL,
	`ephemeral` integer DEFAULT false NOT NULL,
	`enrolment_key_id` text NOT NULL,
	`offered_routes` text DEFAULT '[]' NOT NULL,
	`endpoints` text DEFAULT '[]' NOT NULL,
	`exit_node` text,
	`expires_at` integer,
	`handshake_floor` integer DEFAULT 0 NOT NULL,
	`ended_revision` integer,
	`ended_at` integer,
	`revision` integer NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`wireguard_key` text NOT NULL,
	`signing_hash` text NOT NULL,
	`kem_hash` text NOT NULL,
	`record_hash` text NOT NULL,
	`signing_key` text NOT NULL,
	`kem_key` text NOT NULL,
	FOREIGN KEY (`segment_id`) REFERENCES `segments`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null
);
--> statement-breakpoint
CREATE UNIQUE INDEX `nodes_name_unique` ON `nodes` (`name`);--> statement-breakpoint
CREATE UNIQUE INDEX `nodes_address_index_unique` ON `nodes` (`address_index`);--> statement-breakpoint
CREATE UNIQUE INDEX `nodes_wireguard_key_unique` ON `nodes` (`wireguard_key`);--> statement-breakpoint
CREATE UNIQUE INDEX `nodes_signing_hash_unique` ON `nodes` (`signing_hash`);--> statement-breakpoint
CREATE UNIQUE INDEX `nodes_kem_hash_unique` ON `nodes` (`kem_hash`);--> statement-breakpoint
CREATE INDEX `nodes_segment` ON `nodes` (`segment_id`);--> statement-breakpoint
CREATE INDEX `nodes_revision` ON `nodes` (`revision`);--> statement-breakpoint
CREATE INDEX `nodes_user` ON `nodes` (`user_id`);--> statement-breakpoint
CREATE TABLE `root_documents` (
	`version` integer PRIMARY KEY NOT NULL,
	`epoch` integer NOT NULL,
	`envelope` text NOT NULL,
	`payload_hash` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `used_challenges` (
	`hash` text PRIMARY KEY NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `used_challenges_expiry` ON `used_challenges` (`expires_at`);--> statement-breakpoint
CREATE TRIGGER `mesh_user_changed` AFTER UPDATE OF `email`, `status` ON `users`
WHEN OLD.`email` <> NEW.`email` OR OLD.`status` <> NEW.`status`
BEGIN
	UPDATE `mesh_state` SET `revision` = `revision` + 1 WHERE EXISTS (SELECT 1 FROM `nodes` WHERE `user_id` = NEW.`id`);
	UPDATE `nodes` SET `revision` = (SELECT `revision` FROM `mesh_state`) WHERE `user_id` = NEW.`id`;
END;--> statement-breakpoint
CREATE TRIGGER `mesh_user_deleted` BEFORE DELETE ON `users`
BEGIN
	UPDATE `mesh_state` SET `revision` = `revision` + 1 WHERE EXISTS (SELECT 1 FROM `nodes` WHERE `user_id` = OLD.`id`);
	UPDATE `nodes` SET `revision` = (SELECT `revision` FROM `mesh_state`), `status` = 'quarantined'
	WHERE `user_id` = OLD.`id` AND `status` IN ('approved', 'pending');
END;--> statement-breakpoint
CREATE TRIGGER `mesh_segment_renamed` AFTER UPDATE OF `name` ON `segments`
WHEN OLD.`name` <> NEW.`name`
BEGIN
	UPDATE `mesh_state` SET `revision` = `revision` + 1 WHERE EXISTS (SELECT 1 FROM `nodes` WHERE `segment_id` = NEW.`id`);
	UPDATE `nodes` SET `revision` = (SELECT `revision` FROM `mesh_state`) WHERE `segment_id` = NEW.`id`;
END;
