import * as z from "zod/mini";
import { CHECK_RESULTS } from "../node/config/device-check.ts";
import { PATH_KINDS } from "../node/protocol/types.ts";
import { NODE_STATUSES, RELAY_ROLES } from "../registry/node-status.ts";
import { STATABLE_FACTS } from "../segments/criteria/stated.ts";
import { MAX_CRITERION } from "../segments/criteria/tokens.ts";
import * as f from "./fields.ts";
import { statedFacts } from "./microsegments.ts";

/** Nodes of the mesh, the keys that let them in, the rules between them, and the chain of trust. */

/** A tag that rules cite: `tag:web`. */
export const tag = z
  .string()
  .check(z.regex(/^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/, "must be a lower-case label"));
const tags = f.list(tag, 32);
/** An IPv4 or IPv6 prefix; its canonical form is checked where it is used. */
const prefix = z.string().check(z.maxLength(49));

export const enrolmentKey = z.object({
  id: z.string(),
  name: z.string(),
  segmentId: z.string(),
  segment: z.string(),
  tags: z.array(z.string()),
  /** E-mail of the owner of the key's nodes, or null. */
  user: z.nullable(z.string()),
  maxUses: z.int(),
  uses: z.int(),
  ephemeral: z.boolean(),
  preApproved: z.boolean(),
  expiresAt: f.instant,
  revokedAt: z.nullable(f.instant),
  ...f.rowFields,
});
export const enrolmentKeyCreate = z.strictObject({
  name: f.said(f.name, "what it is for"),
  segment: f.said(f.reference, "id or name of the segment that its nodes join"),
  tags: z.optional(f.said(tags, "tags of its nodes")),
  user: z.optional(z.nullable(f.said(f.reference, "e-mail or id of the owner of its nodes"))),
  maxUses: z.optional(f.said(f.integer(1, 10_000), "how many nodes it lets in; one unless said")),
  ephemeral: z.optional(
    f.said(z.boolean(), "whether its nodes are removed once they have been away for half an hour"),
  ),
  preApproved: z.optional(f.said(z.boolean(), "whether its nodes need no approval")),
  expiresAt: z.optional(f.said(f.instant, "when it ends: in 24 hours unless said, at most in a year")),
});
/** `secret` is the whole key as the agent takes it: it stands in this answer only. */
export const enrolmentKeyWithSecret = z.object({ enrolmentKey, secret: z.string() });

export const serial = z.object({ epoch: z.int(), rootVersion: z.int(), counter: z.int() });

export const nodeFacts = z.object({
  os: z.string(),
  kernel: z.string(),
  agentVersion: z.string(),
  agentHash: z.string(),
  uptimeSeconds: z.int(),
  diskEncrypted: z.nullable(z.boolean()),
  firewall: z.nullable(z.boolean()),
  /** These four are missing in the reports of older agents. */
  osId: z.optional(z.string()),
  osVersion: z.optional(z.string()),
  screenLock: z.optional(z.nullable(z.boolean())),
  measuredAt: z.optional(f.instant),
});

/** What a node's segment knows of it now. */
export const nodeLive = z.object({
  online: z.boolean(),
  lastSeenAt: z.nullable(f.instant),
  /** Whether the newest config is in force on the node. */
  current: z.boolean(),
  appliedSerial: z.nullable(serial),
  applyError: z.nullable(z.string()),
  /** What does not work on the node although its config is in force. */
  conditions: z.array(z.object({ code: z.string(), detail: z.string() })),
  facts: z.nullable(nodeFacts),
  /** When these facts were measured, by the hub's clock. */
  factsAt: z.nullable(f.instant),
  /** What its segment's machines look for, and what it answered then; null: nothing, or to another check of that name. */
  checks: z.array(z.object({ check: z.string(), result: z.nullable(z.enum(CHECK_RESULTS)) })),
  clockSkewMs: z.nullable(z.int()),
  /** What of its newest report was not taken, and why, in words. */
  leftOut: z.array(z.string()),
  peers: z.int(),
  /** Of the peers: how many have a live direct path. */
  directPeers: z.int(),
  /** Of the peers: how many it hears by a relay. */
  relayedPeers: z.int(),
  /** Of the peers: how many it hears through the edge relay; the bytes that the relay carried for it since it enrolled, and when last. */
  edge: z.object({ peers: z.int(), bytes: z.int(), lastAt: z.nullable(f.instant) }),
  /** How the packet filter that the node says is in force compared with what was compiled; null: nothing was compared. */
  ruleset: z.nullable(
    z.object({
      verdict: z.enum(["as_compiled", "shut", "differs", "not_comparable"]),
      since: f.instant,
      checkedAt: f.instant,
    }),
  ),
  /** How often somebody else had changed what protects the node, and when that was last heard of. */
  drifts: z.object({ count: z.int(), lastAt: z.nullable(f.instant) }),
});

export const node = z.object({
  id: z.string(),
  name: z.string(),
  status: z.enum(NODE_STATUSES),
  /** Why it is no member, and what to do about it; null for a member. */
  statusDetail: z.nullable(z.string()),
  segmentId: z.string(),
  segment: z.string(),
  tags: z.array(z.string()),
  user: z.nullable(z.string()),
  ipv4: z.string(),
  ipv6: z.string(),
  hostname: z.string(),
  ephemeral: z.boolean(),
  enrolmentKeyId: z.string(),
  offeredRoutes: z.array(z.string()),
  approvedRoutes: z.array(z.string()),
  endpoints: z.array(z.string()),
  /** Id of the exit node that it asked for. */
  exitNode: z.nullable(z.string()),
  relay: z.enum(RELAY_ROLES),
  expiresAt: z.nullable(f.instant),
  /** What administrators state of it, by the names of facts. */
  facts: z.record(z.string(), z.string()),
  /** Whether it is quarantined and still reaches the hub, and what rules let `quarantine` reach. */
  contained: z.boolean(),
  /** The signals that keep it in quarantine and may let it out, as `TRANSMITTER: EVENT`. Empty where a person decides. */
  heldBySignals: z.array(z.string()),
  /** Base64url SHA-256 of the public signing key. */
  identity: z.string(),
  wireguardKey: z.string(),
  /** What others than the node state about it, also what has expired since. */
  stated: z.array(z.object({ source: z.string(), fact: z.string(), at: f.instant, expiresAt: f.instant })),
  /** Null where the segment's object can't be asked. */
  live: z.nullable(nodeLive),
  ...f.rowFields,
});
const factWord = z
  .string()
  .check(
    z.regex(/^[a-z0-9]([a-z0-9._-]{0,48}[a-z0-9])?$/, "must be a lower-case word of at most 50 characters"),
  );
/** Replaces what one source states. */
export const nodeFactsStated = z.strictObject({
  by: f.said(
    z.union([factWord, f.line(107).check(z.startsWith("signal:"))]),
    "who states it, such as `intune`; `signal:NAME` to take back what a transmitter stated",
  ),
  facts: f.said(f.list(factWord, 20), "what holds now, such as `compliant`; empty when nothing does"),
  expiresAt: z.optional(
    f.said(f.instant, "until when it holds: for a day unless said, and for 90 days at most"),
  ),
});
export const nodeUpdate = z.partial(
  z.strictObject({
    name: f.said(f.label, "its name in the mesh"),
    tags: f.said(tags, "what rules may cite it by, as `tag:NAME`"),
    segment: f.said(f.reference, "id or name of its segment"),
    user: z.nullable(f.said(f.reference, "e-mail or id of its owner")),
    approvedRoutes: f.said(
      f.list(prefix, 32),
      "networks that it may stand in front of; `0.0.0.0/0` for an exit node",
    ),
    relay: f.said(
      z.enum(RELAY_ROLES),
      "whether it carries datagrams of others; `drain` lets it stop without harm",
    ),
    expiresAt: z.nullable(f.said(f.instant, "when its membership ends")),
    facts: f.said(
      statedFacts,
      `what you state of it, for microsegments; replaces what was stated: ${STATABLE_FACTS.join(", ")}, app.NAME`,
    ),
  }),
);
export const nodeQuery = {
  ...f.listQuery,
  status: z.optional(f.said(z.enum(NODE_STATUSES), "only these")),
  segment: z.optional(f.said(f.reference, "only of this segment, by id or name")),
  tag: z.optional(f.said(tag, "only with this tag")),
  user: z.optional(f.said(f.reference, "only of this owner: id, address, or a part of it")),
};

/** Who still may hold a node that was revoked. */
export const revocation = z.object({
  node: z.string(),
  name: z.string(),
  revision: z.int(),
  revokedAt: f.instant,
  /** Nodes that had it as a peer. */
  concerned: z.int(),
  acknowledged: z.int(),
  /** Milliseconds from the revocation to the last acknowledgement so far. */
  acknowledgedWithinMs: z.nullable(z.int()),
  /** The first hundred of those that did not acknowledge yet. */
  pending: z.array(z.object({ node: z.string(), name: z.string(), leaseEndsAt: f.instant })),
  /** When the last lease ends; null when all have acknowledged. */
  goneAt: z.nullable(f.instant),
});

const SELECTORS =
  "`any`, `segment:NAME`, `tag:NAME`, `user:EMAIL`, `node:NAME`, `subnet:10.0.0.0/24`, `internet`, `quarantine`";
const selector = f.line(300).check(z.minLength(1));
const traffic = f.line(200).check(z.minLength(1));
const selectors = z.array(selector).check(z.minLength(1), z.maxLength(64));

const weekly = f.line(300).check(z.minLength(1));
const EFFECTS = ["allow", "deny"] as const;

export const meshRule = z.object({
  id: z.string(),
  name: z.string(),
  from: z.array(z.string()),
  to: z.array(z.string()),
  traffic: z.array(z.string()),
  effect: z.enum(EFFECTS),
  notBefore: z.nullable(f.instant),
  notAfter: z.nullable(f.instant),
  weekly: z.nullable(z.string()),
  /** The criterion that sources meet; empty where all do. */
  when: z.string(),
  log: z.boolean(),
  owner: z.nullable(z.string()),
  enabled: z.boolean(),
  ...f.rowFields,
});
const meshRuleInput = {
  name: f.said(f.name, "what it is called"),
  from: f.said(selectors, `who may open the traffic: ${SELECTORS}`),
  to: f.said(selectors, `to whom: ${SELECTORS}`),
  traffic: f.said(
    z.array(traffic).check(z.minLength(1), z.maxLength(64)),
    "`any`, `icmp`, `icmp/echo-request`, `tcp`, `tcp/443`, `udp/8000-8100`, `other`, `service:NAME`",
  ),
  effect: f.said(
    z.enum(EFFECTS),
    "whether the traffic is allowed or denied; what one rule denies no other allows",
  ),
  notBefore: z.nullable(f.said(f.instant, "when it begins; nodes go by it without the hub")),
  notAfter: z.nullable(
    f.said(f.instant, "when it ends; nodes go by it without the hub, and without their agent"),
  ),
  weekly: z.nullable(
    f.said(weekly, "when in the week it holds, such as `mon-fri 09:00-17:00, sat 10:00-12:00 Europe/Berlin`"),
  ),
  when: f.said(
    z.string().check(z.maxLength(MAX_CRITERION)),
    'what sources must meet for it to mean them, such as `device.stated has "compliant" and user.risk < 50`',
  ),
  log: f.said(z.boolean(), "whether the kernel of a node logs each connection that it decides"),
  owner: z.nullable(f.said(f.line(254).check(z.minLength(1)), "who answers for it: a person or a team")),
  enabled: f.said(z.boolean(), "whether it holds"),
};
export const meshRuleCreate = z.strictObject({
  ...meshRuleInput,
  effect: z.optional(meshRuleInput.effect),
  notBefore: z.optional(meshRuleInput.notBefore),
  notAfter: z.optional(meshRuleInput.notAfter),
  weekly: z.optional(meshRuleInput.weekly),
  when: z.optional(meshRuleInput.when),
  log: z.optional(meshRuleInput.log),
  owner: z.optional(meshRuleInput.owner),
  enabled: z.optional(meshRuleInput.enabled),
});
export type MeshRuleCreate = z.infer<typeof meshRuleCreate>;
export const meshRuleUpdate = z.partial(z.strictObject(meshRuleInput));

export const mapQuery = {
  node: z.optional(f.said(f.reference, "only this node, by id or name, with those that it may talk to")),
};

export const meshMap = z.object({
  nodes: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      segment: z.string(),
      ipv4: z.string(),
      online: z.boolean(),
      lastSeenAt: z.nullable(f.instant),
    }),
  ),
  /** Each pair once. */
  links: z.array(
    z.object({
      a: z.string(),
      b: z.string(),
      /** Ids of the rules that allow traffic from a to b, and from b to a. */
      allows: z.array(z.string()),
      /** The newest WireGuard handshake that either end reported. */
      handshakeAt: z.nullable(f.instant),
      path: z.enum([...PATH_KINDS, "none", "unknown"]),
      /** How the path in use is, by the worse of the two ends; null: neither measures it, or the hub hears neither. */
      measured: z.nullable(
        z.object({
          /** Whether each end that measures it is answered by it. */
          passes: z.boolean(),
          rttMs: z.nullable(z.number()),
          /** The share of the last probes that were not answered, 0 to 1. */
          loss: z.nullable(z.number()),
        }),
      ),
      bytes: z.int(),
    }),
  ),
  /** What the rules are called, by id. */
  rules: z.record(z.string(), z.string()),
  /** There was more than fits. */
  truncated: z.boolean(),
  /** Names of segments that could not be asked. */
  missing: z.array(z.string()),
});

export const flowQuery = {
  node: z.optional(f.said(f.reference, "only flows of this node, by id or name")),
  verdict: z.optional(f.said(z.enum(["allowed", "denied"]), "only these")),
  limit: z.optional(f.said(f.queryInteger(1, 5_000), "how many at most; 500 unless said")),
};
const flowEnd = z.object({
  node: z.string(),
  /** Its id again where the node is gone. */
  name: z.string(),
  /** The network behind the node; null for the node itself. */
  network: z.nullable(z.string()),
});
const flow = z.object({
  source: flowEnd,
  destination: flowEnd,
  protocol: z.string(),
  /** Null for a protocol without ports, and for many ports together. */
  port: z.nullable(z.int()),
  verdict: z.enum(["allowed", "denied"]),
  /** Connections; those of a week ago count half. */
  count: z.int(),
  firstSeenAt: f.instant,
  lastSeenAt: f.instant,
  /** Which ends reported it. */
  reportedBy: z.array(z.enum(["source", "destination"])),
});
export const flows = z.object({
  /** Those with the most connections first. */
  items: z.array(flow),
  /** Whether nodes report flows at all. */
  reported: z.boolean(),
  /** There is more than `items` holds. */
  truncated: z.boolean(),
  /** How many flows were reported that could not be so. */
  refused: z.int(),
  /** Names of segments that could not be asked. */
  missing: z.array(z.string()),
});

export const hits = z.object({
  /** Every rule, those that decided the most packets first. */
  items: z.array(
    z.object({
      rule: z.string(),
      name: z.string(),
      /** Packets that the rule accepted or dropped. */
      packets: z.int(),
      /** When a node last reported some; null: never. */
      lastHitAt: z.nullable(f.instant),
    }),
  ),
  /** Since when all nodes that count do so without a pause; null: no node counts. */
  since: z.nullable(f.instant),
  /** How many nodes count, of all that could. What the others let pass is not known. */
  counting: z.int(),
  nodes: z.int(),
  /** Whether nodes report this at all. */
  reported: z.boolean(),
  /** Names of segments that could not be asked. */
  missing: z.array(z.string()),
});

export const hold = z.object({
  segmentId: z.string(),
  segment: z.string(),
  /** What a confirmation names. */
  revision: z.int(),
  heldAt: f.instant,
  reason: z.enum(["peer_loss", "failure"]),
  /** In words, for an administrator. */
  detail: z.string(),
  /** The worst first, at most 100. */
  nodes: z.array(z.object({ node: z.string(), name: z.string(), before: z.int(), after: z.int() })),
});
export const holds = z.object({ items: z.array(hold), missing: z.array(z.string()) });
export const holdConfirm = z.strictObject({
  revision: f.said(f.integer(0, Number.MAX_SAFE_INTEGER), "the one that is held and was looked at"),
});
