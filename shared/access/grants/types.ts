import type { ActionName } from "../policy/request.ts";

/** How a grant stands. `statusAt` says what time makes of it. */
export const GRANT_STATUSES = [
  /** Requested; waits for approvers. */
  "pending",
  /** In force until its end. */
  "granted",
  "denied",
  /** The person took the request back. */
  "withdrawn",
  /** Nobody answered the request in time. */
  "lapsed",
  /** Its time is over. */
  "expired",
  /** Somebody ended it before its time. */
  "revoked",
] as const;
export type GrantStatus = (typeof GRANT_STATUSES)[number];

/** What a grant would allow, and why. It never changes: whoever wants something else requests anew. */
export interface GrantContent {
  readonly userId: string;
  readonly appId: string;
  readonly actions: readonly ActionName[];
  /** Patterns as after Cedar's `like`. Empty: every path. */
  readonly paths: readonly string[];
  /** For how long, counted from the moment when it is granted. */
  readonly seconds: number;
  readonly reason: string;
  /** How many approvers must approve. An emergency needs none. */
  readonly needed: number;
  readonly emergency: boolean;
}

/** What one approver said. */
export interface GrantAnswer {
  readonly userId: string;
  readonly verdict: "approve" | "deny";
  readonly note: string;
  readonly at: number;
}

/** A request for access, and the grant that became of it. Times in milliseconds since the Unix epoch. */
export interface Grant extends GrantContent {
  readonly id: string;
  readonly status: GrantStatus;
  /** What approvers saw: an answer is bound to it. See `digestOf`. */
  readonly digest: string;
  readonly answers: readonly GrantAnswer[];
  readonly askedAt: number;
  readonly lapsesAt: number;
  /** From when until when it holds. Null unless it was granted. */
  readonly since: number | null;
  readonly until: number | null;
  /** Who denied, withdrew or revoked it, and when. */
  readonly endedBy: string | null;
  readonly endedAt: number | null;
  /** Who looked at an emergency afterwards. */
  readonly reviewedBy: string | null;
  readonly reviewedAt: number | null;
}

/** A grant in force, as sessions and policies know it. It travels with the principal. */
export interface HeldGrant {
  readonly id: string;
  readonly appId: string;
  readonly actions: readonly ActionName[];
  readonly paths: readonly string[];
  readonly since: number;
  readonly until: number;
  readonly emergency: boolean;
}
