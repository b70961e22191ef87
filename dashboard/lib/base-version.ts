import { useState } from "react";
import { etagOf } from "../api.ts";

interface Writing {
  readonly error: unknown;
  readonly reset: () => void;
}

/**
 * The version of a thing that a form edits: the one that was loaded first. A newer one only replaces it when the
 * administrator says so, so that nothing that was written is lost.
 * @param load Loads the newest version.
 * @param writes The calls that may find that somebody else was faster.
 */
export function useBase<Row extends { readonly version: number }>(
  loaded: Row,
  load: (base: Row) => Promise<Row>,
  writes: readonly Writing[],
) {
  const [base, setBase] = useState(loaded);
  const takeTheirs = async () => {
    setBase(await load(base));
    for (const write of writes) write.reset();
  };
  const error = writes.find((write) => write.error)?.error ?? null;
  return { base, setBase, ifMatch: etagOf(base), error, takeTheirs };
}
