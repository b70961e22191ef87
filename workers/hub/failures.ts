import { GUARD_FAILURE } from "../registry/guards.ts";
import { refuse } from "./refused.ts";

/** Maps a failed batch to a refusal; what is not understood stays an error. */
export function explainFailure(error: unknown): never {
  const text = String(error);
  if (text.includes(GUARD_FAILURE)) {
    refuse("precondition_failed", "It was changed in the meantime. Read it again and repeat the change.");
  }
  const unique = /UNIQUE constraint failed: \w+\.(\w+)/.exec(text)?.[1];
  if (unique !== undefined)
    refuse("conflict", `Something else already has this ${unique.replace("_id", "")}.`);
  if (text.includes("FOREIGN KEY constraint failed")) {
    refuse("in_use", "Something still depends on it, or what it depends on is gone.");
  }
  throw error;
}
