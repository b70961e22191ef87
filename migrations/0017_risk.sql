CREATE TABLE `user_risks` (
	`user_id` text NOT NULL,
	`source` text NOT NULL,
	`kind` text NOT NULL,
	`score` integer NOT NULL,
	`at` integer NOT NULL,
	`half_life_seconds` integer NOT NULL,
	PRIMARY KEY(`user_id`, `source`, `kind`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
