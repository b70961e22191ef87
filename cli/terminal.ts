import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { EXIT } from "./exit-codes.ts";
import { Failure } from "./failure.ts";

const SILENT = new Writable({ write: (_chunk, _encoding, done) => done() });

/**
 * Asks one question on the terminal that stdin and stderr are; a secret is not echoed. Ctrl+C and the end of the input
 * (Ctrl+D) are no answer: both stop the command.
 */
export async function ask(question: string, { secret = false }: { readonly secret?: boolean } = {}) {
  const lines = createInterface({
    input: process.stdin,
    output: secret ? SILENT : process.stderr,
    terminal: true,
  });
  const stopped = new AbortController();
  // The interface closes for Ctrl+D, and `question` would then wait for ever.
  for (const event of ["SIGINT", "close"] as const) lines.once(event, () => stopped.abort());
  if (secret) process.stderr.write(question);
  try {
    // The interface draws its line anew, so the question must be its own: what was written before would be erased.
    return await lines.question(secret ? "" : question, { signal: stopped.signal });
  } catch (error) {
    if (!stopped.signal.aborted) throw error;
    if (!secret) process.stderr.write("\n");
    throw new Failure(EXIT.interrupted, "Interrupted", { hint: "Nothing was changed." });
  } finally {
    lines.close();
    if (secret) process.stderr.write("\n");
  }
}
