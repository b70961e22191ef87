import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import * as z from "zod/mini";
import { type BackupManifest, backupManifest, restoreRows } from "../../shared/api/backup.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { fileFailure } from "../file-failure.ts";

/**
 * A backup on disk: lines of JSON. The first is the manifest, the last the SHA-256 of all bytes before it; between them each
 * line holds rows of one table.
 */

const page = z.omit(restoreRows, { ticket: true });
export type Page = z.output<typeof page>;
const end = z.strictObject({ sha256: z.string() });

/** Writes it beside the path, mode 0600, and gives it its name once it is whole. */
export class BackupWriter {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #hash: Hash = createHash("sha256");

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  static async open(path: string): Promise<BackupWriter> {
    const temporary = temporaryOf(path);
    await rm(temporary, { force: true });
    const file = await open(temporary, "wx", 0o600).catch((error) => {
      throw fileFailure(error, path) ?? error;
    });
    return new BackupWriter(path, file);
  }

  async write(line: BackupManifest | Page): Promise<void> {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    this.#hash.update(bytes);
    await this.#file.writeFile(bytes);
  }

  async finish(): Promise<void> {
    await this.#file.writeFile(`${JSON.stringify({ sha256: this.#hash.digest("hex") })}\n`);
    await this.#file.sync();
    await this.#file.close();
    await rename(temporaryOf(this.#path), this.#path);
  }

  async abandon(): Promise<void> {
    await this.#file.close();
    await rm(temporaryOf(this.#path), { force: true });
  }
}

const temporaryOf = (path: string): string => `${path}.${process.pid}.tmp`;

/**
 * The manifest of a backup, after all of the file was read once.
 * @throws Failure where it is cut off or was changed.
 */
export async function checkBackup(path: string): Promise<BackupManifest> {
  const hash = createHash("sha256");
  let first: string | undefined;
  let last: string | undefined;
  for await (const line of linesOf(path)) {
    first ??= line;
    if (last !== undefined) hash.update(`${last}\n`);
    last = line;
  }
  const said = end.safeParse(parsed(last));
  if (!said.success || said.data.sha256 !== hash.digest("hex")) throw damaged(path);
  const manifest = z.safeParse(backupManifest, parsed(first));
  if (!manifest.success) throw damaged(path);
  return manifest.data;
}

/**
 * The pages of a backup that was checked. The hub checks what a page holds, and here is checked that none is left out.
 * @throws Failure where one is.
 */
export async function* pagesOf(path: string, { tables }: BackupManifest): AsyncGenerator<Page> {
  const left = tables.map(({ name }) => name);
  let at: number | null = 0;
  for await (const line of linesOf(path)) {
    const { success, data } = page.safeParse(parsed(line));
    if (!success) continue;
    if (data.table !== left[0] || data.after !== at) throw damaged(path);
    yield data;
    at = data.next;
    if (at !== null) continue;
    left.shift();
    at = 0;
  }
  if (left.length > 0) throw damaged(path);
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const file = await open(path).catch((error) => {
    throw fileFailure(error, path) ?? error;
  });
  yield* file.readLines();
}

function parsed(line: string | undefined): unknown {
  try {
    return JSON.parse(line ?? "");
  } catch {
    return null;
  }
}

const damaged = (path: string): Failure =>
  new Failure(EXIT.failure, `${path} is not a whole backup`, {
    detail: "It is no backup, was cut off, or was changed: its hash does not fit.",
    hint: "Take another copy of it. Nothing was changed.",
  });
