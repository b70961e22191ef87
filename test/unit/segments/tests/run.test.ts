import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Isolated } from "../../../../shared/segments/isolation.ts";
import { parseRule } from "../../../../shared/segments/rule.ts";
import { createSegmentIndex } from "../../../../shared/segments/segment-index.ts";
import { parseMeshTest, printMeshTest, triedTest } from "../../../../shared/segments/tests/mesh-test.ts";
import { runTest } from "../../../../shared/segments/tests/run.ts";
import { parseTraffic } from "../../../../shared/segments/traffic.ts";
import type { NodeFacts, SegmentIndex, SegmentRule } from "../../../../shared/segments/types.ts";
import { drawn, SEED } from "../../../support/sample.ts";

const NOW = 1_000_000;

const facts = (id: string, more: Partial<NodeFacts> = {}): NodeFacts => ({
  ...{ id, name: id, segment: "home", tags: [], user: null, ipv4: "100.64.0.1", ipv6: "fd00::1" },
  ...{ routes: [], exitNode: null, quarantined: false, microsegments: [], confinedBy: [] },
  ...more,
});
const tagged = (id: string, ...tags: string[]) => facts(id, { tags });

/** `from > to traffic`, with `!` before a rule that denies. */
function rule(id: string, line: string, more: Partial<SegmentRule> = {}): SegmentRule {
  const [from = "", , to = "", traffic = ""] = line.replace("!", "").split(" ");
  const parsed = parseRule({ from: [from], to: [to], traffic: [traffic] });
  if (!parsed.ok) throw new Error(parsed.error.detail);
  return { id, name: id, ...parsed.value, ...(line.startsWith("!") && { effect: "deny" as const }), ...more };
}

function indexOf(
  nodes: readonly NodeFacts[],
  rules: readonly SegmentRule[],
  levels: readonly Isolated[] = [],
) {
  const index = createSegmentIndex();
  for (const each of nodes) index.upsert(each);
  index.setMicrosegments(levels);
  index.setRules(rules);
  return index;
}

/** The only service there is: two ports. */
const trafficOf = () =>
  ["tcp/5432", "udp/53"].map((text) => {
    const parsed = parseTraffic(text);
    if (!parsed.ok) throw new Error(text);
    return parsed.value;
  });

function outcome(index: SegmentIndex, from: string, expects: "accept" | "deny", target: string) {
  const parsed = parseMeshTest({ from, accept: [], deny: [], [expects]: [target] });
  if (!parsed.ok) throw new Error(parsed.error.detail);
  const [one] = runTest(index, triedTest({ id: "t", name: "t", ...parsed.value }, trafficOf), NOW);
  return one;
}

test("all of a service counts: each entry is accepted, and none may be let through", () => {
  const nodes = [tagged("a", "web"), tagged("c", "db")];
  const of = (...rules: string[]) =>
    indexOf(
      nodes,
      rules.map((text, n) => rule(`r${n}`, `tag:web > tag:db ${text}`)),
    );
  const [some, all] = [of("tcp/1-6000"), of("tcp/5432", "udp/1-100")];
  const service = "tag:db service:database";
  expect(outcome(all, "tag:web", "accept", service)).toMatchObject({ result: "passed" });
  expect(outcome(some, "tag:web", "accept", service)).toMatchObject({
    ...{ result: "failed", witness: { because: "no_rule", traffic: { protocol: "udp" } } },
  });
  expect(outcome(of("udp/53"), "tag:web", "deny", service)).toMatchObject({
    ...{ result: "failed", witness: { because: "allowed", traffic: { protocol: "udp" } } },
  });
  expect(outcome(of("tcp/22"), "tag:web", "deny", service)).toMatchObject({ result: "passed" });
});

describe("a test of rules", () => {
  const nodes = [tagged("a", "web"), tagged("b", "web"), tagged("c", "db"), tagged("d", "db", "old")];
  const allows = rule("r1", "tag:web > tag:db tcp/5000-6000");

  test("accepts what every node of the source may send to every node of the target, all of it", () => {
    const index = indexOf(nodes, [allows]);
    expect(outcome(index, "tag:web", "accept", "tag:db tcp/5432")).toMatchObject({
      result: "passed",
      witness: null,
    });
    expect(outcome(index, "tag:web", "accept", "tag:db tcp/5432,6001")).toMatchObject({
      result: "failed",
      witness: { because: "no_rule", rules: [] },
    });
    expect(outcome(index, "tag:db", "accept", "tag:web tcp/5432")).toMatchObject({ result: "failed" });
  });

  test("names the pair and the rule that denies, for one node among many", () => {
    const index = indexOf(nodes, [allows, rule("r2", "!any > tag:old tcp/5432")]);
    expect(outcome(index, "tag:web", "accept", "tag:db tcp/5432")).toMatchObject({
      result: "failed",
      witness: { source: "a", destination: "d", because: "denied", rules: ["r2"] },
    });
    expect(outcome(index, "tag:web", "accept", "tag:db tcp/5433")).toMatchObject({ result: "passed" });
  });

  test("denies any part of the traffic, between any two nodes, and names what passes", () => {
    const index = indexOf(nodes, [allows, rule("r2", "!any > any tcp/5000-5999")]);
    expect(outcome(index, "any", "deny", "tag:db tcp/5000-5999")).toMatchObject({ result: "passed" });
    expect(outcome(index, "any", "deny", "tag:db any")).toMatchObject({
      result: "failed",
      witness: {
        source: "a",
        because: "allowed",
        rules: ["r1"],
        traffic: { protocol: "tcp", ports: [[5_000, 6_000]] },
      },
    });
  });

  test("says that isolation decides", () => {
    const confined = { microsegments: ["mic"], confinedBy: ["mic"] };
    const pair = [facts("a", { tags: ["web"], ...confined }), facts("b", { tags: ["db"], ...confined })];
    const index = indexOf(
      pair,
      [allows],
      [{ id: "mic", name: "mic", isolation: "strict", remediation: [], atMost: [] }],
    );
    expect(outcome(index, "tag:web", "accept", "tag:db tcp/5432")).toMatchObject({
      result: "failed",
      witness: { because: "isolation" },
    });
  });

  test("proves nothing where it names no pair of nodes", () => {
    const index = indexOf([...nodes, facts("gone", { tags: ["gone"], quarantined: true })], [allows]);
    for (const target of [
      "tag:none tcp/1",
      "tag:gone tcp/1",
      "node:a tcp/1",
      "internet tcp/1",
      "subnet:10.0.0.0/8 any",
    ])
      expect(outcome(index, "node:a", "deny", target), target).toMatchObject({ result: "idle" });
  });

  test("takes a rule that allows at times for one that allows, and one that denies at times for none", () => {
    const later = { notBefore: NOW + 1 };
    expect(
      outcome(indexOf(nodes, [{ ...allows, ...later }]), "tag:web", "deny", "tag:db tcp/5432"),
    ).toMatchObject({
      result: "failed",
    });
    const index = indexOf(nodes, [allows, rule("r2", "!any > any any", later)]);
    expect(outcome(index, "tag:web", "accept", "tag:db tcp/5432")).toMatchObject({ result: "passed" });
    const over = indexOf(nodes, [{ ...allows, notAfter: NOW }]);
    expect(outcome(over, "tag:web", "accept", "tag:db tcp/5432")).toMatchObject({ result: "failed" });
  });

  test("reaches a network by one of its routers, a part of it is not all of it, and the Internet by the exit node", () => {
    const index = indexOf(
      [
        facts("a", { tags: ["web"], exitNode: "x" }),
        facts("r", { routes: ["10.0.0.0/16"] }),
        facts("s", { routes: ["10.1.0.0/24"] }),
        facts("x", { routes: ["0.0.0.0/0", "::/0"] }),
      ],
      [
        rule("r1", "tag:web > subnet:10.0.0.0/24 tcp"),
        rule("r2", "tag:web > subnet:10.1.0.0/24 udp/53"),
        rule("r3", "tag:web > internet tcp/443"),
      ],
    );
    expect(outcome(index, "tag:web", "accept", "subnet:10.0.0.0/25 tcp/22")).toMatchObject({
      result: "passed",
    });
    expect(outcome(index, "tag:web", "accept", "subnet:10.0.0.0/16 tcp/22")).toMatchObject({
      result: "failed",
    });
    expect(outcome(index, "tag:web", "deny", "subnet:10.1.0.0/16 udp")).toMatchObject({
      result: "failed",
      witness: { destination: "s", rules: ["r2"] },
    });
    expect(outcome(index, "tag:web", "accept", "internet tcp/443")).toMatchObject({ result: "passed" });
    expect(outcome(index, "tag:web", "deny", "internet udp")).toMatchObject({ result: "passed" });
  });
});

describe("a condition of a rule", () => {
  const met = { microsegments: ["r1"], confinedBy: ["r1"] };
  const claimed = { confinedBy: ["r1"] };
  const when = { kind: "known", fact: "user.email", text: "known user.email" } as const;

  test("is met by a full placement where the rule allows, and by any where it denies", () => {
    const nodes = [facts("full", met), facts("claim", claimed), facts("none"), tagged("d", "db")];
    const allows = indexOf(nodes, [rule("r1", "any > tag:db tcp/1", { when })]);
    const denies = indexOf(nodes, [
      rule("r0", "any > tag:db tcp/1"),
      rule("r1", "!any > tag:db any", { when }),
    ]);
    const reaching = (index: SegmentIndex) =>
      ["full", "claim", "none"].filter((id) => index.linksOf(id).some(({ peer }) => peer === "d"));
    expect(reaching(allows)).toEqual(["full"]);
    expect(reaching(denies)).toEqual(["none"]);
  });

  test("concerns a node that begins or ceases to meet it, and its peers", () => {
    const index = indexOf([facts("a"), tagged("d", "db")], [rule("r1", "any > tag:db tcp/1", { when })]);
    expect([...index.upsert(facts("a", met))].sort()).toEqual(["a", "d"]);
    expect([...index.upsert(facts("a"))].sort()).toEqual(["a", "d"]);
  });
});

describe("the text of a test", () => {
  test("is printed as it is read", () => {
    const text = {
      from: "tag:web",
      accept: ["segment:my servers tcp/80,443", "internet udp/53"],
      deny: ["any any"],
    };
    const parsed = parseMeshTest(text);
    expect(parsed.ok && printMeshTest(parsed.value)).toEqual(text);
  });

  test.each([
    [{ from: "subnet:10.0.0.0/8", accept: ["any any"] }, "from", "begins at nodes"],
    [{ from: "internet", accept: ["any any"] }, "from", "destination only"],
    [{ from: "any" }, "accept", "expects nothing"],
    [{ from: "any", deny: ["tag:db"] }, "deny", "the traffic is missing"],
    [{ from: "any", deny: ["tag:db tcp/90-80"] }, "deny", "wrong way round"],
    [{ from: "any", deny: ["tag:db tcp/4\n43"] }, "deny", "no port"],
    [{ from: "any", accept: ['tag:d"b; drop tcp/1'] }, "accept", "can't hold this character"],
    [{ from: "tag:wеb", accept: ["any any"] }, "from", "plain ASCII"],
  ])("is refused where it is wrong: %j", (text, field, detail) => {
    const parsed = parseMeshTest({ accept: [], deny: [], ...text } as Parameters<typeof parseMeshTest>[0]);
    expect(parsed).toMatchObject({ ok: false, error: { field, detail: expect.stringContaining(detail) } });
  });
});

describe("what decides about a pair", () => {
  /** Whether a node meets it, its placement says. */
  const CONDITION = { kind: "known", fact: "user.email", text: "known user.email" } as const;
  const tags = fc.subarray(["t0", "t1", "t2"]);
  const node = (n: number) =>
    fc
      .record({
        tags,
        routes: fc.subarray(["10.0.0.0/16", "10.1.0.0/24", "0.0.0.0/0"], { maxLength: 2 }),
        exitNode: fc.constantFrom(null, "n0", "n1"),
        confinedBy: fc.subarray(["m0", "m1", "r00", "r01"]),
        microsegments: fc.subarray(["m0", "m1", "r00", "r01"]),
      })
      .map(({ microsegments, ...more }) => {
        const full = more.confinedBy.filter((id) => microsegments.includes(id));
        return facts(`n${n}`, { ...more, microsegments: full });
      });
  const selector = fc.constantFrom(
    "any",
    "tag:t0",
    "tag:t1",
    "tag:t2",
    "node:n3",
    "segment:m1",
    "subnet:10.0.0.0/24",
  );
  const rules = fc.array(
    fc
      .tuple(
        fc.constantFrom("", "!"),
        selector,
        fc.oneof(selector, fc.constant("internet")),
        fc.constantFrom("any", "tcp/1-100", "tcp/50-200", "udp", "icmp"),
      )
      .map(([sign, from, to, traffic]) => `${sign}${from} > ${to} ${traffic}`),
    { maxLength: 12 },
  );
  const levels = fc.constantFrom<Isolated["isolation"]>("standard", "open", "strict", "quarantine");
  const network = fc.record({ nodes: fc.tuple(...[0, 1, 2, 3, 4, 5].map(node)), rules, level: levels });
  const made = ({
    nodes,
    rules: lines,
    level,
  }: {
    nodes: NodeFacts[];
    rules: string[];
    level: Isolated["isolation"];
  }) =>
    indexOf(
      nodes,
      lines.map((line, n) => rule(`r${String(n).padStart(2, "0")}`, line, n < 2 ? { when: CONDITION } : {})),
      [
        {
          id: "m0",
          name: "m0",
          isolation: level,
          remediation: level === "quarantine" ? [{ kind: "tag", tag: "t2" }] : [],
          atMost: [],
        },
      ],
    );
  const seen = { seed: SEED, numRuns: drawn(200, 5_000) };

  test("is what the links of both say", () => {
    fc.assert(
      fc.property(network, (drawnNetwork) => {
        const index = made(drawnNetwork);
        for (const a of drawnNetwork.nodes)
          for (const b of drawnNetwork.nodes) {
            if (a === b) continue;
            const link = index.linksOf(a.id).find(({ peer }) => peer === b.id);
            const { allowed, denied } = index.verdictsFrom(a.id)?.(b.id) ?? { allowed: null, denied: null };
            expect({ allowed, denied }).toEqual({
              allowed: link?.outbound ?? [],
              denied: link ? (link.denied?.outbound ?? []) : denied,
            });
          }
      }),
      seen,
    );
  });

  test("is the same for nodes that no rule can tell apart", () => {
    fc.assert(
      fc.property(network, (drawnNetwork) => {
        const index = made(drawnNetwork);
        const said = (a: string, b: string) => JSON.stringify(index.verdictsFrom(a)?.(b));
        for (const a of drawnNetwork.nodes)
          for (const twin of drawnNetwork.nodes) {
            if (index.kinOf(a.id) !== index.kinOf(twin.id)) continue;
            for (const b of drawnNetwork.nodes) {
              if (b === a || b === twin) continue;
              expect(said(a.id, b.id)).toBe(said(twin.id, b.id));
              expect(said(b.id, a.id)).toBe(said(b.id, twin.id));
            }
          }
      }),
      seen,
    );
  });
});
