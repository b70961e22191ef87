import * as z from "zod/mini";
import { GRADES } from "../access/grade/access.ts";
import { EXPORT_FORMATS } from "../audit/export.ts";
import { accessDecision } from "./access.ts";
import * as f from "./fields.ts";
import { citedPolicy } from "./policies.ts";

/** What happened and what is going on: sessions, decisions, the audit log, figures. */

export const session = z.object({
  id: z.string(),
  kind: z.enum(["sign_in", "app"]),
  userId: z.string(),
  email: z.string(),
  appId: z.nullable(z.string()),
  appName: z.nullable(z.string()),
  parentId: z.nullable(z.string()),
  ip: z.string(),
  userAgent: z.string(),
  createdAt: f.instant,
  expiresAt: f.instant,
  endedAt: z.nullable(f.instant),
  endReason: z.nullable(z.string()),
  /** The risk now, from 0 to 100, and what it lets the session do; null for one that has ended or can't be asked. */
  risk: z.nullable(z.int()),
  grade: z.nullable(z.enum(GRADES)),
});

/** One session, and why its grade is what it is. */
export const sessionExplained = z.extend(session, {
  reasons: z.array(z.string()),
  /** When the risk alone will have fallen so far that the session may do everything; null if that is not to be told. */
  restoredAt: z.nullable(f.instant),
  /** The device that the browser proved, as policies see it now; null where it proved none, or one that does not count. */
  device: z.nullable(
    z.object({
      /** Id and name of the node. */
      id: z.string(),
      name: z.string(),
      proofAgeSeconds: z.int(),
      /** How long ago the agent measured what it claims. */
      ageSeconds: z.int(),
      sameAddress: z.boolean(),
      stated: z.array(z.string()),
    }),
  ),
});

/** One cut, see `Receipt`. */
export const receipt = z.object({
  id: z.string(),
  sessionId: z.string(),
  userId: z.nullable(z.string()),
  email: z.nullable(z.string()),
  appName: z.string(),
  reason: z.string(),
  triggeredAt: f.instant,
  cutAt: f.instant,
  bytesAfter: z.int(),
  streams: z.readonly(
    z.array(
      z.object({
        decision: z.string(),
        stream: z.string(),
        triggeredAt: f.instant,
        cutAt: f.instant,
        bytesAfter: z.int(),
      }),
    ),
  ),
});
export const receiptQuery = {
  ...f.pageQuery,
  user: z.optional(f.said(f.reference, "only of this user, by e-mail or id")),
  session: z.optional(f.said(f.id("session"), "only of this session")),
};

export const sessionQuery = {
  ...f.listQuery,
  user: z.optional(f.said(f.reference, "only of this person: id, address, or a part of it")),
  app: z.optional(f.said(f.reference, "only of this app: id, name, or a part of it")),
  provider: z.optional(f.said(f.reference, "only those for which this identity provider vouches")),
  kind: z.optional(f.said(z.enum(["sign_in", "app"]), "only of this kind")),
  state: z.optional(f.said(z.enum(["live", "ended", "all"]), "`live` unless said")),
};

/** Which live sessions are counted; those that all given ones fit. */
export const sessionCountQuery = {
  user: z.optional(f.said(f.reference, "only of this user, by e-mail or id")),
  app: z.optional(f.said(f.reference, "only of this app, by name or id")),
  provider: z.optional(f.said(f.reference, "only those for which this identity provider vouches")),
};
export const sessionCount = z.object({ sessions: z.int(), people: z.int() });

export const sessionsEnd = z.discriminatedUnion("by", [
  z.strictObject({ by: z.literal("user"), user: f.reference }),
  z.strictObject({ by: z.literal("app"), app: f.reference }),
]);
/** `pending` session objects could not be reached yet and are retried until they are. */
export const sessionsEnded = z.object({ ended: z.array(z.string()), pending: z.int() });

export const decision = z.object({
  leaf: z.int(),
  id: z.string(),
  at: f.instant,
  decision: z.enum(["allow", "deny"]),
  reason: z.string(),
  epoch: z.int(),
  appId: z.string(),
  appName: z.string(),
  sessionId: z.nullable(z.string()),
  /** See `RequestFacts`. */
  facts: z.looseObject({}),
  determining: z.array(z.string()),
  erroring: z.array(z.object({ id: z.string(), message: z.string() })),
  /** The versions of the policies that are cited, by name. Decisions of older releases lack it. */
  versions: z.optional(z.record(z.string(), z.int())),
  /** What would have been decided with the policies in shadow, where that is something else. */
  shadow: z.optional(z.object({ decision: z.enum(["allow", "deny"]), determining: z.array(z.string()) })),
  /** It was too long to be recorded whole. */
  cut: z.optional(z.boolean()),
  /** What it says besides allow or deny; missing in old entries and where no policy was asked. */
  access: z.optional(accessDecision),
});
export const decisionExplained = z.extend(decision, {
  policies: z.array(citedPolicy),
  /** Those that would have decided in `shadow`. */
  shadowPolicies: z.optional(z.array(citedPolicy)),
  reasons: z.array(z.string()),
});

const queryInstant = f.queryInteger(0, 8_640_000_000_000_000);
const part = f.line(254).check(z.minLength(1));
/**
 * What entries are searched by. `user` and `app` take an id, a name, or a part of one; `path` is what the path begins with;
 * `reason` a code or a part of what it says in words; `id` the number on a page that denied something.
 */
const searchQuery = {
  id: z.optional(f.said(part, "the number on a page that denied something")),
  user: z.optional(f.said(part, "a person or service token: id, address, or a part of it")),
  app: z.optional(f.said(part, "an app: id, name, or a part of it")),
  path: z.optional(
    f.said(
      z.string().check(z.maxLength(200), z.regex(/^\//, "must begin with /")),
      "what the path begins with",
    ),
  ),
  reason: z.optional(f.said(part, "a code, or a part of what it says in words")),
  since: z.optional(f.said(queryInstant, "milliseconds since the Unix epoch")),
  until: z.optional(f.said(queryInstant, "milliseconds since the Unix epoch, not included")),
};
const outcome = z.optional(f.said(z.enum(["allow", "deny"]), "only what was decided so"));

/** A page of a search, newest first. One that ends before it is full says until when it looked: go on from `next`. */
const found = <T extends z.core.$ZodType>(item: T) =>
  z.extend(f.page(item), { searchedUntil: z.nullable(f.instant) });
export const decisionsFound = found(decision);

const { id: _, ...exported } = searchQuery;
const format = f.said(z.enum(EXPORT_FORMATS), "as a table for spreadsheets, or one JSON object a line");
/** An export takes what a search takes, and gives all that it finds, at most `MAX_EXPORTED` entries. */
export const decisionExportQuery = { ...exported, decision: outcome, format };

export const decisionQuery = { ...f.pageQuery, ...searchQuery, decision: outcome };

export const auditRow = z.object({
  leaf: z.int(),
  entry: z.looseObject({ kind: z.string(), id: z.string() }),
});
const auditKinds = z
  .string()
  .check(
    z.regex(
      /^(decision|admin|login|session|system)(,(decision|admin|login|session|system)){0,4}$/,
      "must be any of decision, admin, login, session and system, separated by commas",
    ),
    z.describe("any of decision, admin, login, session and system, separated by commas"),
  );
export const auditQuery = {
  ...f.pageQuery,
  ...searchQuery,
  kinds: z.optional(auditKinds),
  decision: outcome,
  target: z.optional(f.said(part, "what something was done to, by id")),
};
export const auditFound = z.extend(found(auditRow), {
  /** What the ids of who acted and of what was acted on are called, or were. */
  names: z.record(z.string(), z.string()),
});
export const auditExportQuery = { ...exported, kinds: z.optional(auditKinds), decision: outcome, format };
/** A stream may also resume behind the header `Last-Event-ID`. */
export const logsQuery = {
  after: z.optional(
    f.said(f.queryInteger(0, Number.MAX_SAFE_INTEGER), "number of the entry behind which to go on"),
  ),
  limit: z.optional(f.said(f.queryInteger(1, 1_000), "how many entries at most; 500 unless said")),
  kinds: z.optional(auditKinds),
};
export const logPart = z.object({
  items: z.array(auditRow),
  /** Give it as `after` of the next call. It rises even if there are no items; -1 in an empty log. */
  after: z.int(),
});

export const streamQuery = {
  after: z.optional(
    f.said(f.queryInteger(0, Number.MAX_SAFE_INTEGER), "number of the entry behind which to go on"),
  ),
  kinds: z.optional(auditKinds),
  app: z.optional(f.said(f.reference, "only of this app, by name or id")),
  decision: z.optional(f.said(z.enum(["allow", "deny"]), "only what was decided so")),
};

export const checkpoint = z.object({
  origin: z.string(),
  size: z.int(),
  root: z.string(),
  at: f.instant,
  note: z.string(),
});
export const publicKey = z.object({ vkey: z.string(), raw: z.string() });
export const inclusionProof = z.object({ leafHash: z.string(), proof: z.array(z.string()) });
export const consistencyProof = z.object({ proof: z.array(z.string()) });
export const leaves = z.object({ from: z.int(), leaves: z.array(z.string()) });

const leafNumber = f.queryInteger(0, Number.MAX_SAFE_INTEGER);
export const inclusionQuery = {
  leaf: f.said(leafNumber, "number of the entry"),
  size: f.said(leafNumber, "of the log that the proof is for"),
};
export const consistencyQuery = {
  first: f.said(leafNumber, "size of the earlier log"),
  second: f.said(leafNumber, "size of the later log"),
};
export const leavesQuery = {
  from: f.said(leafNumber, "number of the first entry"),
  to: f.said(leafNumber, "number of the entry before which to stop; at most 1,000 further on"),
};

export const statsQuery = {
  from: f.said(queryInstant, "milliseconds since the Unix epoch"),
  to: f.said(queryInstant, "milliseconds since the Unix epoch"),
  stepMs: f.said(f.queryInteger(1_000, 31_536_000_000), "milliseconds of a bucket; at most 1,000 buckets"),
};
export const stats = z.object({
  buckets: z.array(
    z.object({
      at: f.instant,
      requests: z.int(),
      allows: z.int(),
      denials: z.int(),
      sessionsStarted: z.int(),
      sessionsEnded: z.int(),
    }),
  ),
  liveSessions: z.int(),
  apps: z.int(),
  users: z.int(),
});
