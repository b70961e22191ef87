-- Names of nodes end in the network's: under another one, each of them applies another config.
CREATE TRIGGER `mesh_network_renamed` AFTER UPDATE OF `name` ON `networks`
WHEN OLD.`name` <> NEW.`name`
BEGIN
	UPDATE `mesh_state` SET `revision` = `revision` + 1;
	UPDATE `nodes` SET `revision` = (SELECT `revision` FROM `mesh_state`);
END;
