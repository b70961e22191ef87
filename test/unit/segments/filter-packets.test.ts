import { afterAll, beforeAll, expect, test } from "vitest";
import { findDrops, type Ruleset } from "../../../agent/system/firewalls.ts";
import type {
  ComponentDocument,
  ComponentRule,
  Grant,
  ManifestDocument,
  PeerDocument,
  Traffic,
} from "../../../shared/node/config/types.ts";
import { renderFilter, ruleCounter, timed } from "../../../shared/node/filter.ts";
import { PROBE_PORT } from "../../../shared/paths/probe.ts";
import { MACHINES, where } from "../../support/needs.ts";
import { manifestOf, peerOf } from "./documents.ts";
import { Namespaces, type Place } from "./packets/namespaces.ts";
import type { Probe } from "./packets/probe.ts";

const TRAFFIC: Record<string, Traffic> = {
  web: {
    protocol: "tcp",
    ports: [
      [443, 443],
      [8_000, 8_100],
    ],
  },
  dns: { protocol: "udp", ports: [[53, 53]] },
  ping: { protocol: "icmp", ports: [] },
  anything: { protocol: "any", ports: [] },
  web4: { protocol: "tcp", family: 4, ports: [[443, 443]] },
  ping6: { protocol: "icmp", family: 6, ports: [] },
  echo: { protocol: "icmp", ports: [[8, 8]] },
  echo4: { protocol: "icmp", family: 4, ports: [[8, 8]] },
  stamp: { protocol: "icmp", ports: [[13, 13]] },
  other: { protocol: "other", ports: [] },
};
const component: ComponentDocument = {
  type: "component",
  network: "net_1",
  segment: "seg_1",
  revision: 1,
  rules: [
    ...Object.entries(TRAFFIC).map(([id, traffic]) => ({ id, name: id, traffic: [traffic] })),
    ...Object.entries(TRAFFIC).map(([id, traffic]) => ({
      id: `no_${id}`,
      name: id,
      traffic: [traffic],
      effect: "deny" as const,
    })),
  ],
};
const manifest = manifestOf({
  ipv4: "100.64.0.1",
  ipv6: "fd00::1",
  forwards: ["0.0.0.0/0", "10.9.0.0/16"],
});
const peer = (host: number, inbound: readonly Grant[], outbound: readonly Grant[]): PeerDocument =>
  peerOf({ ipv4: `100.64.0.${host}`, ipv6: `fd00::${host}`, inbound, outbound });

const LAN = ["10.9.0.0/16"];
const PEERS = [
  peer(
    2,
    [
      { rule: "web" },
      { rule: "dns" },
      { rule: "web", to: LAN },
      { rule: "web", to: ["0.0.0.0/0"] },
      { rule: "web", from: ["10.1.0.0/16"], to: LAN },
      { rule: "unknown" },
      { rule: "anything", to: ["10.10.0.0/16"] },
    ],
    [
      { rule: "dns", from: LAN },
      { rule: "anything", from: ["10.10.0.0/16"] },
    ],
  ),
  peer(3, [], [{ rule: "web" }]),
  peer(4, [{ rule: "ping" }, { rule: "web", to: ["0.0.0.0/0"] }], []),
];
/** Hub time. Nothing depends on it but how long the timed rules have left. */
const NOW = 1_000_000;
const rulesetFor = (
  peers: readonly PeerDocument[],
  rules: readonly ComponentRule[] = [],
  more: Partial<ManifestDocument> = {},
): string =>
  renderFilter({
    interfaceName: "wg0",
    port: 51_820,
    mark: 7,
    now: NOW,
    servesContainers: false,
    manifest: { ...manifest, ...more },
    component: { ...component, rules: [...component.rules, ...rules] },
    peers,
  });

/** Source, destination, protocol/port, and whether it passes. */
const TABLE: Record<Place, readonly (readonly [string, string, string, boolean])[]> = {
  peer: [
    ["100.64.0.2", "100.64.0.1", "tcp/443", true],
    ["100.64.0.2", "100.64.0.1", "tcp/8050", true],
    ["100.64.0.2", "100.64.0.1", "tcp/80", false],
    ["100.64.0.2", "100.64.0.1", "udp/53", true],
    ["100.64.0.2", "100.64.0.1", "udp/443", false],
    ["100.64.0.3", "100.64.0.1", "tcp/443", false],
    ["100.64.0.4", "100.64.0.1", "tcp/443", false],
    ["fd00::2", "fd00::1", "tcp/443", true],
    ["fd00::2", "fd00::1", "tcp/80", false],
    ["fd00::2", "fd00::1", "udp/53", true],
    ["fd00::3", "fd00::1", "tcp/443", false],
    // Through the node, to the network behind it and to its address there.
    ["100.64.0.2", "10.9.0.2", "tcp/443", true],
    ["100.64.0.2", "10.9.0.2", "tcp/80", false],
    ["100.64.0.2", "10.9.0.2", "udp/53", false],
    ["100.64.0.2", "10.9.0.1", "tcp/443", true],
    ["100.64.0.3", "10.9.0.2", "tcp/443", false],
    ["10.1.0.1", "10.9.0.2", "tcp/443", true],
    ["10.1.0.1", "100.64.0.1", "tcp/443", false],
    // The Internet is neither a private network nor a block that the node may not forward to.
    ["100.64.0.2", "203.0.113.2", "tcp/443", true],
    ["100.64.0.2", "203.0.113.2", "tcp/80", false],
    // Outside, nobody knows the way back to this one.
    ["100.64.0.4", "203.0.113.2", "tcp/443", true],
    ["100.64.0.3", "203.0.113.2", "tcp/443", false],
    ["100.64.0.2", "10.10.0.2", "tcp/443", false],
  ],
  us: [
    ["100.64.0.1", "100.64.0.3", "tcp/443", true],
    ["100.64.0.1", "100.64.0.3", "tcp/80", false],
    ["100.64.0.1", "100.64.0.2", "tcp/443", false],
    ["fd00::1", "fd00::3", "tcp/443", true],
    ["fd00::1", "fd00::2", "tcp/443", false],
    ["10.9.0.1", "100.64.0.3", "tcp/443", false],
    ["10.9.0.1", "10.9.0.2", "tcp/80", true],
    ["127.0.0.1", "100.64.0.1", "tcp/80", true],
  ],
  lan: [
    ["10.9.0.2", "100.64.0.2", "udp/53", true],
    ["10.9.0.2", "100.64.0.2", "tcp/443", false],
    ["10.9.0.2", "100.64.0.3", "udp/53", false],
    ["10.10.0.2", "100.64.0.2", "udp/53", false],
    ["10.9.0.2", "10.9.0.1", "tcp/80", true],
    // The overlay address answers on the overlay alone.
    ["10.9.0.2", "100.64.0.1", "tcp/443", false],
  ],
};

const probeOf = ([from, to, traffic]: readonly [string, string, string, boolean]): Probe => {
  const [protocol, port] = traffic.split("/");
  return { from, to, protocol: protocol === "udp" ? "udp" : "tcp", port: Number(port) };
};

where(...MACHINES).describe("packets in network namespaces", () => {
  let namespaces: Namespaces;
  beforeAll(async () => {
    namespaces = new Namespaces();
    for (const place of ["peer", "us", "lan"] as const) await namespaces.attempt(place, []);
  });
  afterAll(() => namespaces.close());

  test("everything passes without the table", async () => {
    for (const place of ["peer", "us", "lan"] as const) {
      const probes = TABLE[place].map(probeOf).filter(({ to }) => to !== "203.0.113.2");
      expect(await namespaces.attempt(place, probes)).toEqual(probes.map(() => true));
    }
  });

  test.each(["peer", "us", "lan"] as const)(
    "from %s, what a grant permits passes and nothing else",
    async (place) => {
      namespaces.loadFilter(rulesetFor(PEERS));
      const passed = await namespaces.attempt(place, TABLE[place].map(probeOf));
      const seen = TABLE[place].map(([from, to, traffic], row) => [from, to, traffic, passed[row]]);
      expect(seen).toEqual(TABLE[place]);
    },
  );

  test("ICMP passes where it is granted, in both families", () => {
    namespaces.loadFilter(rulesetFor(PEERS));
    expect(namespaces.ping("peer", "100.64.0.4", "100.64.0.1")).toBe(true);
    expect(namespaces.ping("peer", "fd00::4", "fd00::1")).toBe(true);
    expect(namespaces.ping("peer", "100.64.0.2", "100.64.0.1")).toBe(false);
    expect(namespaces.ping("us", "100.64.0.1", "100.64.0.4")).toBe(false);
  });

  test("probes pass between peers from port to port, whatever rules say, and nothing beside them", async () => {
    const all = { inbound: [{ rule: "no_anything" }], outbound: [{ rule: "no_anything" }] };
    // To the third one anything may go out, so that a packet that came in is answered.
    const peers = [{ ...peer(2, [], []), denied: all }, peer(3, [], [{ rule: "anything" }])];
    const ask = (host: number, fromPort: number, port = PROBE_PORT, to = "100.64.0.1"): Probe => ({
      ...{ from: `100.64.0.${host}`, to, protocol: "udp", port, fromPort },
    });
    const asked: readonly (readonly [Probe, boolean])[] = [
      [ask(2, PROBE_PORT), true],
      [ask(3, PROBE_PORT), true],
      // No peer, another port at either end, an address behind a peer, another family and protocol.
      [ask(4, PROBE_PORT), false],
      [ask(2, 41_002), false],
      [ask(3, 41_003), false],
      [ask(3, 1_003, 53), false],
      [
        { from: "10.1.0.1", to: "100.64.0.1", protocol: "udp", port: PROBE_PORT, fromPort: PROBE_PORT },
        false,
      ],
      [{ from: "fd00::2", to: "fd00::1", protocol: "udp", port: PROBE_PORT, fromPort: PROBE_PORT }, false],
      [{ from: "100.64.0.3", to: "100.64.0.1", protocol: "tcp", port: PROBE_PORT }, false],
    ];
    const passed = () =>
      namespaces.attempt(
        "peer",
        asked.map(([probe]) => probe),
      );
    namespaces.loadFilter(rulesetFor(peers, [], { probes: true }));
    expect(await passed()).toEqual(asked.map(([, passes]) => passes));
    const elsewhere = ask(2, PROBE_PORT, PROBE_PORT, "10.9.0.1");
    expect(await namespaces.attempt("peer", [elsewhere])).toEqual([false]);
    namespaces.loadFilter(rulesetFor(peers));
    expect(await passed()).toEqual(asked.map(() => false));
  });

  test("traffic of one family passes in that family alone", async () => {
    namespaces.loadFilter(rulesetFor([peer(2, [{ rule: "web4" }, { rule: "ping6" }], [])]));
    const web = (from: string, to: string): Probe => ({ from, to, protocol: "tcp", port: 443 });
    const probes = [web("100.64.0.2", "100.64.0.1"), web("fd00::2", "fd00::1")];
    expect(await namespaces.attempt("peer", probes)).toEqual([true, false]);
    expect(namespaces.ping("peer", "fd00::2", "fd00::1")).toBe(true);
    expect(namespaces.ping("peer", "100.64.0.2", "100.64.0.1")).toBe(false);
  });

  test("a type of ICMP passes where it is granted or not denied, and other protocols are neither", async () => {
    const load = (...rules: readonly (readonly [granted: string, ...denied: string[]])[]) => {
      const peers = rules.map(([granted, ...denied], at) => ({
        ...peer(2 + at, [{ rule: granted }], []),
        denied: { inbound: denied.map((rule) => ({ rule })), outbound: [] },
      }));
      namespaces.loadFilter(rulesetFor(peers));
    };
    const pings = (host: number) => [
      namespaces.ping("peer", `100.64.0.${host}`, "100.64.0.1"),
      namespaces.ping("peer", `fd00::${host}`, "fd00::1"),
    ];
    const webs = () =>
      namespaces.attempt(
        "peer",
        [2, 3, 4].map((host) => ({
          from: `100.64.0.${host}`,
          to: "100.64.0.1",
          protocol: "tcp" as const,
          port: 443,
        })),
      );
    load(["echo"], ["anything", "no_echo"], ["stamp"]);
    expect([pings(2), pings(3), pings(4)[0]]).toEqual([[true, true], [false, false], false]);
    expect(await webs()).toEqual([false, true, false]);
    load(["echo4"], ["anything", "no_stamp", "no_other"], ["other"]);
    expect([pings(2), pings(3), pings(4)[0]]).toEqual([[true, false], [true, true], false]);
    expect(await webs()).toEqual([false, true, false]);
  });

  test("a grant that is withdrawn ends the running connection, one that returns lets it go on", async () => {
    const running: Probe = {
      from: "100.64.0.2",
      to: "100.64.0.1",
      protocol: "udp",
      port: 53,
      fromPort: 40_053,
    };
    namespaces.loadFilter(rulesetFor(PEERS));
    expect(await namespaces.attempt("peer", [running])).toEqual([true]);
    namespaces.loadFilter(rulesetFor([peer(2, [{ rule: "web" }], [])]));
    expect(await namespaces.attempt("peer", [running])).toEqual([false]);
    namespaces.loadFilter(rulesetFor(PEERS));
    expect(await namespaces.attempt("peer", [running])).toEqual([true]);
  });

  test("what is denied is dropped whatever is granted, each rule with its own counter", async () => {
    const grants: Grant[] = [
      { rule: "anything" },
      { rule: "anything", to: LAN },
      { rule: "web", to: ["0.0.0.0/0"] },
    ];
    const denied = {
      inbound: [
        { rule: "no_dns" },
        { rule: "no_web", to: ["10.9.0.2/32"] },
        { rule: "no_ping" },
        { rule: "no_anything", to: ["203.0.113.0/24"] },
      ],
      outbound: [{ rule: "no_web" }],
    };
    const second = { ...peer(2, grants, [{ rule: "anything" }]), denied };
    namespaces.loadFilter(rulesetFor([second, peer(3, grants, [])]));
    const table: readonly (readonly [string, string, string, boolean])[] = [
      ["100.64.0.2", "100.64.0.1", "tcp/443", true],
      ["100.64.0.2", "100.64.0.1", "udp/53", false],
      ["fd00::2", "fd00::1", "udp/53", false],
      ["fd00::2", "fd00::1", "tcp/80", true],
      ["100.64.0.3", "100.64.0.1", "udp/53", true],
      ["100.64.0.2", "10.9.0.2", "tcp/443", false],
      ["100.64.0.2", "10.9.0.2", "tcp/80", true],
      ["100.64.0.2", "10.9.0.1", "tcp/443", true],
      ["100.64.0.3", "10.9.0.2", "tcp/443", true],
      ["100.64.0.2", "203.0.113.2", "tcp/443", false],
      ["100.64.0.3", "203.0.113.2", "tcp/443", true],
    ];
    const passed = await namespaces.attempt("peer", table.map(probeOf));
    expect(table.map(([from, to, traffic], row) => [from, to, traffic, passed[row]])).toEqual(table);
    expect(namespaces.ping("peer", "fd00::2", "fd00::1")).toBe(false);
    expect(namespaces.ping("peer", "100.64.0.3", "100.64.0.1")).toBe(true);
    const outgoing = [
      ["100.64.0.1", "100.64.0.2", "tcp/443", false] as const,
      ["100.64.0.1", "100.64.0.2", "tcp/80", true] as const,
    ];
    expect(await namespaces.attempt("us", outgoing.map(probeOf))).toEqual([false, true]);
    const { nftables } = JSON.parse(namespaces.ruleset()) as {
      nftables: { counter?: { name: string; packets: number } }[];
    };
    const hits = (rule: string) =>
      nftables.find(({ counter }) => counter?.name === ruleCounter(rule))?.counter?.packets ?? 0;
    for (const id of ["anything", "no_dns", "no_web", "no_ping"]) expect(hits(id), id).toBeGreaterThan(0);
  });

  test("a rule that allows ends, and one that denies begins, at the node alone: nobody loads anything", async () => {
    const anything = [{ protocol: "any", ports: [] }] as const;
    const timedRules: ComponentRule[] = [
      { id: "until", name: "until", traffic: anything, notAfter: NOW + 3_000 },
      { id: "from", name: "from", traffic: anything, notBefore: NOW + 3_000, effect: "deny" },
      { id: "later", name: "later", traffic: anything, notBefore: NOW + 1 },
      { id: "over", name: "over", traffic: anything, notAfter: NOW },
      { id: "not_yet", name: "not_yet", traffic: anything, notAfter: NOW, effect: "deny" },
    ];
    const peers = [
      peer(2, [{ rule: "until" }], []),
      {
        ...peer(3, [{ rule: "anything" }], []),
        denied: { inbound: [{ rule: "from" }, { rule: "not_yet" }], outbound: [] },
      },
      peer(4, [{ rule: "later" }, { rule: "over" }], []),
    ];
    const running = (host: number, fromPort: number): Probe[] => [
      { from: `100.64.0.${host}`, to: "100.64.0.1", protocol: "udp", port: 53, fromPort },
      { from: `fd00::${host}`, to: "fd00::1", protocol: "udp", port: 53, fromPort },
    ];
    const probes = [2, 3, 4].flatMap((host) => running(host, 41_000 + host));
    const ruleset = rulesetFor(peers, timedRules);
    namespaces.loadFilter(timed(ruleset, NOW));
    expect(await namespaces.attempt("peer", probes)).toEqual([true, true, true, true, false, false]);
    await expect
      .poll(() => namespaces.attempt("peer", probes), { timeout: 15_000 })
      .toEqual([false, false, false, false, false, false]);
    // The clock of the text alone decides what a later load brings: nothing that has ended comes back.
    namespaces.loadFilter(timed(ruleset, NOW + 3_000));
    await expect
      .poll(() => namespaces.attempt("peer", probes.slice(0, 4)), { timeout: 15_000 })
      .toEqual(Array(4).fill(false));
  });

  test("M13: what another firewall drops behind the filter is counted, and what passes both", async () => {
    const passage = { interfaceName: "wg0", listenPort: 51_820, forwards: true };
    const drops = () =>
      findDrops(JSON.parse(namespaces.ruleset()) as Ruleset, passage).map(({ code }) => code);
    const probe: Probe = { from: "100.64.0.2", to: "10.9.0.2", protocol: "tcp", port: 443 };
    const other = "table inet other {\n chain f {\n type filter hook forward priority 0; policy accept;\n";
    namespaces.loadFilter(`${rulesetFor(PEERS)}\n${other} ip daddr 10.9.0.0/16 drop\n }\n}\n`);
    expect(await namespaces.attempt("peer", Array<Probe>(5).fill(probe))).toEqual(Array(5).fill(false));
    expect(drops()).toEqual(["firewall_forward"]);
    namespaces.loadFilter(`delete table inet other\n${rulesetFor(PEERS)}`);
    expect(await namespaces.attempt("peer", Array<Probe>(5).fill(probe))).toEqual(Array(5).fill(true));
    expect(drops()).toEqual([]);
  });

  test("without a peer nothing passes", async () => {
    namespaces.loadFilter(rulesetFor([]));
    const probes = TABLE.peer.map(probeOf);
    expect(await namespaces.attempt("peer", probes)).toEqual(probes.map(() => false));
  });
});
