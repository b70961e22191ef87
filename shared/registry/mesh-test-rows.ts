import type { MeshTest, Target } from "../segments/tests/mesh-test.ts";
import type { Selector } from "../segments/types.ts";
import type { meshTests } from "./mesh-schema.ts";
import type { RowOf } from "./rows.ts";

/** Tests of rules as the hub reads them. */

export type MeshTestRow = RowOf<typeof meshTests>;
export const MESH_TESTS_QUERY = "SELECT * FROM mesh_tests ORDER BY id";

export const meshTestOf = (row: MeshTestRow): MeshTest => ({
  id: row.id,
  name: row.name,
  from: JSON.parse(row.from_selector) as Selector,
  accept: JSON.parse(row.accept) as Target[],
  deny: JSON.parse(row.deny) as Target[],
});
