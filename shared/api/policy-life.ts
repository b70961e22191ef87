import * as z from "zod/mini";
import * as f from "./fields.ts";
import { issue, policyCreate } from "./policies.ts";

/** What is asked about a policy before it changes, and afterwards: what it would do, and whether it does anything. */

const { name, tests } = policyCreate.def.shape;

/** A policy as it would be. */
const draft = z.strictObject({
  name,
  source: f.said(z.nullable(policyCreate.def.shape.source), "Cedar text; null as if it were not in force"),
});

/** A week: what most people do comes again within one. */
export const REPLAY_DAYS = 7;

export const policyReplay = z.strictObject({
  drafts: f.said(
    f.list(draft, 20).check(z.minLength(1)),
    "policies to judge by in place of those of their names",
  ),
  since: z.optional(f.said(f.instant, `the decisions from then on; ${REPLAY_DAYS} days ago unless said`)),
  until: z.optional(f.said(f.instant, "the decisions before then; now unless said")),
});

const counted = z.object({ requests: z.int(), callers: z.int() });

/** Requests of one caller to one app that would be decided otherwise. */
export const flip = z.object({
  to: z.enum(["allow", "deny"]),
  caller: z.object({
    kind: z.enum(["user", "serviceToken", "anyone"]),
    id: z.nullable(z.string()),
    name: z.string(),
  }),
  app: z.string(),
  requests: z.int(),
  /** The statements that determine the decision today, and with the draft; empty where none matches. */
  before: z.array(z.string()),
  after: z.array(z.string()),
  /** The newest of the requests, as a recorded decision. */
  example: z.object({ id: z.string(), at: f.instant, method: z.string(), path: z.string() }),
});

export const policyReplayed = z.object({
  since: f.instant,
  until: f.instant,
  /** The time of the oldest decision that was looked at; null where there was none. */
  from: z.nullable(f.instant),
  /** Why older ones were not looked at: there were too many, or it took too long. Null where all were. */
  stoppedBy: z.nullable(z.enum(["count", "time"])),
  replayed: z.int(),
  newlyDenied: counted,
  newlyAllowed: counted,
  flips: z.array(flip),
  /** Changed requests that are in none of `flips`, which lists the 100 most frequent ones. */
  unlisted: z.int(),
  /** Requests that the policies of today decide otherwise than it was recorded, whatever the draft says. */
  decidedOtherwise: z.int(),
  /** Replayed, but not everything that the gateway judged is recorded: headers, or how a deleted app reads paths. */
  partly: z.int(),
  /** Not replayed: refused before any policy was asked. */
  unasked: z.int(),
  /** Not replayed: the record was cut, or can't be read. */
  unreadable: z.int(),
});
export type PolicyReplayed = z.output<typeof policyReplayed>;

const past = f.queryInteger(0, 8_640_000_000_000_000);
export const coverageQuery = {
  since: z.optional(
    f.said(past, "milliseconds since the Unix epoch; whole days (UTC) are counted; 30 days ago unless said"),
  ),
};

export const policyCoverage = z.object({
  since: f.instant,
  /** When counting began: of the time before nothing is known. */
  countedSince: f.instant,
  policies: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      enabled: z.boolean(),
      shadow: z.boolean(),
      currentVersion: z.int(),
      /** When that version was published: it could not decide before. */
      publishedAt: f.instant,
      /** Decisions that one of its statements determined; of a policy in shadow, those that it would have. */
      decisions: z.int(),
      /** Of a policy in shadow, how many of them would have been the opposite. */
      changes: z.int(),
      lastAt: z.nullable(f.instant),
      statements: z.array(
        z.object({ id: z.string(), effect: z.enum(["permit", "forbid"]), decisions: z.int() }),
      ),
    }),
  ),
});

/** What a change of a policy would do. */
export const policyReview = z.strictObject({
  name,
  source: f.said(
    z.nullable(z.string().check(z.maxLength(65_536))),
    "the text that would be published; null to switch it off or delete it",
  ),
  tests,
});

export const policyReviewed = z.object({
  /** The version that holds now, with its text; null for a new policy. */
  current: z.nullable(
    z.object({ version: z.int(), enabled: z.boolean(), shadow: z.boolean(), source: z.string() }),
  ),
  issues: z.array(issue),
  warnings: z.array(issue),
  /** How many tests were asked, and those that fail. */
  tests: z.int(),
  failures: z.array(issue),
  /** Who would be locked out, in sentences. */
  lockOuts: z.array(z.string()),
});
