import { describe, expect, it } from "vitest";
import { parseCriterion } from "../../../../shared/segments/criteria/parse.ts";
import type { ObservedFlow } from "../../../../shared/segments/flow-graph.ts";
import { createSegmentIndex } from "../../../../shared/segments/segment-index.ts";
import { narrowingsOf } from "../../../../shared/segments/suggest/narrowing.ts";
import { Permissions } from "../../../../shared/segments/suggest/permissions.ts";
import type { Watch } from "../../../../shared/segments/suggest/watch.ts";
import { parseTraffic } from "../../../../shared/segments/traffic.ts";
import type { NodeFacts, SegmentRule, Selector } from "../../../../shared/segments/types.ts";
import { randomFrom } from "../../../support/random.ts";
import { bySeed, drawn, SEED } from "../../../support/sample.ts";

const NOW = 1_800_000_000_000;
const DAY_MS = 86_400_000;

const factsOf = (id: string, tags: readonly string[]): NodeFacts => ({
  ...{ id, name: id, segment: "home", tags, user: null, ipv4: "100.64.0.1", ipv6: "fd00::1" },
  ...{ routes: [], exitNode: null, quarantined: false, microsegments: [], confinedBy: [] },
});
const NODES = ["a1", "a2", "b1", "b2", "c1"].map((id) => factsOf(id, [id.slice(0, 1)]));

const traffic = (...texts: string[]) =>
  texts.map((text) => {
    const parsed = parseTraffic(text);
    if (!parsed.ok) throw new Error(text);
    return parsed.value;
  });
const tag = (name: string): Selector => (name === "any" ? { kind: "any" } : { kind: "tag", tag: name });
const rule = (from: string, to: string, texts: string[], more: Partial<SegmentRule> = {}): SegmentRule => ({
  ...{ id: `${from}-${to}`, name: "rule", from: [tag(from)], to: [tag(to)], traffic: traffic(...texts) },
  ...more,
});
const flow = (source: string, destination: string, service: string): ObservedFlow => {
  const [protocol = "", port] = service.split("/");
  return {
    source: { node: source, network: null },
    destination: { node: destination, network: null },
    protocol,
    port: port === undefined ? null : Number(port),
    ...{ verdict: "allowed", count: 1, firstSeenAt: NOW - DAY_MS, lastSeenAt: NOW, reportedBy: ["source"] },
  };
};
const watch = (flows: readonly ObservedFlow[], more: Partial<Watch["nodes"][number]> = {}): Watch => ({
  flows,
  nodes: NODES.map(({ id }) => ({
    ...{ node: id, since: NOW - 20 * DAY_MS, heardAt: NOW, complete: true },
    ...(id === "b1" ? more : {}),
  })),
  truncated: false,
});
const narrow = (rules: SegmentRule[], seen: Watch, days = 14) =>
  narrowingsOf(
    rules.map((one) => ({ rule: one, changedAt: 0 })),
    NODES,
    seen,
    days,
    NOW,
  );

describe("a rule of which less is used than it permits", () => {
  it("keeps what was used, also what one end alone reports, and is switched off if that is nothing", () => {
    const flows = [flow("a1", "b1", "tcp/5432"), flow("a2", "b2", "tcp/5432"), flow("c1", "b1", "tcp/22")];
    expect(narrow([rule("a", "b", ["tcp", "udp"])], watch(flows))).toEqual([
      {
        ...{ rule: "a-b", before: ["tcp", "udp"], after: ["tcp/5432"] },
        ...{ days: 20, confidence: 21 / 22, pairs: 4, used: 2 },
      },
    ]);
    expect(narrow([rule("b", "a", ["any"])], watch(flows))).toMatchObject([{ after: [], used: 0 }]);
  });

  it("keeps the family, ports that touch as a range, pings, and all ports where only the protocol is known", () => {
    const flows = [flow("a1", "b1", "tcp/80"), flow("a1", "b1", "tcp/81"), flow("a1", "b1", "icmp")];
    expect(narrow([rule("a", "b", ["any"])], watch(flows))[0]?.after).toEqual(["tcp/80-81", "icmp"]);
    expect(narrow([rule("a", "b", ["tcp6"])], watch(flows))[0]?.after).toEqual(["tcp6/80-81"]);
    const many = [flow("a1", "b1", "udp")];
    expect(narrow([rule("a", "b", ["any"])], watch(many))[0]?.after).toEqual(["udp"]);
    expect(narrow([rule("a", "b", ["any"])], watch([flow("a1", "b1", "sctp/1")]))).toEqual([]);
  });

  it("is not judged where a node is not known for long enough, silent, or of which not all is kept", () => {
    const judged = (more: Partial<Watch["nodes"][number]>) =>
      narrow([rule("a", "b", ["tcp"])], watch([], more));
    expect(judged({})).toHaveLength(1);
    expect(judged({ since: NOW - 13 * DAY_MS })).toEqual([]);
    expect(judged({ heardAt: NOW - 2 * DAY_MS })).toEqual([]);
    expect(judged({ complete: false })).toEqual([]);
    expect(narrow([rule("a", "b", ["tcp"])], { ...watch([]), truncated: true })).toEqual([]);
    const fresh = [{ rule: rule("a", "b", ["tcp"]), changedAt: NOW - DAY_MS }];
    expect(narrowingsOf(fresh, NODES, watch([]), 14, NOW)).toEqual([]);
  });

  it("is not judged if it denies, waits for its time or its condition, or is about more than nodes", () => {
    const criterion = parseCriterion("user.risk >= 80");
    const others = [
      rule("a", "b", ["tcp"], { effect: "deny" }),
      rule("a", "b", ["tcp"], { notAfter: NOW + DAY_MS }),
      rule("a", "b", ["tcp"], criterion.ok ? { when: criterion.value } : {}),
      rule("a", "b", ["tcp"], { to: [{ kind: "subnet", prefix: "10.0.0.0/8" }, tag("b")] }),
      rule("a", "b", ["tcp"], { to: [{ kind: "internet" }] }),
      rule("a", "b", ["tcp"], { from: [{ kind: "quarantine" }] }),
    ];
    expect(narrow(others, watch([]))).toEqual([]);
  });

  it("lets nothing pass that did not pass, and all that is recorded, whatever the rules and flows", () => {
    const SERVICES = ["tcp/22", "tcp/80", "tcp/443", "udp/53", "udp", "icmp", "tcp"];
    const ENTRIES = ["any", "tcp", "tcp4", "udp", "icmp", "tcp/1-100", "tcp/443", "udp/53"];
    const random = randomFrom(SEED);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    for (let at = 0; at < drawn(60, 2_000); at++) {
      const rules = [0, 1, 2, 3].map((n) =>
        rule(pick(["a", "b", "c", "any"]), pick(["a", "b", "any"]), [pick(ENTRIES), pick(ENTRIES)], {
          id: `r${n}`,
          ...(random() < 0.2 ? { effect: "deny" as const } : {}),
        }),
      );
      const before = permissionsOf(rules);
      const ids = NODES.map(({ id }) => id);
      const flows = Array.from({ length: 8 }, () => flow(pick(ids), pick(ids), pick(SERVICES))).filter(
        (one) => before.permits(one.source.node, one.destination.node, serviceText(one)),
      );
      const narrowed = narrow(rules, watch(flows));
      const after = permissionsOf(
        rules.flatMap((one) => {
          const found = narrowed.find((narrowing) => narrowing.rule === one.id);
          if (!found) return one;
          return found.after.length === 0 ? [] : { ...one, traffic: traffic(...found.after) };
        }),
      );
      for (const one of flows)
        expect(after.permits(one.source.node, one.destination.node, serviceText(one)), bySeed).toBe(true);
      for (const [source, destination] of ids.flatMap((a) => ids.map((b) => [a, b] as const)))
        for (const service of SERVICES)
          if (after.permits(source, destination, service))
            expect(before.permits(source, destination, service), bySeed).toBe(true);
    }
  });
});

const serviceText = ({ protocol, port }: ObservedFlow): string =>
  port === null ? protocol : `${protocol}/${port}`;

function permissionsOf(rules: readonly SegmentRule[]): Permissions {
  const index = createSegmentIndex();
  for (const node of NODES) index.upsert(node);
  index.setRules(rules);
  return new Permissions(
    index,
    rules,
    NODES.map(({ id }) => id),
  );
}
