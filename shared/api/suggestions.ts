import * as z from "zod/mini";
import { SUGGESTION_KINDS, SUGGESTION_STATES } from "../segments/suggest/states.ts";
import * as f from "./fields.ts";
import { microsegmentName } from "./microsegments.ts";

/** What recorded traffic suggests: microsegments, the rules into them, and less of rules that are there. */

/** How many flows were not counted, and why. */
const leftOut = z.object({
  behindNodes: z.int(),
  otherSegments: z.int(),
  otherProtocols: z.int(),
  oneSided: z.int(),
  tooNew: z.int(),
  tooMany: z.int(),
});

/** What a suggestion rests on. */
const basis = z.object({
  /** The revision of the network. */
  revision: z.int(),
  /** The flows of this time. */
  since: f.instant,
  until: f.instant,
  flows: z.int(),
  nodes: z.int(),
  /** The name of the home segment; null for the whole network. */
  segment: z.nullable(z.string()),
});

const flow = z.object({
  source: z.string(),
  destination: z.string(),
  traffic: z.string(),
  count: z.int(),
  lastSeenAt: f.instant,
  reportedBy: z.array(z.enum(["source", "destination"])),
});

const microsegment = z.object({
  name: z.string(),
  /** Whether it is there already, with exactly these members. */
  exists: z.boolean(),
  members: z.int(),
  type: z.string(),
  where: z.string(),
  include: z.array(z.string()),
  exclude: z.array(z.string()),
  /** `exact`: the criterion or a tag alone; `nearly`: with exceptions; `list`: nodes by name. Null for one that exists. */
  fit: z.nullable(z.enum(["exact", "nearly", "list"])),
});

const traffic = z.object({
  service: z.string(),
  /** Pairs of nodes that used it, of those that then may. */
  seen: z.int(),
  pairs: z.int(),
  confidence: z.number(),
  /** Of these pairs: how many no rule of today permits. */
  widens: z.int(),
  /** Whether it is sure enough to be put in force. */
  sure: z.boolean(),
});

const spread = z.object({ mean: z.number(), max: z.int() });

export const suggestion = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(SUGGESTION_KINDS),
  state: z.enum(SUGGESTION_STATES),
  /** From 0 to 1. */
  confidence: z.number(),
  /** Whether that is enough to put it in force. */
  sure: z.boolean(),
  basis,
  /** The nodes of the role, by name. */
  members: z.array(z.string()),
  /** The role's own first, then those that its rules name. */
  microsegments: z.array(microsegment),
  rules: z.array(z.object({ from: z.string(), to: z.string(), traffic: z.array(traffic) })),
  /** Recorded flows that would be refused, if its rules were all that lets in. At most 50 of them in `items`. */
  breaks: z.object({ flows: z.int(), nodes: z.int(), items: z.array(flow) }),
  /** What today's rules permit there, in pairs of nodes, and how much of it was used. */
  unused: z.array(z.object({ rule: z.string(), pairs: z.int(), used: z.int() })),
  /** From how many nodes each of its nodes can be reached. */
  exposure: z.nullable(z.object({ before: spread, after: spread })),
  /** The microsegment that falls into several roles, of which this is one. */
  splits: z.nullable(z.string()),
  /** Less of a rule that is there; null for a role. */
  narrowing: z.nullable(
    z.object({
      rule: z.string(),
      before: z.array(z.string()),
      /** Empty: it is switched off. */
      after: z.array(z.string()),
      /** For how many whole days its nodes were watched. */
      days: z.int(),
      pairs: z.int(),
      used: z.int(),
    }),
  ),
  decidedBy: z.nullable(z.string()),
  decidedAt: z.nullable(f.instant),
  ...f.rowFields,
});

export const suggestionQuery = {
  ...f.listQuery,
  state: z.optional(f.said(z.enum(SUGGESTION_STATES), "only these")),
};

export const suggestionsMake = z.strictObject({
  segment: z.optional(f.said(f.reference, "only flows within this home segment, by id or name")),
  days: z.optional(
    f.said(f.integer(1, 30), "for how many days the hub must have heard a node first; 7 unless said"),
  ),
});
/** What was made, and what was left out. */
export const suggestionsMade = z.object({
  basis,
  open: z.int(),
  /** How many came out again that were turned down before. */
  turnedDown: z.int(),
  leftOut,
  /** Names of segments that could not be asked. */
  missing: z.array(z.string()),
  /** Some segment has more flows than one answer holds. */
  truncated: z.boolean(),
});

const serviceText = f.line(40).check(z.minLength(1));
/** What is accepted otherwise than suggested. */
export const suggestionAccept = z.strictObject({
  name: z.optional(f.said(microsegmentName, "what the role's microsegment is called instead")),
  where: z.optional(f.said(z.string().check(z.maxLength(2_000)), "which nodes are members instead")),
  include: z.optional(
    f.said(f.list(f.line(300).check(z.minLength(1)), 5_000), "the list of members instead"),
  ),
  exclude: z.optional(f.said(f.list(f.line(300).check(z.minLength(1)), 5_000), "who is none instead")),
  traffic: z.optional(
    f.said(f.list(serviceText, 64), "only this traffic of its rules, also what is not sure enough by itself"),
  ),
  replace: z.optional(
    f.said(f.list(f.reference, 64), "ids or names of rules that are switched off in the same change"),
  ),
  despiteBreaks: z.optional(
    f.said(z.boolean(), "whether rules are switched off although recorded flows would be refused then"),
  ),
});

const pairUse = z.object({ pairs: z.int(), used: z.int() });
const attempts = z.object({ flows: z.int(), nodes: z.int(), connections: z.int() });
/** How well sets of nodes are closed off, by what is recorded. */
export const effectiveness = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      kind: z.enum(["microsegment", "home"]),
      members: z.int(),
      /** Of so many members the pairs are counted. */
      measured: z.int(),
      /** Pairs of nodes of which one may open something to a member, and how many did. */
      inbound: pairUse,
      outbound: pairUse,
      /** Denied attempts from outside at members, and from members at others. */
      deniedIn: attempts,
      deniedOut: attempts,
      /**
       * How many nodes a member may open something to, today; if only what was used were permitted; and through others, each of
       * which goes on to those that it may open something to.
       */
      reach: z.object({ today: spread, used: spread, through: spread }),
      /** The rules that let something pass to or from a member, and how many of them nodes counted packets of. Null: not known. */
      rules: z.object({ total: z.int(), hit: z.nullable(z.int()) }),
    }),
  ),
  /** Since when the hub hears the first node. Null where it hears none. */
  since: z.nullable(f.instant),
  /** Names of segments that could not be asked. */
  missing: z.array(z.string()),
  truncated: z.boolean(),
});
