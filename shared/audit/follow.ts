import type { AuditEntry } from "./types.ts";

/**
 * How a client follows the log: `?after=<leaf>&kinds=<kind>,<kind>`, with a WebSocket to the object or as an
 * event stream.
 */
export interface Follow {
  /** The last leaf that the client already has. Null: the client wants only new entries. */
  readonly after: number | null;
  /** An empty list means all kinds. */
  readonly kinds: readonly AuditEntry["kind"][];
}

/**
 * The close code for a client that must catch up on more entries than one connection replays. The client must
 * connect again.
 */
export const FOLLOW_CONTINUE = 4000;

const KINDS = ["decision", "admin", "login", "session", "system"] as const satisfies AuditEntry["kind"][];

/** Returns null if a parameter is malformed. */
export function parseFollow(params: { get(name: string): string | null }): Follow | null {
  const after = params.get("after");
  const kinds = (params.get("kinds") ?? "").split(",", KINDS.length + 1).filter((kind) => kind !== "");
  const known = KINDS.filter((kind) => kinds.includes(kind));
  if (known.length !== kinds.length) return null;
  if (after === null || after === "") return { after: null, kinds: known };
  const isLeaf = /^(-1|[0-9]{1,16})$/.test(after) && Number.isSafeInteger(Number(after));
  return isLeaf ? { after: Number(after), kinds: known } : null;
}
