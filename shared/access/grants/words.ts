import type { ErrorCode } from "../../base/errors/catalogue.ts";
import { type GrantRefusal, MAX_REASON, MOST_AN_HOUR, MOST_HELD, MOST_WAITING } from "./decide.ts";
import type { Grant, GrantStatus } from "./types.ts";

/** Why a command about a grant is refused: the code, and in words what to do next. */
export const GRANT_REFUSALS: Readonly<Record<GrantRefusal, readonly [ErrorCode, string]>> = {
  // The same answer for an app that does not exist, so that nobody finds out by asking which apps there are.
  not_offered: ["not_found", "There is no app of that name for which you may request access."],
  unknown: ["not_found", "There is no such request."],
  has_one_already: [
    "conflict",
    "You have already asked for this app. Wait for the answer, or take it back first.",
  ],
  too_many_waiting: ["conflict", `${MOST_WAITING} of your requests wait already. Take one back first.`],
  too_many_held: ["conflict", `You hold ${MOST_HELD} grants. Give one back first.`],
  too_often: ["rate_limited", `You made ${MOST_AN_HOUR} requests within an hour. Try again later.`],
  too_long: ["invalid_input", "This app offers no access for so long. Ask for a shorter time."],
  too_short: ["invalid_input", "Ask for a time of at least one second."],
  reason_missing: ["invalid_input", `Say in 1 to ${MAX_REASON} characters why you need it.`],
  not_waiting: ["conflict", "The request does not wait any more. Look at how it stands."],
  not_in_force: ["conflict", "The grant is not in force. Look at how it stands."],
  own_request: ["forbidden", "Nobody answers or reviews a request of their own. Another approver must."],
  not_an_approver: ["forbidden", "You are not an approver of this app."],
  answered_already: ["conflict", "You have approved this request. Another approver must, too."],
  changed: [
    "precondition_failed",
    "What was requested is not what the app offers now, or not what you were shown. Look again; if it still fails, the person must make a new request.",
  ],
  asker_gone: ["conflict", "Whoever asked may not have this access any more."],
  not_yours: ["forbidden", "Only whoever made a request can take it back. An approver can deny it."],
  no_emergency: ["conflict", "Only an emergency is reviewed."],
  reviewed_already: ["conflict", "Somebody has reviewed this already."],
};

/** How a grant stands, for people. */
export const STATUS_WORDS: Readonly<Record<GrantStatus, string>> = {
  pending: "waits for approval",
  granted: "in force",
  denied: "denied",
  withdrawn: "taken back",
  lapsed: "not answered in time",
  expired: "over",
  revoked: "revoked",
};

/** What a grant allows at most, in words. */
export const allowedInWords = ({ actions, paths }: Pick<Grant, "actions" | "paths">): string =>
  `${actions.join(", ")} at ${paths.length === 0 ? "every path" : paths.join(", ")}`;
