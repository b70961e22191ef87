CREATE TRIGGER `grants_end_with_person` AFTER UPDATE OF `email`, `status` ON `users`
WHEN OLD.`email` <> NEW.`email` OR (OLD.`status` <> NEW.`status` AND NEW.`status` = 'disabled')
BEGIN
	UPDATE `access_grants` SET `status` = 'revoked', `ended_at` = NEW.`updated_at`, `version` = `version` + 1
	WHERE `user_id` = NEW.`id` AND ((`status` = 'granted' AND `until` > NEW.`updated_at`)
		OR (`status` = 'pending' AND `lapses_at` > NEW.`updated_at`));
END;
