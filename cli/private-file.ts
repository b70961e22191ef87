import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { EXIT } from "./exit-codes.ts";
import { Failure } from "./failure.ts";

/** Files that nobody but their owner reads. */

/** Writes it whole, mode 0600. A crash leaves the old file or the new one, never half. */
export async function writePrivate(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.tmp`;
  await rm(temporary, { force: true });
  const file = await open(temporary, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** Its text, or null when it is not there. */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** The text of a secret; one that others can read is refused, as it may be known already. */
export async function readSecret(path: string): Promise<string> {
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0)
    throw new Failure(EXIT.failure, `${path} can be read by others`, {
      hint: `Run \`chmod 600 ${path}\`. If others did read it, replace the key: \`rustronaut trust rotate --new-root-key\`.`,
    });
  return readFile(path, "utf8");
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
