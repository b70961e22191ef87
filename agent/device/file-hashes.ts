import type { FileHandle } from "node:fs/promises";
import { BoundedMap } from "../../shared/base/bounded-map.ts";
import { hashOf } from "../system/files.ts";
import { openForAnybody } from "./open-safely.ts";

/** What one look may read anew (bytes). What is left over is read by the next one, and a larger file never. */
const MOST_READ_BYTES = 512 * 1024 * 1024;
const MOST_REMEMBERED = 256;

/**
 * Hashes of files, each of which is read again only when something about it has changed. The time of the change of the
 * inode is among it: nobody but root can set that one back.
 */
export class FileHashes {
  readonly #known = new BoundedMap<string, string>(MOST_REMEMBERED);
  #left = MOST_READ_BYTES;

  /** Begins a look, which may read so much anew. */
  begin(): void {
    this.#left = MOST_READ_BYTES;
  }

  /** SHA-256 in hexadecimal digits. Null: not everybody may read the file, it is too large, or it changed meanwhile. */
  async of(found: FileHandle): Promise<string | null> {
    const before = await stampOf(found);
    const known = this.#known.get(before.text);
    if (known !== undefined) return known;
    if (before.size > this.#left) return null;
    const file = await openForAnybody(found);
    if (!file) return null;
    try {
      this.#left -= before.size;
      const hash = await hashOf(file, "hex", before.size);
      if ((await stampOf(found)).text !== before.text) return null;
      this.#known.set(before.text, hash);
      return hash;
    } finally {
      await file.close();
    }
  }
}

async function stampOf(found: FileHandle): Promise<{ readonly text: string; readonly size: number }> {
  const { dev, ino, size, mtimeNs, ctimeNs, mode } = await found.stat({ bigint: true });
  return { text: [dev, ino, size, mtimeNs, ctimeNs, mode].join(), size: Number(size) };
}
