import { base64, hashFromBase64 } from "../base/base64.ts";
import type { Hash } from "../merkle/tree.ts";
import { type NoteKey, openNote, type VerifySignature } from "./note.ts";

/** The statement of a log about itself at one size (C2SP tlog-checkpoint). */
export interface CheckpointBody {
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
}

/** The text that is signed: origin, size and root. */
export function encodeCheckpoint({ origin, size, root }: CheckpointBody): string {
  return `${origin}\n${size}\n${base64(root)}\n`;
}

/**
 * The checkpoint in the text of a note. Null if the text is malformed. Extension lines are allowed and
 * ignored.
 */
export function parseCheckpoint(text: string): CheckpointBody | null {
  const [origin, size = "", root = "", ...rest] = text.split("\n");
  const hash = hashFromBase64(root);
  const extensions = rest.slice(0, -1);
  if (!origin || !/^(0|[1-9][0-9]{0,15})$/.test(size) || !hash) return null;
  if (rest.at(-1) !== "" || extensions.includes("") || !Number.isSafeInteger(Number(size))) return null;
  return { origin, size: Number(size), root: hash };
}

/** The checkpoint in a note. Null unless `key` signed the note and the origin is the name of the key. */
export async function openCheckpoint(
  note: string,
  key: NoteKey,
  verify: VerifySignature,
): Promise<CheckpointBody | null> {
  const text = await openNote(note, key, verify);
  const checkpoint = text === null ? null : parseCheckpoint(text);
  return checkpoint?.origin === key.name ? checkpoint : null;
}
