import { needQuery, readNeed } from "../grade/need-query.ts";
import type { Need } from "../grade/verified.ts";

/** The scope of each token: what its person may do in the app, and no more. Policies narrow it. */
export const ACCESS = "access";
/** The person must have shown who they are after the client asked. */
const FRESH = "fresh";

/** What a client asks the person to show, besides access. */
export interface Wanted {
  readonly isFresh: boolean;
  readonly need: Need | null;
}

/** The scope that a client must ask for, so that its person shows what is needed (RFC 6750 §3.1). */
export const scopeOf = ({ isFresh, need }: Wanted): string =>
  [
    ACCESS,
    ...(isFresh ? [FRESH] : []),
    ...(need === null
      ? []
      : needQuery(need).flatMap(([name, words]) => words.split(" ").map((word) => `${name}:${word}`))),
  ].join(" ");

/** Reads a scope. What it does not know in it is ignored (RFC 6749 §3.3). */
export function readScope(scope: string): Wanted {
  const values = scope.split(" ");
  const named = Map.groupBy(
    values.flatMap((value) => {
      const at = value.indexOf(":");
      return at < 1 ? [] : [{ name: value.slice(0, at), word: value.slice(at + 1) }];
    }),
    ({ name }) => name,
  );
  const get = (name: string) =>
    named
      .get(name)
      ?.map(({ word }) => word)
      .join(" ") ?? null;
  return { isFresh: values.includes(FRESH), need: readNeed({ get }) };
}
