import type { Answer } from "../../../shared/api/endpoints.ts";
import type { Stubs } from "./stub-hub.ts";
import { meshHealthStubs } from "./stub-paths.ts";

/** A network that exists in answers only. */

type Node = Answer<"nodes.get">;
type MeshMap = Answer<"mesh.map">;

const NOW = Date.now();
const DAY = 86_400_000;
const ROW = { version: 1, createdAt: NOW - 9 * DAY, updatedAt: NOW - DAY };
const SEGMENTS = ["production", "data", "lab", "office"] as const;
const ROLES = ["web", "db", "ci", "desk"] as const;
const KEY = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA";
const STATUSES = { 3: "pending", 7: "quarantined", 11: "revoked" } as const;
const SECRET = `rnek_${"a1B2".repeat(11)}zZ.${KEY}`;

const idOf = (at: number) => `node_${String(at).padStart(26, "0")}`;

export function stubNode(at: number): Node {
  const segment = SEGMENTS[at % SEGMENTS.length] ?? "lab";
  const online = at % 6 !== 5;
  return {
    id: idOf(at),
    name: `${ROLES[at % ROLES.length]}-${Math.floor(at / ROLES.length) + 1}`,
    status: STATUSES[at as keyof typeof STATUSES] ?? "approved",
    statusDetail: null,
    contained: at === 7,
    heldBySignals: at === 7 ? ["okta: risk-level-change"] : [],
    segmentId: `seg_${segment}`,
    segment,
    tags: at % 2 === 0 ? ["http", "linux"] : [],
    user: segment === "office" ? "ada.lovelace@example.com" : null,
    ipv4: `100.64.${Math.floor(at / 250)}.${(at % 250) + 1}`,
    ipv6: `fd7a:115c:a1e0::${(at + 1).toString(16)}`,
    hostname: `${ROLES[at % ROLES.length]}-${at}.example`,
    ephemeral: segment === "lab",
    enrolmentKeyId: "ekey_00000000000000000000000001",
    offeredRoutes: at === 0 ? ["10.20.0.0/16", "0.0.0.0/0"] : [],
    approvedRoutes: at === 0 ? ["10.20.0.0/16"] : [],
    endpoints: [`203.0.113.${at % 250}:51820`],
    relay: "off",
    exitNode: null,
    expiresAt: segment === "office" ? NOW + 90 * DAY : null,
    facts: at === 0 ? { "device.type": "server" } : {},
    identity: KEY,
    wireguardKey: `${KEY}=`,
    stated: at === 0 ? [{ source: "intune", fact: "compliant", at: NOW - DAY, expiresAt: NOW + DAY }] : [],
    live: {
      online,
      lastSeenAt: NOW - (online ? 4_000 : 5 * 3_600_000),
      current: online,
      appliedSerial: { epoch: 1, rootVersion: 2, counter: 120 + at },
      conditions: at === 6 ? [{ code: "names_unwritten", detail: "/etc/hosts is read-only" }] : [],
      applyError: at === 5 ? "nft: the table could not be replaced: out of memory" : null,
      facts: {
        os: "Debian GNU/Linux 13",
        kernel: "6.12.41",
        agentVersion: "0.1.0",
        agentHash: KEY,
        uptimeSeconds: 864_000,
        diskEncrypted: at % 2 === 0,
        firewall: null,
        osId: "debian",
        osVersion: "13",
        screenLock: at % 3 === 0 ? null : true,
        measuredAt: NOW - 40_000,
      },
      factsAt: NOW - 40_000,
      checks: [
        { check: "corp-ca = file /etc/ssl/certs/corp.pem", result: at === 0 ? "present" : null },
        { check: "edr = process /opt/edr/edrd", result: at === 0 ? "absent" : null },
      ],
      clockSkewMs: 12,
      leftOut: [],
      peers: 6,
      directPeers: 5,
      relayedPeers: 0,
      edge:
        at === 2
          ? { peers: 1, bytes: 48_300_000, lastAt: NOW - 20_000 }
          : { peers: 0, bytes: 0, lastAt: null },
      ruleset: {
        verdict: at === 4 ? "differs" : at === 3 ? "not_comparable" : "as_compiled",
        since: NOW - DAY,
        checkedAt: NOW - 40_000,
      },
      drifts: at === 4 ? { count: 12, lastAt: NOW - 60_000 } : { count: 0, lastAt: null },
    },
    ...ROW,
  };
}

/** Of every kind and quality some, the most of the best. */
const kindOf = (n: number) => (n % 9 === 4 ? "edge" : n % 5 === 2 ? "relay" : "direct");
function measuredOf(n: number): MeshMap["links"][number]["measured"] {
  if (n % 7 === 3) return null;
  if (n % 11 === 5) return { passes: false, rttMs: 40, loss: 1 };
  return { passes: true, rttMs: 4 + n, loss: n % 8 === 6 ? 0.125 : 0 };
}

/** Pairs inside each segment, and from each segment to the next. */
export function stubMap(count: number): MeshMap {
  const nodes = Array.from({ length: count }, (_, at) => stubNode(at));
  const links: MeshMap["links"] = [];
  for (const [at, node] of nodes.entries()) {
    for (const step of [4, 8, 1]) {
      const peer = nodes[at + step];
      if (!peer) continue;
      const up = Boolean(node.live?.online && peer.live?.online);
      links.push({
        a: node.id,
        b: peer.id,
        allows: ["rule_1"],
        handshakeAt: up ? NOW - 40_000 : null,
        path: up ? kindOf(at + step) : at % 2 === 0 ? "none" : "unknown",
        measured: up ? measuredOf(at + step) : null,
        bytes: up ? at * 48_213 : 0,
      });
    }
  }
  return {
    nodes: nodes.map(({ id, name, segment, ipv4, live }) => ({
      id,
      name,
      segment,
      ipv4,
      online: live?.online ?? false,
      lastSeenAt: live?.lastSeenAt ?? null,
    })),
    links,
    rules: { rule_1: "web to databases" },
    truncated: false,
    missing: [],
  };
}

const KEY_ROW: Answer<"enrolmentKeys.get"> = {
  id: "ekey_00000000000000000000000001",
  name: "build machines",
  segmentId: "seg_lab",
  segment: "lab",
  tags: ["ci"],
  user: null,
  maxUses: 20,
  uses: 3,
  ephemeral: true,
  preApproved: true,
  expiresAt: NOW + DAY,
  revokedAt: null,
  ...ROW,
};
const RULE: Answer<"meshRules.get"> = {
  id: "rule_1",
  name: "web to databases",
  from: ["tag:web", "user:ada.lovelace@example.com"],
  to: ["segment:data"],
  traffic: ["tcp/5432", "icmp"],
  effect: "allow",
  notBefore: null,
  notAfter: NOW + DAY,
  when: 'device.stated has "compliant" and user.risk < 50',
  weekly: "mon-fri 09:00-17:00 Europe/Berlin",
  log: true,
  owner: "platform team",
  enabled: true,
  ...ROW,
};
const HOLD: Answer<"mesh.holds">["items"][number] = {
  segmentId: "seg_data",
  segment: "data",
  revision: 17,
  heldAt: NOW - 60_000,
  reason: "peer_loss",
  detail: "2 nodes would lose more than 30 % of their peers at once.",
  nodes: [{ node: idOf(1), name: "db-1", before: 6, after: 1 }],
};
const ROOT = {
  version: 2,
  issuedAt: NOW - 30 * DAY,
  expiresAt: NOW + 335 * DAY,
  roles: { root: { threshold: 1, keyIds: ["a"] } },
};

export interface StubNetwork {
  readonly stubs: Stubs;
  readonly secret: string;
  /** A peer drops the revoked node. */
  acknowledge(): void;
}

const DIFFERENCE: Answer<"mesh.difference"> = {
  ...{ at: NOW, gaining: 14, losing: 3, more: 2, notes: [], missing: [] },
  crowded: [{ nodes: { nodes: 1, example: { id: idOf(1), name: "db-1" }, words: [] }, peers: 4_097 }],
  changes: [
    {
      from: { nodes: 14, example: { id: idOf(0), name: "web-1" }, words: ["tag:web"] },
      to: { nodes: 1, example: { id: idOf(1), name: "db-1" }, words: ["segment:data"] },
      pairs: 14,
      gained: [{ from: [], to: [], traffic: ["tcp/5432"] }],
      lost: [],
      gains: {
        from: { node: idOf(0), address: "100.64.0.1" },
        to: { node: idOf(1), address: "100.64.0.2" },
        traffic: "tcp/5432",
      },
      loses: null,
    },
    {
      from: { nodes: 3, example: { id: idOf(2), name: "job-1" }, words: [] },
      to: { nodes: 1, example: { id: idOf(1), name: "db-1" }, words: ["segment:data"] },
      pairs: 3,
      gained: [],
      lost: [{ from: [], to: ["10.20.0.0/16"], traffic: ["tcp/22", "icmp"] }],
      gains: null,
      loses: null,
    },
  ],
};

const MATRIX: Answer<"mesh.matrix"> = {
  ...{ at: NOW, more: 4, missing: [] },
  groups: [
    "segment:main",
    "segment:office",
    "segment:lab",
    "segment:databases",
    "segment:finance-laptops",
  ].map((name, place) => ({ name, nodes: 40 - 7 * place })),
  cells: [
    { from: 0, to: 0, pairs: 1_560, of: 1_560, some: ["icmp"], all: ["icmp"] },
    { from: 0, to: 3, pairs: 720, of: 760, some: ["tcp/5432", "icmp"], all: [] },
    { from: 1, to: 0, pairs: 33, of: 1_320, some: ["tcp/80,443,8000-8100", "udp/53"], all: [] },
    { from: 4, to: 3, pairs: 228, of: 228, some: ["tcp/5432", "tcp6/22"], all: ["tcp/5432"] },
    { from: 4, to: null, pairs: 12, of: 12, some: ["any"], all: ["any"] },
  ],
};

const WHY: Answer<"mesh.why"> = {
  ...{ at: NOW, verdict: "partly", passing: ["tcp/5432"], stopped: ["udp", "icmp"], missing: [] },
  from: { node: idOf(0), name: "web-1", address: null },
  to: { node: idOf(1), name: "db-1", address: "10.20.0.9" },
  rules: [
    {
      ...{ id: "rule_1", name: "web to databases", effect: "allow", holds: true, until: NOW + 3_600_000 },
      ...{ from: ["tag:web"], to: ["segment:databases"], traffic: ["tcp/5432"], decides: true },
    },
  ],
  causes: [
    {
      kind: "no_rule",
      detail: "No rule allows udp and icmp from web-1 to 10.20.0.9 behind db-1.",
      remedy: "A rule would have to allow it.",
    },
  ],
  enforcedAt: [
    { node: idOf(0), name: "web-1", lets: "part" },
    { node: idOf(1), name: "db-1", lets: "part" },
  ],
  memberships: [
    {
      ...{ node: idOf(1), name: "db-1", microsegment: "databases", belonging: "full" },
      detail: "It is a member, since it meets the criterion.",
      tests: [{ test: "app.postgres >= 15", value: "16.2", source: "administrator", holds: true }],
    },
  ],
  changesAt: NOW + 3_600_000,
};

const TRANSMITTER: Answer<"transmitters.get"> = {
  ...{ id: "sgt_1", name: "okta", kind: "ssf", issuer: "https://acme.okta.example", jwksUri: null },
  ...{ audience: "https://auth.example", provider: "main", bearer: true, effects: {}, ratesOwners: false },
  ...{ quarantines: ["risk-level-change"], enabled: true, endpoint: "https://auth.example/sgt_1" },
  ...{ verifiedAt: null, verifiedState: null, streamStatus: null, lastEventAt: null, ...ROW },
};

export function stubNetwork(count: number, role: "owner" | "admin" | "auditor" = "owner"): StubNetwork {
  const nodes = new Map(Array.from({ length: count }, (_, at) => [idOf(at), stubNode(at)]));
  let holds = [HOLD];
  let acknowledged = 4;
  const change = (id: string, part: Partial<Node>) => {
    const node = nodes.get(id);
    if (!node) return undefined;
    const after = { ...node, ...part, version: node.version + 1 };
    nodes.set(id, after);
    return after;
  };
  const stubs: Stubs = {
    "me.get": () => ({
      actor: "user:alice@example.com",
      kind: "user",
      role,
      user: { id: "usr_1", email: "alice@example.com", name: "Alice" },
      apiToken: null,
      via: null,
      network: { name: "test", authOrigin: "http://auth.localhost", hubOrigin: "http://hub.localhost" },
    }),
    "stats.get": () => ({ buckets: [], liveSessions: 0, apps: 0, users: 1 }),
    "history.list": () => ({ items: [], next: null, began: NOW, names: {} }),
    "segments.list": () => ({
      items: SEGMENTS.map((name) => ({ id: `seg_${name}`, name, description: "", deviceChecks: [], ...ROW })),
      next: null,
    }),
    "nodes.list": ({ query }) => {
      const words = (query.get("search") ?? "").split(" ");
      const all = [...nodes.values()].filter(
        ({ status, segment, name, tags }) =>
          (query.get("status") ?? status) === status &&
          (query.get("segment") ?? segment) === segment &&
          words.every((word) => [name, ...tags].join(" ").includes(word)),
      );
      const from = Number(query.get("cursor") ?? 0);
      return { items: all.slice(from, from + 50), next: all.length > from + 50 ? String(from + 50) : null };
    },
    "nodes.get": ({ params }) => nodes.get(params.node ?? ""),
    "nodes.update": ({ params, body }) => change(params.node ?? "", body),
    "nodes.approve": ({ params }) => change(params.node ?? "", { status: "approved" }),
    "nodes.release": ({ params }) => change(params.node ?? "", { status: "approved" }),
    "nodes.quarantine": ({ params }) => change(params.node ?? "", { heldBySignals: [] }),
    "nodes.revoke": ({ params }) => change(params.node ?? "", { status: "revoked" }),
    "nodes.revocation": ({ params }) => ({
      node: params.node ?? "",
      name: "web-1",
      revision: 9,
      revokedAt: NOW,
      concerned: 6,
      acknowledged,
      acknowledgedWithinMs: 2_100,
      pending: acknowledged < 6 ? [{ node: idOf(1), name: "db-1", leaseEndsAt: NOW + 120_000 }] : [],
      goneAt: acknowledged < 6 ? NOW + 120_000 : null,
    }),
    "transmitters.list": () => ({ items: [TRANSMITTER], next: null }),
    "transmitters.update": () => TRANSMITTER,
    "transmitters.create": () => ({ transmitter: TRANSMITTER, token: null }),
    "identityProviders.list": () => ({ items: [], next: null }),
    "signals.list": () => ({ items: [], next: null }),
    "receivers.list": () => ({ items: [], next: null }),
    "enrolmentKeys.list": () => ({
      items: [KEY_ROW, { ...KEY_ROW, id: "ekey_2", name: "laptops", segment: "office", uses: 20 }],
      next: null,
    }),
    "enrolmentKeys.create": () => ({ enrolmentKey: KEY_ROW, secret: SECRET }),
    "meshRules.list": () => ({ items: [RULE], next: null }),
    "meshRules.get": () => RULE,
    "meshRules.create": () => RULE,
    "mesh.difference": () => DIFFERENCE,
    "mesh.check": () => ({
      ...{ at: NOW, rules: 3, counted: false, missing: [] },
      findings: [
        { kind: "shadowed", rule: "rule_1", name: "web to databases", by: ["web to all"], sides: [] },
        { kind: "selects_nobody", rule: "rule_2", name: "printers", by: [], sides: ["to"] },
      ],
    }),
    "mesh.matrix": () => MATRIX,
    "mesh.why": () => WHY,
    "mesh.map": () => stubMap(count),
    ...meshHealthStubs(NOW, stubNode),
    "mesh.holds": () => ({ items: holds, missing: [] }),
    "mesh.confirmHold": () => {
      holds = [];
      return { items: holds, missing: [] };
    },
    "trust.get": () => ({
      network: "net_1",
      rootVersion: 2,
      epoch: 1,
      roots: [JSON.stringify({ payload: btoa(JSON.stringify(ROOT)) })],
      payloadHash: KEY,
    }),
  };
  return {
    stubs,
    secret: SECRET,
    acknowledge: () => {
      acknowledged = 6;
    },
  };
}
