import { EXIT } from "./exit-codes.ts";
import { Failure } from "./failure.ts";

/** What the system says of a file (errno(3)), in words behind the file's name, and what to do. */
const WORDS: Readonly<Record<string, readonly [said: string, hint?: string]>> = {
  ENOENT: ["does not exist", "Check the path; it counts from the folder that you are in."],
  EACCES: ["may not be opened", "Check who owns it and its mode: `ls -l` shows both."],
  EPERM: ["may not be changed"],
  EISDIR: ["is a folder", "Name a file in it."],
  ENOTDIR: ["leads through something that is no folder"],
  EEXIST: ["exists already"],
  ENOSPC: ["can't be written: the disk is full"],
  EROFS: ["can't be written: the disk is read-only"],
  ELOOP: ["leads through too many links"],
  ENAMETOOLONG: ["has too long a name"],
};

/** Trouble with a file, as a sentence; null where the error is of no file. Reading a folder does not say which one. */
export function fileFailure(error: unknown, path?: string): Failure | null {
  if (!(error instanceof Error && "code" in error)) return null;
  const named = "path" in error && typeof error.path === "string" ? error.path : path;
  if (named === undefined) return null;
  const [said, hint] = WORDS[String(error.code)] ?? [`can't be used (${error.code})`];
  return new Failure(EXIT.failure, `${named} ${said}`, hint === undefined ? {} : { hint });
}
