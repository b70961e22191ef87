-- A test whose service is gone would try nothing.
CREATE TRIGGER `mesh_service_in_test` BEFORE DELETE ON `mesh_services`
WHEN EXISTS (
	SELECT 1 FROM `mesh_tests` WHERE instr(`accept`, '"' || OLD.`id` || '"') > 0 OR instr(`deny`, '"' || OLD.`id` || '"') > 0
)
BEGIN
	SELECT RAISE(ABORT, 'FOREIGN KEY constraint failed');
END;
