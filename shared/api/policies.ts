import * as z from "zod/mini";
import { ACTIONS } from "../access/policy/request.ts";
import { parseAddress } from "../net/address.ts";
import * as f from "./fields.ts";

/** Policies, their versions, and the two ways to try one out. */

/** Cedar text, at most 64 KiB of characters. */
const source = z.string().check(z.minLength(1), z.maxLength(65_536));

export const policySummary = z.object({
  id: z.string(),
  name: z.string(),
  enabled: z.boolean(),
  currentVersion: z.int(),
  ...f.rowFields,
});
export const policy = z.extend(policySummary, { source: z.string(), author: z.string(), note: z.string() });

export const policyCreate = z.strictObject({
  name: f.name,
  source,
  note: z.optional(f.line(500)),
  enabled: z.optional(z.boolean()),
});
export const policyUpdate = z.partial(z.strictObject({ name: f.name, enabled: z.boolean() }));
export const policyPublish = z.strictObject({ source, note: z.optional(f.line(500)) });
export const policyRollback = z.strictObject({ number: f.integer(1, 1_000_000) });

export const policyVersionSummary = z.object({
  number: z.int(),
  author: z.string(),
  note: z.string(),
  createdAt: f.instant,
});
export const policyVersion = z.extend(policyVersionSummary, { source: z.string() });

export const issue = z.object({
  /** A JSON pointer into the body. */
  path: z.string(),
  message: z.string(),
  line: z.optional(z.int()),
  column: z.optional(z.int()),
  /** `fact_without_source`: it names what nothing measures yet. */
  code: z.optional(z.enum(["fact_without_source"])),
});

/** Text that is being written: an empty one is not an error of the request. */
export const policyValidate = z.strictObject({
  name: z.optional(f.name),
  source: z.string().check(z.maxLength(65_536)),
});
export const policyValidation = z.object({
  valid: z.boolean(),
  statements: z.int(),
  issues: z.array(issue),
});

const principal = z.discriminatedUnion("kind", [
  /** `user` is an id or e-mail of the registry. */
  z.strictObject({ kind: z.literal("user"), user: f.reference }),
  z.strictObject({ kind: z.literal("serviceToken"), serviceToken: f.reference }),
  z.strictObject({ kind: z.literal("anonymous") }),
]);

export const policyTest = z.strictObject({
  principal,
  app: f.reference,
  method: z.string().check(z.regex(/^[A-Z]{1,20}$/, "must be a method in capitals")),
  /** Path and query as they stand in the request line. */
  path: z.string().check(z.maxLength(16_384), z.regex(/^\//, "must begin with /")),
  /** Headers by which a request asks for more than its request line says, such as `X-HTTP-Method-Override`. */
  headers: z.optional(f.list(z.strictObject({ name: f.headerName, value: f.line(2_000) }), 20)),
  /** Whether it opens a WebSocket (the action `connect`). */
  upgrade: z.optional(z.boolean()),
  network: z.optional(
    z.partial(
      z.strictObject({
        ip: z.string().check(
          z.maxLength(45),
          z.refine((text) => parseAddress(text) !== null, "must be an IP address"),
        ),
        country: z.string().check(z.regex(/^[A-Z0-9]{2}$/)),
        asn: f.integer(0, 4_294_967_295),
      }),
    ),
  ),
  authentication: z.optional(
    z.strictObject({
      /** The identity provider's id. */
      provider: z.optional(f.name),
      acr: z.optional(f.line(200)),
      amr: z.optional(f.list(f.line(50), 20)),
      ageSeconds: z.optional(f.integer(0, 315_360_000)),
    }),
  ),
  now: z.optional(f.instant),
  /** Policies to judge by as if they were published: each replaces the one of its name or comes in addition. */
  drafts: z.optional(f.list(z.strictObject({ name: f.name, source }), 20)),
});

/** A statement that took part in a decision, with the policy it stands in. */
export const citedPolicy = z.object({
  /** `<policy name>#<n>`. */
  id: z.string(),
  policyId: z.nullable(z.string()),
  policyName: z.string(),
  /** The version that holds now. */
  version: z.nullable(z.int()),
  effect: z.nullable(z.enum(["permit", "forbid"])),
});

/** One way in which the upstream may take the request. */
export const judgedReading = z.object({
  action: z.enum(ACTIONS),
  path: z.string(),
  /** Another spelling of the same place: it need not be permitted, but must not be forbidden. */
  isAlias: z.boolean(),
  decision: z.enum(["allow", "deny"]),
  determining: z.array(z.string()),
});

export const policyTestResult = z.object({
  decision: z.enum(["allow", "deny"]),
  /** `policy`, `default_deny`, or the code with which the gateway refuses before it asks any policy. */
  reason: z.string(),
  action: z.enum(ACTIONS),
  /** What would be forwarded, null where nothing is. */
  forwarded: z.nullable(z.string()),
  /** What the gateway judges, in order, up to the first denial. Empty where it refuses before. */
  readings: z.array(judgedReading),
  determining: z.array(citedPolicy),
  erroring: z.array(z.object({ id: z.string(), message: z.string() })),
  /** Why, in sentences for people. */
  reasons: z.array(z.string()),
  /** The facts of the decisive reading, see `RequestFacts`; null where no policy was asked. */
  facts: z.nullable(z.looseObject({})),
  epoch: z.int(),
});
