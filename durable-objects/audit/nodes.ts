import type { ReadNode, TreeNode } from "../../shared/merkle/tree.ts";
import { insertRows } from "./rows.ts";

/** The stored Merkle tree: only ever added to. */

export function readNode(sql: SqlStorage): ReadNode {
  return (level, index) => {
    const [row] = sql
      .exec<{ hash: ArrayBuffer }>("SELECT hash FROM nodes WHERE level = ? AND idx = ?", level, index)
      .toArray();
    if (!row) throw new RangeError(`the log has no node ${index} at level ${level}`);
    return new Uint8Array(row.hash);
  };
}

export function writeNodes(sql: SqlStorage, nodes: readonly TreeNode[]): void {
  insertRows(
    sql,
    "nodes",
    nodes.map(({ level, index, hash }) => ({ level, idx: index, hash })),
  );
}

/** How many leaves the log has, whether or not their texts are still kept. */
export function treeSize(sql: SqlStorage): number {
  const query = "SELECT coalesce(max(idx) + 1, 0) AS size FROM nodes WHERE level = 0";
  return sql.exec<{ size: number }>(query).one().size;
}
