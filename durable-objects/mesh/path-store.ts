import { NO_PATHS, notePaths, type PathLedger } from "../../shared/node/path-ledger.ts";
import type { PathMove, PathReport } from "../../shared/node/protocol/types.ts";

/** The paths that each node of the segment measured. */
export class PathStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get(node: string): PathLedger {
    const [row] = this.#sql
      .exec<{ paths: string; moves: string }>("SELECT paths, moves FROM paths WHERE node = ?", node)
      .toArray();
    return row ? { paths: JSON.parse(row.paths), moves: JSON.parse(row.moves) } : NO_PATHS;
  }

  /** @returns What is known of the node's paths now. */
  note(
    node: string,
    report: { readonly paths: readonly PathReport[]; readonly moves: readonly PathMove[] },
    peers: readonly string[],
    now: number,
  ): PathLedger {
    const ledger = notePaths(this.get(node), report, new Set(peers), now);
    this.#sql.exec(
      "INSERT OR REPLACE INTO paths (node, at, paths, moves) VALUES (?, ?, ?, ?)",
      node,
      now,
      JSON.stringify(ledger.paths),
      JSON.stringify(ledger.moves),
    );
    return ledger;
  }

  /** Of all nodes, one after the other. */
  *all(): Iterable<{ readonly node: string } & PathLedger> {
    const rows = this.#sql.exec<{ node: string; paths: string; moves: string }>(
      "SELECT node, paths, moves FROM paths",
    );
    for (const { node, paths, moves } of rows)
      yield { node, paths: JSON.parse(paths), moves: JSON.parse(moves) };
  }

  forget(node: string): void {
    this.#sql.exec("DELETE FROM paths WHERE node = ?", node);
  }

  /** Forgets the paths of nodes that are not in the segment any more. */
  sweep(): void {
    this.#sql.exec("DELETE FROM paths WHERE node NOT IN (SELECT node FROM members WHERE status <> 'gone')");
  }
}
