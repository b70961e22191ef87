import { branchesOf, namedBy, recordsOf } from "../../shared/node/config/manifest-tree.ts";
import type { Addressed, AnyDocument } from "../../shared/node/config/object.ts";
import type {
  LegDocument,
  ManifestDocument,
  ObjectHash,
  PeerDocument,
} from "../../shared/node/config/types.ts";

/** The use of an object is noted again when the last note is older than this. */
const TOUCH_MS = 3_600_000;
/**
 * How long an unused object is kept. It is longer than any head lives, and each renewal of a head touches all objects
 * that the member needs.
 */
const KEEP_MS = 48 * 3_600_000;

/** The objects that members apply, by the hash of their bytes. */
export class ObjectStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  put({ hash, bytes }: Addressed<AnyDocument>, now: number): void {
    this.#sql.exec(
      `INSERT INTO objects (hash, bytes, touched_at) VALUES (?1, ?2, ?3)
       ON CONFLICT (hash) DO UPDATE SET touched_at = ?3 WHERE touched_at < ?4`,
      hash,
      bytes,
      now,
      now - TOUCH_MS,
    );
  }

  /** Notes the use of a stored object. Returns false when the object is not stored. */
  touch(hash: ObjectHash, now: number): boolean {
    const [row] = this.#sql
      .exec<{ touched_at: number }>("SELECT touched_at FROM objects WHERE hash = ?", hash)
      .toArray();
    if (row && row.touched_at < now - TOUCH_MS) {
      this.#sql.exec("UPDATE objects SET touched_at = ? WHERE hash = ?", now, hash);
    }
    return row !== undefined;
  }

  has(hash: ObjectHash): boolean {
    return this.#sql.exec("SELECT 1 FROM objects WHERE hash = ?", hash).toArray().length > 0;
  }

  read(hash: ObjectHash): Uint8Array<ArrayBuffer> | undefined {
    const [row] = this.#sql
      .exec<{ bytes: ArrayBuffer }>("SELECT bytes FROM objects WHERE hash = ?", hash)
      .toArray();
    return row && new Uint8Array(row.bytes);
  }

  document<T extends AnyDocument>(hash: ObjectHash): T | null {
    const bytes = this.read(hash);
    return bytes ? (JSON.parse(new TextDecoder().decode(bytes)) as T) : null;
  }

  /** Whether the manifest leads to the object. */
  leadsTo(manifest: ObjectHash, hash: ObjectHash): boolean {
    const document = this.document<ManifestDocument>(manifest);
    if (!document) return false;
    if (manifest === hash || namedBy(document).includes(hash)) return true;
    return branchesOf(document).some((branch) => this.#recordsOf(branch).includes(hash));
  }

  /** Notes the use of all objects that a manifest leads to. */
  touchTree(manifest: ObjectHash, now: number): void {
    const document = this.document<ManifestDocument>(manifest);
    if (!document) return;
    for (const hash of [manifest, ...namedBy(document)]) this.touch(hash, now);
    for (const branch of branchesOf(document))
      for (const record of this.#recordsOf(branch)) this.touch(record, now);
  }

  #recordsOf(branch: ObjectHash): readonly ObjectHash[] {
    const document = this.document<PeerDocument | LegDocument>(branch);
    return document ? recordsOf(document) : [];
  }

  sweep(now: number): void {
    this.#sql.exec("DELETE FROM objects WHERE touched_at < ?", now - KEEP_MS);
  }
}
