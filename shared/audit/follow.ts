import type { AuditEntry } from "./types.ts";

/** How the log is followed: `?after=<leaf>&kinds=<kind>,<kind>`, by a WebSocket to the object or as an event stream. */
export interface Follow {
  /** The last leaf that is known already; null for only what comes from now on. */
  readonly after: number | null;
  /** Empty for all. */
  readonly kinds: readonly AuditEntry["kind"][];
}

/** Close code of a follower that has more to catch up on than one connection replays: connect again. */
export const FOLLOW_CONTINUE = 4000;

const KINDS = ["decision", "admin", "login", "session", "system"] as const satisfies AuditEntry["kind"][];

/** Null when a parameter is malformed. */
export function parseFollow(params: { get(name: string): string | null }): Follow | null {
  const after = params.get("after");
  const kinds = (params.get("kinds") ?? "").split(",", KINDS.length + 1).filter((kind) => kind !== "");
  const known = KINDS.filter((kind) => kinds.includes(kind));
  if (known.length !== kinds.length) return null;
  if (after === null || after === "") return { after: null, kinds: known };
  const isLeaf = /^(-1|[0-9]{1,16})$/.test(after) && Number.isSafeInteger(Number(after));
  return isLeaf ? { after: Number(after), kinds: known } : null;
}
