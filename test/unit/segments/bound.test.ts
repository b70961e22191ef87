import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ALL_OF_RULES } from "../../../shared/node/config/rule-terms.ts";
import { SCHEMAS } from "../../../shared/node/config/schemas.ts";
import type { Traffic } from "../../../shared/node/config/types.ts";
import { difference, isSameSet } from "../../../shared/segments/algebra/intervals.ts";
import { Permissions } from "../../../shared/segments/algebra/permissions.ts";
import {
  ALL_TRAFFIC,
  printTrafficSet,
  type TrafficSet,
  trafficSet,
} from "../../../shared/segments/algebra/traffic-line.ts";
import { beyond } from "../../../shared/segments/bound.ts";
import type { Isolated } from "../../../shared/segments/isolation.ts";
import { createSegmentIndex } from "../../../shared/segments/segment-index.ts";
import { parseTraffic } from "../../../shared/segments/traffic.ts";
import type { NodeFacts, SegmentRule } from "../../../shared/segments/types.ts";

const traffic = (text: string): Traffic => {
  const parsed = parseTraffic(text);
  if (!parsed.ok) throw new Error(text);
  return parsed.value;
};
const port = fc.oneof(fc.constantFrom(1, 2, 443, 65_534, 65_535), fc.integer({ min: 1, max: 65_535 }));
const range = fc.tuple(port, port).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
const ports = fc.array(range, { minLength: 1, maxLength: 14 }).map((list) => list.join());
const anyTraffic = fc.oneof(
  fc.constantFrom("any", "any6", "icmp", "icmp4", "icmp/echo-request", "icmp4/8,13", "icmp6/139"),
  fc.constantFrom("other", "other4", "tcp", "udp6"),
  fc.tuple(fc.constantFrom("tcp", "tcp4", "udp", "udp6"), ports).map((parts) => parts.join("/")),
);

test("what lies beyond a bound is everything else, in entries that a config takes", () => {
  fc.assert(
    fc.property(fc.array(anyTraffic, { minLength: 1, maxLength: 8 }), (texts) => {
      const bound = texts.map(traffic);
      const rest = beyond(bound);
      expect(isSameSet(trafficSet(rest), difference(ALL_TRAFFIC, trafficSet(bound)))).toBe(true);
      const rule = { id: "r", name: "r", traffic: rest };
      const component = { type: "component", network: "n", segment: "s", revision: 1, rules: [rule] };
      if (rest.length > 0) expect(SCHEMAS.component.safeParse(component).error).toBeUndefined();
    }),
  );
});

describe("a microsegment with a bound", () => {
  const node = (id: string, more: Partial<NodeFacts> = {}): NodeFacts => ({
    ...{ id, name: id, segment: "seg", tags: [], user: null, routes: [], exitNode: null },
    ...{ ipv4: `100.64.0.${id.charCodeAt(0)}`, ipv6: `fd00::${id.charCodeAt(0)}`, quarantined: false },
    ...{ microsegments: [], confinedBy: [], ...more },
  });
  const member = { microsegments: ["mic"], confinedBy: ["mic"] };
  const nodes = [
    node("a"),
    node("b", member),
    node("c", { ...member, routes: ["10.0.0.0/8"] }),
    // Only a claim made it a member.
    node("d", { confinedBy: ["mic"] }),
    node("e", { contained: true }),
    node("f", { routes: ["192.168.0.0/16", "fd11::/64"] }),
  ];
  const rule = (id: string, from: SegmentRule["from"], to: SegmentRule["to"]): SegmentRule => ({
    ...{ id, name: id, from, to },
    traffic: [traffic("any")],
  });
  const RULES = [
    rule("all", [{ kind: "any" }], [{ kind: "any" }]),
    rule("lan", [{ kind: "any" }], [{ kind: "subnet", prefix: "10.0.0.0/8" }]),
    rule("repair", [{ kind: "quarantine" }], [{ kind: "segment", segment: "mic" }]),
    rule("site", [{ kind: "subnet", prefix: "192.168.0.0/16" }], [{ kind: "any" }]),
    rule("site6", [{ kind: "subnet", prefix: "fd11::/64" }], [{ kind: "any" }]),
  ];
  const permissions = (of: Partial<Isolated>) => {
    const index = createSegmentIndex();
    for (const one of nodes) index.upsert(one);
    const plain = { id: "mic", name: "mic", isolation: "standard", remediation: [], atMost: [] } as const;
    index.setMicrosegments([{ ...plain, ...of }]);
    index.setRules(RULES);
    return new Permissions(index, { at: 0, knowledgeOf: () => ALL_OF_RULES });
  };
  const bounded = permissions({ atMost: [traffic("tcp/443"), traffic("icmp/echo-request")] });
  const said = (source: string, destination: string, of = bounded) =>
    of
      .between(source, destination)
      .map(({ from, to, traffic: set }: { from: unknown; to: unknown; traffic: TrafficSet }) => [
        from === null ? "itself" : "behind",
        to === null ? "itself" : "behind",
        ...printTrafficSet(set),
      ]);

  test("lets in no more of what rules allow, from whomever it comes", () => {
    const bound = ["tcp/443", "icmp/echo-request"];
    expect(said("a", "b")).toEqual([["itself", "itself", ...bound]]);
    expect(said("b", "c")).toContainEqual(["itself", "itself", ...bound]);
    expect(said("a", "d")).toEqual([["itself", "itself", ...bound]]);
    expect(said("e", "b")).toEqual([["itself", "itself", ...bound]]);
    const behind = said("f", "b").filter(([from]) => from === "behind");
    expect(behind).toEqual([
      ["behind", "itself", "tcp4/443", "icmp4/echo-request"],
      ["behind", "itself", "tcp6/443", "icmp6/echo-request"],
    ]);
  });

  test("bounds neither what its members open to others, nor the networks behind them", () => {
    expect(said("b", "a")).toEqual([["itself", "itself", "any"]]);
    expect(said("a", "c")).toContainEqual(["itself", "behind", "tcp4", "udp4", "icmp4", "other4"]);
  });

  test("opens nothing, and bounds what its level opens", () => {
    const open = permissions({ isolation: "open", atMost: [traffic("tcp/443")] });
    expect(said("b", "d", open)).toEqual([["itself", "itself", "tcp/443"]]);
    const none = permissions({ atMost: [traffic("any")] });
    expect(said("a", "b", none)).toEqual([["itself", "itself", "any"]]);
  });
});
