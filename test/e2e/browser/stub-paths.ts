import type { Answer } from "../../../shared/api/endpoints.ts";
import type { Stubs } from "./stub-hub.ts";

/** By which paths the nodes of the stub network reach each other, and what failed. */

type Node = Pick<Answer<"nodes.get">, "id" | "name">;
type Used = Answer<"mesh.status">["items"][number];
type Failure = Answer<"mesh.failures">["items"][number];
type Side = Answer<"mesh.paths">["sides"][number];

/** @param nodeAt the node of the network at that place: web-1, db-1, ci-1, desk-1, web-2, … */
export function meshHealthStubs(now: number, nodeAt: (at: number) => Node): Stubs {
  const [web, db, ci] = [nodeAt(0), nodeAt(1), nodeAt(2)];
  const used = (from: Node, to: Node, more: Partial<Used> = {}): Used => ({
    ...{ node: from.id, name: from.name, peer: to.id, peerName: to.name },
    ...{ kind: "direct", endpoint: "203.0.113.1:51820", state: "well", rttMs: 12.4, jitterMs: 0.8, loss: 0 },
    ...{ relay: null, relayName: null, halfMs: null, measuredAt: now - 2_000, reportedAt: now - 1_000 },
    ...more,
  });
  const items: Used[] = [
    used(web, ci, { state: "silent", rttMs: 31, jitterMs: 4, loss: 1, measuredAt: now - 40_000 }),
    used(web, db, {
      kind: "relay",
      endpoint: "198.51.100.9:41001",
      rttMs: 48.2,
      jitterMs: 3.1,
      loss: 0.0625,
    }),
    used(db, web, { kind: "relay", endpoint: "198.51.100.9:41001", rttMs: 47.9 }),
    used(web, nodeAt(4)),
    used(nodeAt(4), web, { state: "unknown", rttMs: null, jitterMs: null, loss: null, measuredAt: null }),
  ];
  const failed = (kind: Failure["kind"], node: Node, to: Node | null, more: Partial<Failure>): Failure => ({
    ...{ kind, node: node.id, name: node.name, to: to?.id ?? null, toName: to?.name ?? null },
    ...{ segment: "production", observers: [db.name, nodeAt(4).name], suspectedAt: now - 185_000 },
    ...{ confirmedAt: now - 183_500, endedAt: null },
    ...more,
  });
  const failures = [
    failed("one_way_loss", web, ci, { suspectedAt: now - 5_000, confirmedAt: null, observers: [ci.name] }),
    failed("node_down", nodeAt(5), null, {}),
    failed("link_down", ci, db, { suspectedAt: now - 7_200_000, endedAt: now - 7_080_000 }),
  ];
  return {
    "mesh.status": ({ query }) => {
      const around = query.get("node");
      const found = items.filter(({ node, peer }) => around === null || node === around || peer === around);
      return { items: found, unreported: 7, truncated: around === null, missing: [] };
    },
    "mesh.health": () => ({
      nodes: { all: 24, online: 20 },
      paths: { direct: 88, relay: 12, edge: 3, silent: 1, unreported: 7 },
      ...{ rttMs: { median: 14.2, p95: 96.4 }, loss: 0.004, moves: 5 },
      failures: { open: 1, suspected: 1, endedLastDay: 1, medianMs: 120_000 },
      missing: ["lab"],
    }),
    "mesh.failures": () => ({ items: failures, missing: ["lab"] }),
    "mesh.paths": () => ({
      linked: true,
      sides: [sideOf(web, db, ci, now), unreported(db, web)],
      missing: [],
    }),
  };
}

function sideOf(from: Node, to: Node, relayedBy: Node, now: number): Side {
  const direct = "[2001:db8:abcd:1234::17]:51820";
  const relay = "198.51.100.9:41001";
  const measured = {
    relay: null,
    relayName: null,
    halfMs: null,
    measuredAt: now - 2_000,
    reportedAt: now - 1_000,
  };
  return {
    ...{ node: from.id, name: from.name, peer: to.id, peerName: to.name, online: true },
    ...{ handshakeAt: now - 60_000, why: "failed" },
    paths: [
      {
        ...{ kind: "relay", endpoint: relay, inUse: true, state: "well" },
        ...{ rttMs: 48.2, jitterMs: 3.1, loss: 0.0625, ...measured },
        ...{ relay: relayedBy.id, relayName: relayedBy.name },
      },
      {
        ...{ kind: "relay", endpoint: "198.51.100.9:41002", inUse: false, state: "unknown" },
        ...{ rttMs: null, jitterMs: null, loss: null, ...measured },
        ...{ relay: relayedBy.id, relayName: relayedBy.name, halfMs: 12 },
      },
      {
        ...{ kind: "direct", endpoint: direct, inUse: false, state: "unknown" },
        ...{ rttMs: 12, jitterMs: 0.9, loss: 1, ...measured, measuredAt: now - 90_000 },
      },
    ],
    moves: [
      { at: now - 86_000, from: direct, to: relay, kind: "relay", why: "failed" },
      { at: now - 86_400_000, from: null, to: direct, kind: "direct", why: "followed" },
    ],
  };
}

const unreported = (from: Node, to: Node): Side => ({
  ...{ node: from.id, name: from.name, peer: to.id, peerName: to.name, online: false },
  ...{ handshakeAt: null, why: "unreported", paths: [], moves: [] },
});
