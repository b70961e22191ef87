import type { GrantEvent } from "./decide.ts";
import type { Grant, GrantStatus, HeldGrant } from "./types.ts";

/** How a grant stands at `now`: time ends a request, and a grant, at its millisecond. */
export function statusAt(
  { status, lapsesAt, until }: Pick<Grant, "status" | "lapsesAt" | "until">,
  now: number,
): GrantStatus {
  if (status === "pending") return now >= lapsesAt ? "lapsed" : status;
  return status === "granted" && until !== null && now >= until ? "expired" : status;
}

/** What an event makes of a grant. */
export function apply(grant: Grant | null, event: GrantEvent): Grant {
  if (event.type === "requested") return event.grant;
  if (grant === null) throw new Error(`nothing was requested before it was ${event.type}`);
  switch (event.type) {
    case "answered":
      return {
        ...grant,
        answers: [...grant.answers.filter(({ userId }) => userId !== event.answer.userId), event.answer],
      };
    case "granted":
      return { ...grant, status: "granted", since: event.since, until: event.until };
    case "ended":
      return { ...grant, status: event.status, endedBy: event.by, endedAt: event.at };
    case "reviewed":
      return { ...grant, reviewedBy: event.by, reviewedAt: event.at };
  }
}

/** The grants for an app that are in force at `now`. A grant holds from its first millisecond, and not at its last. */
export const inForce = (grants: readonly HeldGrant[], appId: string, now: number): HeldGrant[] =>
  grants.filter((grant) => grant.appId === appId && grant.since <= now && now < grant.until);

/** When the next of these grants ends, in milliseconds. Null if none ends after `now`. */
export function nextEnd(grants: readonly HeldGrant[], now: number): number | null {
  const ends = grants.map(({ until }) => until).filter((until) => until > now);
  return ends.length > 0 ? Math.min(...ends) : null;
}
