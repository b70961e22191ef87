import {
  type AnswererFacts,
  type AskerFacts,
  decide,
  type GrantCommand,
} from "../../../../shared/access/grants/decide.ts";
import { digestOf } from "../../../../shared/access/grants/digest.ts";
import { type GrantSettings, NO_GRANTS } from "../../../../shared/access/grants/settings.ts";
import { apply } from "../../../../shared/access/grants/state.ts";
import type { Grant, GrantContent } from "../../../../shared/access/grants/types.ts";
import { ACTIONS } from "../../../../shared/access/policy/request.ts";

/** A request for the wiki by Bob, and those who may answer it. */

export const SETTINGS: GrantSettings = {
  ...NO_GRANTS,
  grantAskers: ["group:sales"],
  grantApprovers: ["group:engineering"],
  emergencyAskers: ["user:bob@example.com"],
};
export const ASKER: AskerFacts = {
  mayAsk: true,
  mayBreakIn: true,
  waiting: 0,
  held: 0,
  withinHour: 0,
  hasOne: false,
};
export const CONTENT: GrantContent = {
  ...{ userId: "bob", appId: "wiki", actions: ACTIONS, paths: [], seconds: 600 },
  ...{ reason: "on call", needed: 1, emergency: false },
};
const SEEN = { id: "grt_1", email: "bob@example.com", app: { name: "wiki", host: "wiki.example.com" } };

export const requested = (
  content: Partial<GrantContent> = {},
  asker: Partial<AskerFacts> = {},
  settings: GrantSettings = SETTINGS,
): GrantCommand => {
  const whole = { ...CONTENT, ...content };
  return {
    ...{ type: "request", id: "grt_1", content: whole, settings, digest: digestOf(whole, SEEN) },
    asker: { ...ASKER, ...asker },
  };
};

/** An approver who says something about a request, as the request is. */
export const said = (
  grant: Grant,
  userId: string,
  verdict: "approve" | "deny" = "approve",
  facts: Partial<AnswererFacts> & { seen?: string } = {},
): GrantCommand => {
  const { seen = grant.digest, ...by } = facts;
  const stillApprovers = new Set(grant.answers.map((answer) => answer.userId));
  return {
    ...{ type: "answer", verdict, note: "", seen },
    by: {
      ...{ userId, isApprover: true, stillApprovers, askerStands: true, digest: grant.digest },
      ...{ settings: SETTINGS, ...by },
    },
  };
};

/** What becomes of a grant. The word of the refusal, if it is refused. */
export function outcomeOf(grant: Grant | null, command: GrantCommand, now: number): Grant | string {
  const decided = decide(grant, command, now);
  if (!decided.ok) return decided.error;
  const done = decided.value.reduce<Grant | null>(apply, grant);
  if (done === null) throw new Error("nothing came about");
  return done;
}

export function must(outcome: Grant | string): Grant {
  if (typeof outcome === "string") throw new Error(`refused: ${outcome}`);
  return outcome;
}
