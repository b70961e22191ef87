import * as z from "zod/mini";
import * as f from "./fields.ts";

/** Questions about rules between nodes: why one reaches another, and who reaches whom. */

const moment = z.optional(
  f.said(
    f.queryInteger(0, 8_640_000_000_000_000),
    "the moment, in milliseconds since the Unix epoch; now unless said",
  ),
);
const traffic = f.said(
  f.line(200).check(z.minLength(1)),
  "the traffic in the words of rules: `tcp/443`, `icmp`; any unless said",
);
const END = "a node by id, name or address, or an address behind one";

export const whyQuery = {
  from: f.said(f.reference, `who begins the traffic: ${END}`),
  to: f.said(f.reference, `who is to be reached: ${END}`),
  traffic: z.optional(traffic),
  at: moment,
};

const end = z.object({
  node: z.string(),
  name: z.string(),
  /** The address behind the node; null for the node itself. */
  address: z.nullable(z.string()),
});

export const whyAnswer = z.object({
  at: f.instant,
  /** `partly`: some of the traffic that was asked about. */
  verdict: z.enum(["allowed", "denied", "partly"]),
  from: end,
  to: end,
  /** What passes of the traffic that was asked about, and what does not. */
  passing: z.array(z.string()),
  stopped: z.array(z.string()),
  /** The rules that speak of it, with what of each means the two ends. */
  rules: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      effect: z.enum(["allow", "deny"]),
      holds: z.boolean(),
      /** When it begins or ends next. */
      until: z.nullable(f.instant),
      from: z.array(z.string()),
      to: z.array(z.string()),
      traffic: z.array(z.string()),
      /** Whether the verdict would be another without it. */
      decides: z.boolean(),
    }),
  ),
  /** What stands in the way, and what would have to hold instead. */
  causes: z.array(z.object({ kind: z.string(), detail: z.string(), remedy: z.string() })),
  /** The nodes whose filters enforce it, and how much each lets through. */
  enforcedAt: z.array(
    z.object({ node: z.string(), name: z.string(), lets: z.enum(["all", "part", "nothing"]) }),
  ),
  /** Why an end is a member of the microsegments that count here, or is not. */
  memberships: z.array(
    z.object({
      node: z.string(),
      name: z.string(),
      microsegment: z.string(),
      belonging: z.enum(["full", "narrow", "undecided", "none"]),
      detail: z.string(),
      tests: z.array(
        z.object({
          test: z.string(),
          value: z.string(),
          /** Who states the fact; `node` means that the node claims it. */
          source: z.string(),
          holds: z.nullable(z.boolean()),
        }),
      ),
    }),
  ),
  /** When a rule between the two begins or ends next. */
  changesAt: z.nullable(f.instant),
  missing: z.array(z.string()),
});

export const reachQuery = {
  ...f.pageQuery,
  to: z.optional(f.said(f.reference, `who reaches this: ${END}`)),
  from: z.optional(f.said(f.reference, `what this reaches: ${END}; instead of \`to\``)),
  traffic: z.optional(traffic),
  at: moment,
};

export const reachAnswer = z.object({
  at: f.instant,
  end,
  /** How many nodes there are in all. */
  total: z.int(),
  /** How many of them are in each segment and have each tag, those with the most first. */
  groups: z.array(z.object({ kind: z.enum(["segment", "tag"]), name: z.string(), nodes: z.int() })),
  items: z.array(
    z.object({
      node: z.string(),
      name: z.string(),
      home: z.string(),
      user: z.nullable(z.string()),
      /** Addresses behind the node that take part. */
      behind: z.array(z.string()),
      traffic: z.array(z.string()),
    }),
  ),
  next: z.nullable(z.string()),
  /** Segments that could not say which of their agents are old. They are taken for new ones. */
  missing: z.array(z.string()),
});
