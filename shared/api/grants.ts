import * as z from "zod/mini";
import { MAX_REASON } from "../access/grants/decide.ts";
import { GRANT_STATUSES } from "../access/grants/types.ts";
import { ACTIONS } from "../access/policy/request.ts";
import * as f from "./fields.ts";

/** Requests for access, and the grants that become of them. */

const person = z.object({ id: z.string(), email: z.string() });

const answer = z.object({
  by: person,
  verdict: z.enum(["approve", "deny"]),
  note: z.string(),
  at: f.instant,
});

export const accessGrant = z.object({
  id: z.string(),
  user: z.extend(person, { name: z.string() }),
  app: z.object({ id: z.string(), name: z.string(), title: z.string(), host: z.string() }),
  /** What it would allow at most. */
  actions: z.array(z.enum(ACTIONS)),
  /** Patterns; empty for every path. */
  paths: z.array(z.string()),
  seconds: z.int(),
  reason: z.string(),
  /** How many approvers must approve. An emergency needs none. */
  needed: z.int(),
  emergency: z.boolean(),
  status: z.enum(GRANT_STATUSES),
  /** What an answer is bound to: send it back with it. */
  digest: z.string(),
  answers: z.array(answer),
  askedAt: f.instant,
  /** Until when it waits for approvers. */
  lapsesAt: f.instant,
  since: z.nullable(f.instant),
  until: z.nullable(f.instant),
  endedBy: z.nullable(person),
  endedAt: z.nullable(f.instant),
  reviewedBy: z.nullable(person),
  reviewedAt: z.nullable(f.instant),
  /** Whether the caller may answer it now. */
  isMine: z.boolean(),
  mayAnswer: z.boolean(),
});

/** What an approver should know of the person before the answer. */
export const grantBackground = z.object({
  /** From 0 to 100, now. */
  risk: z.int(),
  groups: z.array(z.string()),
  /** The person's earlier requests, the newest first. */
  earlier: z.array(
    z.object({ id: z.string(), app: z.string(), status: z.enum(GRANT_STATUSES), askedAt: f.instant }),
  ),
  /** The newest decisions about the person at this app. */
  decisions: z.array(
    z.object({
      id: z.string(),
      at: f.instant,
      decision: z.enum(["allow", "deny"]),
      method: z.string(),
      path: z.string(),
      reason: z.string(),
    }),
  ),
});

export const grantDetail = z.extend(accessGrant, {
  /** Null for whoever made the request: it is what approvers see. */
  background: z.nullable(grantBackground),
});

export const grantQuery = {
  ...f.listQuery,
  status: z.optional(f.said(z.enum(GRANT_STATUSES), "only these")),
  app: z.optional(f.said(f.reference, "only of this app, by name or id")),
  user: z.optional(f.said(f.reference, "only of this person, by address or id")),
  mine: z.optional(f.said(z.enum(["true", "false"]), "only your own, or only those of others")),
  review: z.optional(f.said(z.enum(["true"]), "only emergencies that nobody has reviewed")),
};

export const grantRequest = z.strictObject({
  app: f.said(f.reference, "the app, by name or id"),
  reason: f.said(f.line(MAX_REASON).check(z.minLength(1)), "why you need it, for those who decide"),
  seconds: z.optional(
    f.said(f.integer(1, 2_592_000), "for how many seconds; as long as the app offers unless said"),
  ),
  emergency: z.optional(
    f.said(
      z.boolean(),
      "let yourself in at once; every administrator sees it until somebody else has reviewed it",
    ),
  ),
});

export const grantAnswer = z.strictObject({
  digest: f.said(
    z.string().check(z.regex(/^[\w-]{43}$/, "must be the digest of the request")),
    "the digest of the request as you saw it",
  ),
  note: z.optional(f.said(f.line(500), "why, for the person and for the record")),
});
