import { describe, expect, test } from "vitest";
import { ALL_OF_RULES } from "../../../../shared/node/config/rule-terms.ts";
import type { Traffic } from "../../../../shared/node/config/types.ts";
import { checkRules } from "../../../../shared/segments/algebra/check.ts";
import { differenceOf } from "../../../../shared/segments/algebra/difference.ts";
import { parseCriterion } from "../../../../shared/segments/criteria/parse.ts";
import type { NodeFacts, SegmentRule, Selector, World } from "../../../../shared/segments/types.ts";
import { randomFrom } from "../../../support/random.ts";
import { bySeed, drawn, SEED } from "../../../support/sample.ts";
import { drawBy, drawWorld, NOW } from "./draw.ts";

const NETWORKS = drawn(8, 1_000);
const circumstances = { at: NOW, knowledgeOf: () => ALL_OF_RULES };
const tag = (name: string): Selector => ({ kind: "tag", tag: name });
const tcp = (from: number, to = from): Traffic => ({ protocol: "tcp", ports: [[from, to]] });

const node = (n: number, ...tags: string[]): NodeFacts => ({
  ...{
    id: `nod_${n}`,
    name: `n${n}`,
    segment: "seg_1",
    tags,
    user: null,
    ipv4: `100.64.0.${n}`,
    ipv6: `fd00::${n}`,
  },
  ...{ routes: [], exitNode: null, quarantined: false, microsegments: [], confinedBy: [] },
});
const rule = (
  id: string,
  from: Selector,
  to: Selector,
  traffic: Traffic,
  more: Partial<SegmentRule> = {},
): SegmentRule => ({
  ...{ id, name: id, from: [from], to: [to], traffic: [traffic] },
  ...more,
});
const worldOf = (rules: readonly SegmentRule[], more: Partial<World> = {}): World => ({
  nodes: new Map([node(1, "web"), node(2, "web"), node(3, "db"), node(4, "ops")].map((one) => [one.id, one])),
  rules,
  microsegments: [],
  ...more,
});
const found = (...rules: SegmentRule[]) => checkRules(worldOf(rules), circumstances);
const deny = { effect: "deny" } as const;

describe("rules without effect", () => {
  test("one that another says, and of two that say the same the newer one", () => {
    const wide = rule("r1", tag("web"), tag("db"), tcp(1, 9_000));
    expect(found(wide, rule("r2", tag("web"), tag("db"), tcp(443)))).toEqual([
      { kind: "shadowed", rule: "r2", by: ["r1"] },
    ]);
    expect(found(wide, { ...wide, id: "r2" })).toEqual([{ kind: "shadowed", rule: "r2", by: ["r1"] }]);
    const timed = { notAfter: NOW + 1_000 };
    expect(found({ ...wide, ...timed }, rule("r2", tag("web"), tag("db"), tcp(443)))).toEqual([]);
    expect(found(wide, rule("r2", tag("web"), tag("db"), tcp(443), timed))).toMatchObject([
      { kind: "shadowed" },
    ]);
  });

  test("none whose condition may come to be met, or that another covers while a condition is met", () => {
    const criterion = parseCriterion("user.risk < 50");
    if (!criterion.ok) throw new Error(criterion.error.problem);
    const when = { when: criterion.value };
    const wide = rule("r1", tag("web"), tag("db"), tcp(1, 9_000), when);
    const narrow = rule("r2", tag("web"), tag("db"), tcp(443));
    expect(found(wide)).toEqual([]);
    const calm = [1, 2].map((n) => ({ ...node(n, "web"), microsegments: ["r1"] }));
    const nodes = new Map([...calm, node(3, "db")].map((one) => [one.id, one]));
    expect(checkRules(worldOf([wide, narrow], { nodes }), circumstances)).toEqual([]);
    const denial = rule("r1", tag("web"), tag("db"), tcp(443), { ...deny, ...when });
    expect(checkRules(worldOf([denial, narrow], { nodes }), circumstances)).toEqual([]);
    const confined = new Map([...nodes].map(([id, one]) => [id, { ...one, confinedBy: one.microsegments }]));
    expect(checkRules(worldOf([denial, narrow], { nodes: confined }), circumstances)).toEqual([]);
  });

  test("one that several say together", () => {
    const halves = [
      rule("r1", tag("web"), tag("db"), tcp(1, 500)),
      rule("r2", tag("web"), tag("db"), tcp(501, 900)),
    ];
    expect(found(...halves, rule("r3", tag("web"), tag("db"), tcp(400, 600)))).toEqual([
      { kind: "redundant", rule: "r3", by: ["r1", "r2"] },
    ]);
  });

  test("one that allows what is denied, unless the denial ends; and a denial of nothing that is allowed", () => {
    const allowed = rule("r1", tag("web"), tag("db"), tcp(443));
    const denied = rule("r2", { kind: "any" }, tag("db"), tcp(1, 1_000), deny);
    expect(
      found(
        allowed,
        denied,
        rule("r3", tag("ops"), tag("db"), tcp(22)),
        rule("r4", tag("ops"), tag("db"), tcp(2_000)),
      ),
    ).toEqual([
      { kind: "contradicted", rule: "r1", by: ["r2"] },
      { kind: "contradicted", rule: "r3", by: ["r2"] },
    ]);
    expect(found(allowed, { ...denied, notAfter: NOW + 1_000 })).toEqual([]);
    expect(found(allowed, rule("r2", tag("web"), tag("db"), tcp(80), deny))).toEqual([
      { kind: "idle", rule: "r2" },
    ]);
  });

  test("one that selects nobody, one that has ended, and one that isolation takes away", () => {
    expect(
      found(rule("r1", tag("nobody"), tag("db"), tcp(1)), rule("r2", tag("db"), tag("db"), tcp(1))),
    ).toEqual([
      { kind: "selects_nobody", rule: "r1", sides: ["from"] },
      { kind: "selects_nobody", rule: "r2", sides: [] },
    ]);
    expect(found(rule("r1", tag("web"), tag("db"), tcp(1), { notAfter: NOW - 1 }))).toEqual([
      { kind: "ended", rule: "r1" },
    ]);
    const isolated = worldOf([rule("r1", tag("web"), tag("web"), tcp(1))], {
      microsegments: [{ id: "mic_1", name: "m", isolation: "strict", remediation: [], atMost: [] }],
      nodes: new Map(
        [1, 2].map((n) => [
          `nod_${n}`,
          { ...node(n, "web"), microsegments: ["mic_1"], confinedBy: ["mic_1"] },
        ]),
      ),
    });
    expect(checkRules(isolated, circumstances)).toEqual([{ kind: "isolated", rule: "r1" }]);
  });

  test("can all be taken away together, and nothing changes, now or when a rule begins or ends", () => {
    const draw = drawBy(randomFrom(SEED));
    let count = 0;
    for (let n = 0; n < NETWORKS; n++) {
      const before = drawWorld(draw, 9, 14);
      const findings = checkRules(before, circumstances);
      count += findings.length;
      const useless = new Set(findings.map((one) => one.rule));
      const after = { ...before, rules: before.rules.filter(({ id }) => !useless.has(id)) };
      for (const at of [NOW, NOW + 5_000_000, NOW + 10_000_000]) {
        const { changes } = differenceOf(before, after, { at, knowledgeOf: () => ALL_OF_RULES });
        expect({ bySeed, n, at, findings, changes }).toEqual({ bySeed, n, at, findings, changes: [] });
      }
    }
    expect(count).toBeGreaterThan(NETWORKS);
  });
});
