import { describe, expect, it } from "vitest";
import {
  HEARD_MS,
  type HeardAt,
  heardAt,
  hearingsIn,
  mappingOf,
  worthNaming,
} from "../../../shared/node/hearing.ts";
import type { PeerReport } from "../../../shared/node/protocol/types.ts";

const NOW = 100 * HEARD_MS + 1_000;
const OWN = "203.0.113.7:51820";
const MAPPED = "203.0.113.7:4455";

const peer = (endpoint: string | null, more: Partial<PeerReport> = {}): PeerReport => ({
  ...{ node: "a", handshakeAt: NOW - 1_000, receivedBytes: 1, sentBytes: 1, path: "direct", endpoint },
  ...more,
});
const said = (one: PeerReport, named: readonly string[] = [OWN], before: PeerReport | null = null) =>
  hearingsIn({ at: NOW, peers: [one] }, before && { at: NOW - 10, peers: [before] }, () => named);

describe("where a report says that a peer is heard", () => {
  it("is said of a port that the peer does not know, at an address that it names", () => {
    expect(said(peer(MAPPED))).toEqual([{ node: "a", endpoint: MAPPED }]);
    expect(said(peer("[2001:db8::7]:1"), ["[2001:db8::7]:51820"])).toHaveLength(1);
  });

  it.each([
    ["where it names itself", peer(OWN), [OWN]],
    ["at an address that it does not name", peer("198.51.100.9:51820"), [OWN]],
    ["at an address that only begins like one of its own", peer("203.0.113.70:1"), [OWN]],
    ["without a fresh handshake", peer(MAPPED, { handshakeAt: NOW - 180_000 }), [OWN]],
    ["without any handshake", peer(MAPPED, { handshakeAt: null }), [OWN]],
    ["through a relay", peer(MAPPED, { path: "edge" }), [OWN]],
    ["nowhere", peer(null), [OWN]],
  ])("is not said of one that is heard %s", (_, one, named) => {
    expect(said(one, named)).toEqual([]);
  });

  it("is said once while it stays so, and again after a while, also once the peer names it", () => {
    expect(said(peer(MAPPED), [OWN, MAPPED], peer(MAPPED))).toEqual([]);
    expect(said(peer(MAPPED), [OWN, MAPPED], peer("203.0.113.7:1"))).toHaveLength(1);
    const later = { at: NOW + HEARD_MS / 2, peers: [peer(MAPPED, { handshakeAt: NOW + HEARD_MS / 2 })] };
    expect(hearingsIn(later, { at: NOW, peers: [peer(MAPPED)] }, () => [OWN, MAPPED])).toHaveLength(1);
  });

  it("is bounded", () => {
    const peers = Array.from({ length: 4_096 }, (_, at) => peer(MAPPED, { node: `n${at}` }));
    expect(hearingsIn({ at: NOW, peers }, null, () => [OWN])).toHaveLength(64);
  });
});

describe("where a node is heard", () => {
  const words = (...endpoints: string[]) =>
    endpoints.map((endpoint, at) => ({ observer: `p${at}`, endpoint }));
  const all = new Set(["p0", "p1", "p2", "p3", "p4", "p5"]);
  const known = { endpoints: [OWN], hears: all };

  it("is what most peers say, and of what one says the oldest: a liar displaces nothing", () => {
    expect(heardAt(words("203.0.113.7:1", MAPPED, MAPPED), known)).toEqual([
      { endpoint: MAPPED, by: 2 },
      { endpoint: "203.0.113.7:1", by: 1 },
    ]);
    const many = heardAt(words(...["1", "2", "3", "4", "5"].map((port) => `203.0.113.7:${port}`)), known);
    expect(many.map(({ endpoint }) => endpoint)).toEqual(["203.0.113.7:1", "203.0.113.7:2", "203.0.113.7:3"]);
  });

  it("is no word of a peer that the node itself does not hear, nor of an address that it does not name", () => {
    expect(heardAt(words(MAPPED), { ...known, hears: new Set() })).toEqual([]);
    expect(heardAt(words("198.51.100.9:51820"), known)).toEqual([]);
  });
});

describe("the kind of an address translator", () => {
  const at = (port: number, by: number, address = "203.0.113.7"): HeardAt => ({
    endpoint: `${address}:${port}`,
    by,
  });
  it.each([
    ["not known from one peer", [at(4_455, 1)], null],
    ["not known from nobody", [], null],
    ["none where peers hear it at its own port", [at(51_820, 1)], "none"],
    ["one port for all", [at(4_455, 2)], "independent"],
    ["one port for all, in both families", [at(4_455, 2), at(99, 2, "[2001:db8::7]")], "independent"],
    ["another port for each peer", [at(4_455, 1), at(4_456, 1)], "dependent"],
    ["another port for some", [at(4_455, 5), at(4_456, 1)], "dependent"],
  ])("is %s", (_, heard, kind) => {
    expect(mappingOf(heard, new Set([OWN]))).toBe(kind);
  });

  it("decides whether others are told: a port that is for one peer alone helps nobody", () => {
    expect(worthNaming([at(4_455, 1)])).toEqual([MAPPED]);
    expect(worthNaming([at(4_455, 1), at(4_456, 1)])).toEqual([]);
    // One liar does not take away what others hear.
    expect(worthNaming([at(4_455, 2), at(4_456, 1)])).toEqual([MAPPED]);
  });
});
