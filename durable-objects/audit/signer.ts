import { encodeCheckpoint } from "../../shared/audit/checkpoint.ts";
import { encodeNote, type NoteKey } from "../../shared/audit/note.ts";
import type { Checkpoint } from "../../shared/audit/types.ts";
import { base64 } from "../../shared/base/base64.ts";
import { rootHash } from "../../shared/merkle/tree.ts";
import { readNode, treeSize } from "./nodes.ts";

interface SigningKey extends NoteKey {
  readonly privateKey: CryptoKey;
}

/** The log's signing key and the checkpoints that it signed. The private key never leaves the object. */
export class CheckpointSigner {
  readonly #sql: SqlStorage;
  readonly #origin: () => string;
  #key: Promise<SigningKey> | undefined;

  /** @param origin The log's name, asked once, when the key is made; it stays even if the host changes. */
  constructor(sql: SqlStorage, origin: () => string) {
    this.#sql = sql;
    this.#origin = origin;
  }

  async publicKey(): Promise<NoteKey> {
    const { name, publicKey } = await this.#signingKey();
    return { name, publicKey };
  }

  /** The signed checkpoint of the log's present size. One size has one checkpoint. */
  async checkpoint(now: number): Promise<Checkpoint> {
    const key = await this.#signingKey();
    const size = treeSize(this.#sql);
    const stored = this.#stored(size);
    if (stored) return stored;
    const root = rootHash(size, readNode(this.#sql));
    const text = encodeCheckpoint({ origin: key.name, size, root });
    const signature = await crypto.subtle.sign("Ed25519", key.privateKey, new TextEncoder().encode(text));
    this.#sql.exec(
      "INSERT INTO checkpoints (size, origin, root, at, note) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
      size,
      key.name,
      base64(root),
      now,
      encodeNote(text, key, new Uint8Array(signature)),
    );
    const signed = this.#stored(size);
    if (!signed) throw new Error("the checkpoint was not stored");
    return signed;
  }

  #stored(size: number): Checkpoint | null {
    const query = "SELECT origin, size, root, at, note FROM checkpoints WHERE size = ?";
    const [row] = this.#sql.exec<Record<keyof Checkpoint, SqlStorageValue>>(query, size).toArray();
    return row ? (row as unknown as Checkpoint) : null;
  }

  #signingKey(): Promise<SigningKey> {
    this.#key ??= this.#loadOrMake().catch((error: unknown) => {
      this.#key = undefined;
      throw error;
    });
    return this.#key;
  }

  async #loadOrMake(): Promise<SigningKey> {
    const stored = this.#row();
    if (stored) return importKey(stored);
    const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
    const publicKey = await crypto.subtle.exportKey("raw", pair.publicKey);
    const privateKey = await crypto.subtle.exportKey("pkcs8", pair.privateKey);
    this.#sql.exec(
      "INSERT INTO signing_key (one, name, public_key, private_key) VALUES (1, ?, ?, ?) ON CONFLICT DO NOTHING",
      this.#origin(),
      publicKey,
      privateKey,
    );
    const kept = this.#row();
    if (!kept) throw new Error("the signing key was not stored");
    return importKey(kept);
  }

  #row(): StoredKey | undefined {
    return this.#sql.exec<StoredKey>("SELECT name, public_key, private_key FROM signing_key").toArray()[0];
  }
}

interface StoredKey extends Record<string, SqlStorageValue> {
  name: string;
  public_key: ArrayBuffer;
  private_key: ArrayBuffer;
}

async function importKey(row: StoredKey): Promise<SigningKey> {
  return {
    name: row.name,
    publicKey: new Uint8Array(row.public_key),
    privateKey: await crypto.subtle.importKey("pkcs8", row.private_key, "Ed25519", false, ["sign"]),
  };
}
