import * as z from "zod/mini";
import { BOUND_TRAFFIC } from "../segments/bound.ts";
import { MICROSEGMENT_TYPES } from "../segments/criteria/facts.ts";
import { MAX_CRITERION } from "../segments/criteria/tokens.ts";
import { ISOLATION_LEVELS } from "../segments/microsegment.ts";
import * as f from "./fields.ts";

/** Microsegments, their members, and why each is in. */

/** The name, in plain ASCII, so that no two names look alike and none means anything to another program. */
export const microsegmentName = z
  .string()
  .check(
    z.regex(
      /^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/,
      "must be 1 to 63 lower-case letters from a to z, digits, dots, hyphens and underscores: no others, even if they look alike",
    ),
  );

const criterion = z.string().check(z.maxLength(MAX_CRITERION));
const members = (max: number) => f.list(f.line(300).check(z.minLength(1)), max);
const LISTED = "`node:NAME`, `tag:NAME` or `user:EMAIL`";

const input = {
  name: f.said(microsegmentName, "what rules call it: `segment:NAME`"),
  description: f.said(f.line(500), "what it is for"),
  type: f.said(z.enum(MICROSEGMENT_TYPES), "what its criterion is about"),
  isolation: f.said(
    z.enum(ISOLATION_LEVELS),
    "`open`: members reach each other; `standard`: what rules say; `strict`: members don't reach each other; `quarantine`: members reach the remediation hosts alone",
  ),
  where: f.said(criterion, 'which nodes are members, such as `user.department == "Finance"`'),
  unless: f.said(criterion, "which nodes are no members even so"),
  include: f.said(members(5_000), `members beside those that meet the criterion: ${LISTED}`),
  exclude: f.said(members(5_000), `never members: ${LISTED}`),
  remediation: f.said(members(64), `whom members may reach in quarantine: ${LISTED}`),
  atMost: f.said(
    f.list(f.line(200).check(z.minLength(1)), BOUND_TRAFFIC),
    "the most that rules may let into its members, as `traffic` of rules without services; empty: anything",
  ),
  acceptsClaims: f.said(
    z.boolean(),
    "whether what a node claims of itself may make it a member that rules let in",
  ),
};

export const microsegment = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  type: z.enum(MICROSEGMENT_TYPES),
  isolation: z.enum(ISOLATION_LEVELS),
  where: z.string(),
  unless: z.string(),
  include: z.array(z.string()),
  exclude: z.array(z.string()),
  remediation: z.array(z.string()),
  atMost: z.array(z.string()),
  acceptsClaims: z.boolean(),
  /** What works otherwise than its author may think, in words. */
  notes: z.array(z.string()),
  ...f.rowFields,
});
const { name, type, ...others } = input;
export const microsegmentCreate = z.extend(z.partial(z.strictObject(others)), { name, type });
export const microsegmentUpdate = z.partial(z.strictObject(input));

const factValue = z.nullable(z.union([z.string(), z.boolean(), z.array(z.string())]));
const source = z.enum(["administrator", "provider", "device management", "platform", "node"]);
const finding = z.object({
  test: z.string(),
  fact: z.string(),
  /** Who states the fact; `node` means that the node claims it. */
  source,
  /** Null where nobody states it. */
  value: factValue,
  /** Null where it can't be said. */
  holds: z.nullable(z.boolean()),
});
/** `full`: every rule means it. `narrow`: denials and isolation alone. `undecided` and `none` are no members. */
const belonging = z.enum(["full", "narrow", "undecided", "none"]);
export const microsegmentMember = z.object({
  node: z.string(),
  name: z.string(),
  status: z.string(),
  home: z.string(),
  user: z.nullable(z.string()),
  belonging,
  /** The list that names the node. */
  listed: z.nullable(z.enum(["include", "exclude"])),
  where: z.array(finding),
  unless: z.array(finding),
  /** Why it is a member or not, in a sentence. */
  detail: z.string(),
});
export const memberQuery = {
  ...f.pageQuery,
  belonging: z.optional(f.said(belonging, "only these; members of both kinds unless said")),
};
export const whyQuery = { node: f.said(f.reference, "id or name of the node") };

/** What administrators state of a node, by the names of facts. */
export const statedFacts = z
  .record(f.line(80).check(z.minLength(1)), f.line(254).check(z.minLength(1)))
  .check(z.refine((facts) => Object.keys(facts).length <= 50, "must be at most 50 facts"));
