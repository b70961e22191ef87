import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * Replaces a file so that a crash at any moment leaves either the old or the new content. It writes a new file beside
 * the old one, flushes it, renames it, and flushes the directory. Only the owner can read the file.
 */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await flushDirectory(dirname(path));
}

/**
 * Works as `writeAtomically`, for content that can be had again. On a full disk, it overwrites the old file in place,
 * since only that room is left. If the new content does not fit there, it removes the file, so that the old content
 * does not come back.
 */
export async function writeEvenIfFull(path: string, text: string): Promise<void> {
  try {
    await writeAtomically(path, text);
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    await overwrite(path, text);
  }
}

export const isDiskFull = (error: unknown): boolean =>
  ["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "");

async function overwrite(path: string, text: string): Promise<void> {
  const file = await open(path, constants.O_WRONLY, 0o600);
  try {
    await file.writeFile(text);
    await file.truncate(Buffer.byteLength(text));
    await file.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

async function flushDirectory(path: string): Promise<void> {
  let directory: FileHandle | undefined;
  try {
    directory = await open(path, "r");
    await directory.sync();
  } finally {
    await directory?.close();
  }
}

/** The text of a file, or null when it does not exist. */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/**
 * SHA-256 of an open file, piece by piece through one buffer, since the single executable has more than 100 MB.
 * @param most At most so many bytes are read.
 */
export async function hashOf(
  file: FileHandle,
  encoding: "base64url" | "hex",
  most = Number.POSITIVE_INFINITY,
): Promise<string> {
  const sha256 = createHash("sha256");
  const buffer = Buffer.alloc(64 * 1024);
  for (let left = most; left > 0; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, left));
    if (bytesRead === 0) break;
    sha256.update(buffer.subarray(0, bytesRead));
    left -= bytesRead;
  }
  return sha256.digest(encoding);
}

/** A directory in memory that only root can read. */
const RUNTIME_DIRECTORY = "/run/rustronaut-agent";

/** Writes a secret into a file with mode 0600 for a tool. The file is removed when `use` has ended. */
export async function withSecretFile<T>(
  name: string,
  text: string,
  use: (path: string) => Promise<T>,
): Promise<T> {
  await mkdir(RUNTIME_DIRECTORY, { recursive: true, mode: 0o700 });
  const path = join(RUNTIME_DIRECTORY, name);
  await rm(path, { force: true });
  try {
    await writeFile(path, text, { flag: "wx", mode: 0o600 });
    return await use(path);
  } finally {
    await rm(path, { force: true });
  }
}
