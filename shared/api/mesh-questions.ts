import * as z from "zod/mini";
import { MATRIX_AXES } from "../segments/algebra/matrix.ts";
import { networkDocument } from "./document.ts";
import * as f from "./fields.ts";
import { meshRuleUpdate } from "./mesh.ts";
import { microsegmentUpdate } from "./microsegments.ts";
import { suggestionAccept } from "./suggestions.ts";

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

const at = z.optional(f.said(f.instant, "the moment, in milliseconds since the Unix epoch; now unless said"));
const gone = z.optional(f.said(z.boolean(), "whether it would be deleted"));

/** One of: a rule, a microsegment, a suggestion, a document. */
export const differenceAsk = z.strictObject({
  rule: z.optional(
    f.said(
      z.extend(meshRuleUpdate, {
        rule: z.optional(
          f.said(f.reference, "id or name of the rule that would change; a new one unless said"),
        ),
        deleted: gone,
      }),
      "a rule as it would be; what is left out stays",
    ),
  ),
  microsegment: z.optional(
    f.said(
      z.extend(microsegmentUpdate, {
        microsegment: z.optional(
          f.said(f.reference, "id or name of the microsegment that would change; a new one unless said"),
        ),
        deleted: gone,
      }),
      "a microsegment as it would be; what is left out stays",
    ),
  ),
  suggestion: z.optional(
    f.said(
      z.extend(suggestionAccept, {
        suggestion: f.said(f.reference, "id or name of an open suggestion"),
      }),
      "a suggestion as it would be accepted",
    ),
  ),
  document: z.optional(f.said(networkDocument, "the network as it is to be")),
  prune: z.optional(f.said(z.boolean(), "whether what a present section does not name is deleted")),
  at,
  limit: z.optional(
    f.said(z.int().check(z.gte(1), z.lte(500)), "how many changes are listed; 100 unless said"),
  ),
});

const nodeClass = z.object({
  nodes: z.int(),
  example: z.object({ id: z.string(), name: z.string() }),
  /** What rules name of them. */
  words: z.array(z.string()),
});
const packets = z.array(
  z.object({
    /** Addresses behind the nodes; empty for the nodes themselves. */
    from: z.array(z.string()),
    to: z.array(z.string()),
    traffic: z.array(z.string()),
  }),
);
const witnessEnd = z.object({ node: z.string(), address: z.string() });
const witness = z.nullable(z.object({ from: witnessEnd, to: witnessEnd, traffic: z.string() }));

export const difference = z.object({
  /** The moment that was asked for, or the first one at which a drafted rule holds. */
  at: f.instant,
  /** How many ordered pairs of nodes gain something, and how many lose something. */
  gaining: z.int(),
  losing: z.int(),
  /** What every node of one class gains and loses towards every node of another, those of the most pairs first. */
  changes: z.array(
    z.object({
      from: nodeClass,
      to: nodeClass,
      pairs: z.int(),
      gained: packets,
      lost: packets,
      /** A packet that passes only after the change, and one that passes only before. */
      gains: witness,
      loses: witness,
    }),
  ),
  /** How many changes are not listed. */
  more: z.int(),
  /** Nodes that would have more peers than a config may name, so that they would get no new one. */
  crowded: z.array(z.object({ nodes: nodeClass, peers: z.int() })),
  /** What the answer leaves out of account, in words. */
  notes: z.array(z.string()),
  missing: z.array(z.string()),
});

export const checkAnswer = z.object({
  at: f.instant,
  rules: z.int(),
  findings: z.array(
    z.object({
      kind: z.enum([
        ...(["selects_nobody", "ended", "isolated", "contradicted", "idle"] as const),
        ...(["shadowed", "redundant", "never_hit"] as const),
      ]),
      rule: z.string(),
      name: z.string(),
      /** The rules that make it so. */
      by: z.array(z.string()),
      /** The sides on which nobody is. */
      sides: z.array(z.enum(["from", "to"])),
    }),
  ),
  /** Whether all nodes count what rules decide, so that those never hit are known. */
  counted: z.boolean(),
  missing: z.array(z.string()),
});

export const matrixQuery = {
  axis: z.optional(f.said(z.enum(MATRIX_AXES), "by which groups: segments unless said")),
  limit: z.optional(f.said(f.queryInteger(1, 60), "how many groups at most; 24 unless said")),
  at: moment,
};

export const matrixAnswer = z.object({
  at: f.instant,
  /** The largest groups. A node may be in several. */
  groups: z.array(z.object({ name: z.string(), nodes: z.int() })),
  /** How many groups are not shown. */
  more: z.int(),
  /** Only where something passes. */
  cells: z.array(
    z.object({
      /** Positions of groups; `to` is null for networks behind nodes, and the Internet. */
      from: z.int(),
      to: z.nullable(z.int()),
      /** Between how many of the ordered pairs of nodes something passes. */
      pairs: z.int(),
      of: z.int(),
      /** What passes between some of the pairs, and what between all. */
      some: z.array(z.string()),
      all: z.array(z.string()),
    }),
  ),
  missing: z.array(z.string()),
});
