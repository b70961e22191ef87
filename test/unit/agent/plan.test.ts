import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planApply } from "../../../agent/tunnel/plan.ts";
import { localNetworksOf, routesOf, routingRulesOf, ruleKey } from "../../../agent/tunnel/routing.ts";
import {
  type ExitUse,
  type MachineRoute,
  NOTHING,
  type Observed,
  type Tunnel,
  type TunnelPeer,
} from "../../../agent/tunnel/tunnel.ts";
import { perform } from "../../support/model-machine.ts";

const SEED = 20_261_124;
const KEYS = ["a", "b", "c", "d", "e"];
const PREFIXES = [
  "100.64.0.1/32",
  "100.64.0.2/32",
  "10.1.0.0/16",
  "10.2.0.0/16",
  "fd00::7/128",
  "0.0.0.0/0",
  "::/0",
];

/** Peers that share no prefix, as every accepted config has them. */
const peers = fc
  .tuple(
    fc.subarray(KEYS),
    fc.array(fc.nat(KEYS.length), { minLength: PREFIXES.length, maxLength: PREFIXES.length }),
  )
  .map(([keys, owners]): TunnelPeer[] =>
    keys.map((publicKey, at) => ({
      publicKey,
      allowedIps: PREFIXES.filter((_, prefix) => owners[prefix] === at),
      networks: PREFIXES.filter((prefix, index) => owners[index] === at && !/\/(32|128)$/.test(prefix)),
      endpoints: at % 2 === 0 ? [`192.0.2.${at + 1}:51820`] : [],
      replaces: null,
    })),
  );

const tunnel: fc.Arbitrary<Tunnel> = fc.record({
  publicKey: fc.constantFrom("own1", "own2"),
  listenPort: fc.constantFrom(51_820, 51_821),
  mtu: fc.constantFrom(1280, 1420),
  addresses: fc.subarray(["100.64.0.9/32", "fd00::9/128", "100.64.0.10/32"]),
  peers,
  filter: fc.constantFrom("filter 1", "filter 2"),
  skewMs: fc.constantFrom(0, 7),
  hosts: fc.constantFrom([], [{ address: "100.64.0.1", names: ["a.corp.internal"] }]),
  forwards: fc.constantFrom<readonly (4 | 6)[]>([], [4], [4, 6]),
  bypass: fc.constantFrom([], ["192.0.2.7"]),
  mark: fc.constantFrom(7, 8),
  exit: fc.constantFrom<ExitUse | null>(
    null,
    { isRequired: true, servesForwarded: true },
    { isRequired: false, servesForwarded: false },
  ),
});

const reach = (start: Observed, wanted: Tunnel): Observed =>
  planApply(start, wanted).reduce((now, step) => perform(step, now), start);

/** The daemon died, or somebody gave its link another name. */
const lost = fc.constantFrom<Partial<Observed>>({}, { device: null }, { link: null });

/** What lies anywhere on the way from one tunnel to another: an apply that was killed. */
const halfway = fc.tuple(tunnel, tunnel, fc.nat(30), lost).map(([from, to, stop, gone]) => {
  const start = reach(NOTHING, from);
  const stopped = planApply(start, to)
    .slice(0, stop)
    .reduce((now, step) => perform(step, now), start);
  return { ...stopped, ...gone };
});

const check = <T>(property: fc.IProperty<T>) => fc.assert(property, { seed: SEED, numRuns: 3_000 });

describe("the plan of an apply", () => {
  it("ends in what was wanted, from any state that an apply can be killed in", () => {
    check(
      fc.property(halfway, tunnel, (start, wanted) => {
        const end = reach(start, wanted);
        expect(planApply(end, wanted)).toEqual([]);
        expect(end.filter).toBe(wanted.filter);
        expect(new Map(end.device?.peers.map((p) => [p.publicKey, [...p.allowedIps].sort()]))).toEqual(
          new Map(wanted.peers.map((p) => [p.publicKey, [...p.allowedIps].sort()])),
        );
        expect([...(end.link?.addresses ?? [])].sort()).toEqual([...wanted.addresses].sort());
        expect([...end.routes].sort()).toEqual(routesOf(wanted).sort());
        expect(end.routingRules.map(ruleKey).sort()).toEqual(
          routingRulesOf(wanted, routesOf(wanted), []).map(ruleKey).sort(),
        );
        expect(end.fence).toBe(wanted.listenPort);
      }),
    );
  });

  it("lets nobody send from a prefix under a filter that does not give it to them", () => {
    check(
      fc.property(tunnel, tunnel, (from, to) => {
        const wanted = { ...to, filter: "the new filter" };
        const mayBefore = new Map(from.peers.map((p) => [p.publicKey, new Set(p.allowedIps)]));
        const mayAfter = new Map(wanted.peers.map((p) => [p.publicKey, new Set(p.allowedIps)]));
        let now = reach(NOTHING, from);
        for (const step of planApply(now, wanted)) {
          now = perform(step, now);
          const may = now.filter === wanted.filter ? mayAfter : mayBefore;
          for (const peer of now.device?.peers ?? [])
            for (const prefix of peer.allowedIps) expect(may.get(peer.publicKey)?.has(prefix)).toBe(true);
        }
      }),
    );
  });

  it("does not touch a peer that is equal in both", () => {
    check(
      fc.property(tunnel, tunnel, (from, to) => {
        const steps = planApply(reach(NOTHING, from), to);
        const touched = steps.flatMap((step) =>
          "peers" in step ? step.peers.map((p) => p.publicKey) : "keys" in step ? step.keys : [],
        );
        for (const peer of to.peers) {
          const before = from.peers.find((p) => p.publicKey === peer.publicKey);
          const isSame = before && JSON.stringify(before) === JSON.stringify(peer);
          if (isSame) expect(touched).not.toContain(peer.publicKey);
        }
        expect(steps.map((step) => step.do)).not.toContain("remove-link");
      }),
    );
  });

  it("M2: while an exit node is relied on, there is no moment at which packets could go around it", () => {
    const isHeld = (now: Observed) =>
      ["closed 0.0.0.0/0", "closed ::/0"].every((route) => now.routes.includes(route)) &&
      [4, 6].every((family) => now.routingRules.some((rule) => ruleKey(rule).startsWith(`${family} exit`)));
    check(
      fc.property(halfway, tunnel, tunnel, (start, first, second) => {
        const exit = { isRequired: true, servesForwarded: true };
        let now = reach(start, { ...first, exit });
        expect(isHeld(now)).toBe(true);
        const after = { ...exit, servesForwarded: false };
        for (const step of planApply(now, { ...second, exit: after })) {
          now = perform(step, now);
          expect(isHeld(now)).toBe(true);
        }
        // The first thing at all, even where nothing stands yet.
        const steps = planApply(NOTHING, { ...first, exit }).map((step) => step.do);
        expect(steps.slice(0, 2)).toEqual(["close-exit", "add-rules"]);
      }),
    );
  });

  it("M1: no peer is taken in before the fence around the port stands", () => {
    check(
      fc.property(halfway, tunnel, (start, wanted) => {
        let now = start;
        for (const step of planApply(start, wanted)) {
          if (step.do === "set-peers" || step.do === "set-port") expect(now.fence).toBe(wanted.listenPort);
          now = perform(step, now);
        }
      }),
    );
  });

  describe("M4: the routing rules", () => {
    const router = (...networks: string[]): TunnelPeer => ({
      publicKey: "router",
      allowedIps: ["100.64.0.1/32", ...networks],
      networks,
      endpoints: [],
      replaces: null,
    });
    const rules = (peer: TunnelPeer, machine: readonly MachineRoute[], bypass: readonly string[] = []) =>
      routingRulesOf({ bypass, exit: null }, routesOf({ peers: [peer], exit: null }), machine).map(ruleKey);
    const direct = (prefix: string) => ({ prefix, isDirect: true });
    const byGateway = (prefix: string) => ({ prefix, isDirect: false });

    it("ask the machine's own table before the networks of peers, and the hub's addresses first of all", () => {
      expect(rules(router("10.1.0.0/16"), [], ["192.0.2.7", "2001:db8::7"])).toEqual([
        "4 tunnel",
        "4 bypass 192.0.2.7",
        "4 peers",
        "4 machine",
        "4 networks",
        "4 end",
      ]);
      expect(rules(router(), [])).toEqual(["4 tunnel", "4 peers", "4 end"]);
    });

    it.each<[string, MachineRoute[], boolean]>([
      ["a coarser route through a gateway", [byGateway("10.0.0.0/8")], true],
      ["the same network through a gateway", [byGateway("10.1.0.0/16")], false],
      ["a part of it through a gateway", [byGateway("10.1.2.0/24")], false],
      ["a coarser network that is connected", [direct("10.0.0.0/8")], false],
      ["both, connected and through a gateway", [direct("10.0.0.0/12"), byGateway("10.0.0.0/8")], false],
      ["the default route", [byGateway("0.0.0.0/0")], false],
    ])("let the finer network of a peer pass before %s: %j %s", (_, machine, isAhead) => {
      const ahead = ["4 finer 10.1.0.0/16", "4 ahead 10.1.0.0/16"];
      expect(rules(router("10.1.0.0/16"), machine).filter((rule) => ahead.includes(rule))).toEqual(
        isAhead ? ahead : [],
      );
    });

    it("say which networks of peers this machine reaches by itself", () => {
      const machine = [direct("10.1.0.0/16"), byGateway("10.0.0.0/8"), byGateway("0.0.0.0/0")];
      const peer = router("10.1.0.0/16", "10.1.2.0/24", "10.2.0.0/16", "172.16.0.0/12", "0.0.0.0/0");
      expect(localNetworksOf({ peers: [peer] }, machine)).toEqual(["10.1.0.0/16", "10.1.2.0/24"]);
    });
  });

  it("hands a rotated key's prefixes over before the old key goes", () => {
    const old: TunnelPeer = {
      publicKey: "old",
      allowedIps: ["100.64.0.1/32"],
      networks: [],
      endpoints: [],
      replaces: null,
    };
    const base = fc.sample(tunnel, { seed: SEED, numRuns: 1 })[0];
    if (!base) throw new Error("no sample");
    const trying = { ...base, peers: [old, { ...old, publicKey: "new", allowedIps: [] }] };
    const start = reach(NOTHING, trying);
    const done = { ...base, peers: [{ ...old, publicKey: "new", replaces: "old" }] };
    expect(planApply(start, done).map((step) => step.do)).toEqual(["set-peers", "remove-peers"]);
    expect(planApply(reach(start, done), done)).toEqual([]);
  });
});
