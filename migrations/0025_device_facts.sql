CREATE TABLE `device_facts` (
	`node_id` text NOT NULL,
	`source` text NOT NULL,
	`fact` text NOT NULL,
	`at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`node_id`, `source`, `fact`),
	FOREIGN KEY (`node_id`) REFERENCES `nodes`(`id`) ON UPDATE no action ON DELETE cascade
);
