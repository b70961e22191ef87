import type { rootDocuments } from "../../shared/registry/mesh-schema.ts";
import type { AliasedRowOf } from "../../shared/registry/rows.ts";

/** The chain of root documents in the registry. */

export type StoredRoot = Pick<
  AliasedRowOf<typeof rootDocuments>,
  "version" | "epoch" | "envelope" | "payloadHash"
>;

const SELECT = "SELECT version, epoch, envelope, payload_hash AS payloadHash FROM root_documents";

export const newestRoot = (db: D1Database): Promise<StoredRoot | null> =>
  db.prepare(`${SELECT} ORDER BY version DESC LIMIT 1`).first<StoredRoot>();

/** All roots, the oldest first. */
export async function allRoots(db: D1Database): Promise<StoredRoot[]> {
  return (await db.prepare(`${SELECT} ORDER BY version`).all<StoredRoot>()).results;
}
