import { err, ok, type Result } from "../../base/result.ts";
import { type GrantSettings, offeredScope } from "./settings.ts";
import { statusAt } from "./state.ts";
import type { Grant, GrantAnswer, GrantContent } from "./types.ts";

/** For how long a request waits for approvers, in milliseconds. */
export const WAITS_MS = 24 * 3_600_000;
/** How many requests of one person may wait at the same time. */
export const MOST_WAITING = 5;
/** How many grants of one person may be in force at the same time. Each travels with the person's sessions. */
export const MOST_HELD = 20;
/** How many requests one person may make within an hour, whatever became of them. */
export const MOST_AN_HOUR = 20;
export const HOUR_MS = 3_600_000;
export const MAX_REASON = 500;
export const MIN_SECONDS = 1;

/** What the registry knows of the person who requests. */
export interface AskerFacts {
  readonly mayAsk: boolean;
  readonly mayBreakIn: boolean;
  /** Requests of this person that wait, and grants in force. */
  readonly waiting: number;
  readonly held: number;
  readonly withinHour: number;
  /** Whether a request of the person for this app waits already, or an emergency of theirs is in force there. */
  readonly hasOne: boolean;
}

/** What the registry knows of who answers, at this very moment. */
export interface AnswererFacts {
  readonly userId: string;
  readonly isApprover: boolean;
  /** Those who approved earlier and are approvers still. */
  readonly stillApprovers: ReadonlySet<string>;
  /** Whether the person who requested is active, and may still do so. */
  readonly askerStands: boolean;
  /** The digest of the content, with the app as it is now. */
  readonly digest: string;
  readonly settings: GrantSettings;
}

export type GrantCommand =
  | {
      readonly type: "request";
      readonly id: string;
      readonly content: GrantContent;
      readonly digest: string;
      readonly settings: GrantSettings;
      readonly asker: AskerFacts;
    }
  | {
      readonly type: "answer";
      readonly verdict: GrantAnswer["verdict"];
      readonly note: string;
      /** What the approver was shown. */
      readonly seen: string;
      readonly by: AnswererFacts;
    }
  | { readonly type: "withdraw"; readonly by: string }
  /** `mayRevoke`: whether this is an administrator or an approver. */
  | { readonly type: "revoke"; readonly by: string; readonly mayRevoke: boolean }
  | { readonly type: "review"; readonly by: string; readonly mayReview: boolean }
  /** Time went by. */
  | { readonly type: "expire" };

export type GrantEvent =
  | { readonly type: "requested"; readonly grant: Grant }
  | { readonly type: "answered"; readonly answer: GrantAnswer }
  | { readonly type: "granted"; readonly since: number; readonly until: number }
  | {
      readonly type: "ended";
      readonly status: "denied" | "withdrawn" | "lapsed" | "expired" | "revoked";
      readonly by: string | null;
      readonly at: number;
    }
  | { readonly type: "reviewed"; readonly by: string; readonly at: number };

/** Why a command is refused, as a stable word. `words.ts` says it to people. */
export type GrantRefusal =
  | "not_offered"
  | "has_one_already"
  | "too_many_waiting"
  | "too_many_held"
  | "too_often"
  | "too_long"
  | "too_short"
  | "reason_missing"
  | "unknown"
  | "not_waiting"
  | "not_in_force"
  | "own_request"
  | "not_an_approver"
  | "answered_already"
  | "changed"
  | "asker_gone"
  | "not_yours"
  | "no_emergency"
  | "reviewed_already";

/**
 * Decides what a command means for a request or grant at `now` (milliseconds). Nothing is changed here.
 *
 * @param grant Null for one that does not exist yet.
 */
export function decide(
  grant: Grant | null,
  command: GrantCommand,
  now: number,
): Result<readonly GrantEvent[], GrantRefusal> {
  if (command.type === "request") return grant === null ? request(command, now) : err("has_one_already");
  if (grant === null) return err("unknown");
  const status = statusAt(grant, now);
  switch (command.type) {
    case "answer":
      return status === "pending" ? answer(grant, command, now) : err("not_waiting");
    case "withdraw":
      if (grant.userId !== command.by) return err("not_yours");
      return status === "pending" ? ended("withdrawn", command.by, now) : err("not_waiting");
    case "revoke":
      if (!command.mayRevoke && grant.userId !== command.by) return err("not_an_approver");
      return status === "granted" ? ended("revoked", command.by, now) : err("not_in_force");
    case "review":
      return review(grant, command, now);
    case "expire":
      if (status === grant.status) return ok([]);
      return ended(
        status === "lapsed" ? "lapsed" : "expired",
        null,
        grant.status === "pending" ? grant.lapsesAt : (grant.until ?? now),
      );
  }
}

const ended = (
  status: Extract<GrantEvent, { type: "ended" }>["status"],
  by: string | null,
  at: number,
): Result<readonly GrantEvent[], GrantRefusal> => ok([{ type: "ended", status, by, at }]);

type Request = Extract<GrantCommand, { type: "request" }>;

function request(command: Request, now: number): Result<readonly GrantEvent[], GrantRefusal> {
  const { id, content, digest } = command;
  const refused = refusalOf(command);
  if (refused !== null) return err(refused);
  const grant: Grant = {
    ...content,
    ...{ id, digest, status: "pending", answers: [], askedAt: now, lapsesAt: now + WAITS_MS },
    ...{ since: null, until: null, endedBy: null, endedAt: null, reviewedBy: null, reviewedAt: null },
  };
  const requested: GrantEvent = { type: "requested", grant };
  return ok(content.emergency ? [requested, granted(grant, now)] : [requested]);
}

function refusalOf({ content, settings, asker }: Request): GrantRefusal | null {
  if (!(content.emergency ? asker.mayBreakIn : asker.mayAsk)) return "not_offered";
  if (content.reason.trim() === "") return "reason_missing";
  if (content.seconds < MIN_SECONDS) return "too_short";
  if (content.seconds > longest(content, settings)) return "too_long";
  if (asker.hasOne) return "has_one_already";
  // In an emergency, nobody is told to wait.
  if (!content.emergency && asker.waiting >= MOST_WAITING) return "too_many_waiting";
  if (asker.withinHour >= MOST_AN_HOUR) return "too_often";
  return asker.held >= MOST_HELD ? "too_many_held" : null;
}

const longest = ({ emergency }: GrantContent, settings: GrantSettings): number =>
  emergency ? settings.emergencySeconds : settings.grantMaxSeconds;

const granted = ({ seconds }: GrantContent, now: number): GrantEvent => ({
  type: "granted",
  since: now,
  until: now + seconds * 1_000,
});

type Answer = Extract<GrantCommand, { type: "answer" }>;

function answer(
  grant: Grant,
  { verdict, note, seen, by }: Answer,
  now: number,
): Result<readonly GrantEvent[], GrantRefusal> {
  // Not even a list of approvers lets anybody answer a request of their own.
  if (by.userId === grant.userId) return err("own_request");
  if (!by.isApprover) return err("not_an_approver");
  if (seen !== grant.digest) return err("changed");
  const said: GrantEvent = { type: "answered", answer: { userId: by.userId, verdict, note, at: now } };
  if (verdict === "deny") {
    return ok([said, { type: "ended", status: "denied", by: by.userId, at: now }]);
  }
  if (grant.answers.some(({ userId }) => userId === by.userId)) return err("answered_already");
  if (!by.askerStands) return err("asker_gone");
  if (!isStill(grant, by)) return err("changed");
  const earlier = grant.answers.filter(
    ({ verdict: said, userId }) => said === "approve" && by.stillApprovers.has(userId),
  );
  const needed = Math.max(grant.needed, by.settings.grantApprovals);
  return ok(earlier.length + 1 >= needed ? [said, granted(grant, now)] : [said]);
}

/** Whether what was requested is what the app offers now. */
function isStill(grant: Grant, { digest, settings }: AnswererFacts): boolean {
  const { actions, paths } = offeredScope(settings);
  const isOffered = (path: string): boolean => paths.length === 0 || paths.includes(path);
  return (
    digest === grant.digest &&
    grant.seconds <= settings.grantMaxSeconds &&
    grant.actions.every((action) => actions.includes(action)) &&
    (grant.paths.length > 0 ? grant.paths.every(isOffered) : paths.length === 0)
  );
}

function review(
  grant: Grant,
  { by, mayReview }: Extract<GrantCommand, { type: "review" }>,
  now: number,
): Result<readonly GrantEvent[], GrantRefusal> {
  if (!grant.emergency) return err("no_emergency");
  if (grant.userId === by) return err("own_request");
  if (!mayReview) return err("not_an_approver");
  return grant.reviewedAt === null ? ok([{ type: "reviewed", by, at: now }]) : err("reviewed_already");
}
