import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FactValue, FactValues } from "../../../shared/segments/criteria/facts.ts";
import { parseCriterion } from "../../../shared/segments/criteria/parse.ts";
import {
  belongingOf,
  ISOLATION_LEVELS,
  type MemberSelector,
  type Microsegment,
  type Named,
} from "../../../shared/segments/microsegment.ts";
import { Placements } from "../../../shared/segments/placements.ts";
import { SEED } from "../../support/sample.ts";

const criterion = (text: string) => {
  const parsed = parseCriterion(text);
  if (!parsed.ok) throw new Error(parsed.error.problem);
  return parsed.value;
};
const segment = (id: string, more: Partial<Microsegment> = {}): Microsegment => ({
  ...{ id, name: id, type: "user", isolation: "standard", where: null, unless: null },
  ...{ include: [], exclude: [], remediation: [], atMost: [], acceptsClaims: false },
  ...more,
});
const known = (facts: Record<string, FactValue>): FactValues => new Map(Object.entries(facts));
const node = (id: string, more: Partial<Named> = {}): Named => ({ id, tags: [], user: null, ...more });

/** How the node belongs, alone. */
function belongs(microsegment: Microsegment, facts: Record<string, FactValue>, of = node("a")) {
  const placements = new Placements();
  placements.setMicrosegments([microsegment]);
  const { microsegments, confinedBy } = placements.place(of, known(facts));
  return microsegments.length > 0 ? "full" : confinedBy.length > 0 ? "narrow" : "none";
}

describe("what a claim may do", () => {
  const old = criterion("claims.osVersion < 12");
  const finance = criterion('user.department == "Finance"');

  it("makes a node a member that only denials and isolation mean", () => {
    expect(belongs(segment("m", { where: old }), { "claims.osVersion": "11" })).toBe("narrow");
    expect(belongs(segment("m", { where: old, acceptsClaims: true }), { "claims.osVersion": "11" })).toBe(
      "full",
    );
  });

  it("takes a member from rules that allow, and not from denials and isolation", () => {
    const microsegment = segment("m", { where: finance, unless: old });
    const facts = { "user.department": "Finance" };
    expect(belongs(microsegment, { ...facts, "claims.osVersion": "12" })).toBe("full");
    expect(belongs(microsegment, { ...facts, "claims.osVersion": "11" })).toBe("narrow");
    // The node keeps silent about what might exclude it.
    expect(belongs(microsegment, facts)).toBe("narrow");
  });

  it("adds nothing to what is stated", () => {
    const either = segment("m", {
      where: criterion('user.department == "Finance" or claims.os == "debian"'),
    });
    expect(belongs(either, { "user.department": "Finance", "claims.os": "windows" })).toBe("full");
    expect(belongs(either, { "user.department": "Sales", "claims.os": "debian" })).toBe("narrow");
    const both = segment("m", {
      where: criterion('user.department == "Finance" and not claims.os == "windows"'),
    });
    expect(belongs(both, { "user.department": "Finance", "claims.os": "debian" })).toBe("narrow");
  });
});

describe("lists", () => {
  it("add members, and exclusions win", () => {
    const include: MemberSelector[] = [{ kind: "tag", tag: "x" }];
    const tagged = node("a", { tags: ["x"], user: "ann@example.com" });
    expect(belongs(segment("m", { include }), {}, tagged)).toBe("full");
    expect(belongs(segment("m", { include }), {})).toBe("none");
    const exclude: MemberSelector[] = [{ kind: "user", user: "ann@example.com" }];
    expect(belongs(segment("m", { include, exclude }), {}, tagged)).toBe("none");
    expect(belongs(segment("m", { include, exclude: [{ kind: "node", node: "a" }] }), {}, tagged)).toBe(
      "none",
    );
    const unless = criterion('place.country == "XX"');
    expect(belongs(segment("m", { include, unless }), { "place.country": "XX" }, tagged)).toBe("none");
  });
});

const CRITERIA = [
  'user.department == "a"',
  'not user.department == "a"',
  'user.groups has "a" and claims.osVersion >= 2',
  "claims.osVersion < 2 or app.x == 1",
  "not known place.country",
  "known claims.osVersion",
  'app.x == 1.0 and place.country in ["a", "1"]',
  'not (known app.x and user.department != "a") or user.groups has "a"',
  'not (place.country == "a" or user.department == "1")',
].map(criterion);
const FACTS = ["user.department", "user.groups", "claims.osVersion", "app.x", "place.country"];
const anyFacts = fc
  .dictionary(fc.constantFrom(...FACTS), fc.constantFrom("a", "1", "2", ["a"], []), { maxKeys: 4 })
  .map((facts) => known(facts as Record<string, FactValue>));
const anyNode = fc.record({
  id: fc.constantFrom("a", "b", "c", "d"),
  tags: fc.subarray(["x", "y"]),
  user: fc.constantFrom("u", null),
});
const anyList = fc.subarray<MemberSelector>([
  { kind: "tag", tag: "x" },
  { kind: "user", user: "u" },
  { kind: "node", node: "b" },
]);
const anySegments = fc.uniqueArray(
  fc.record({
    ...{ id: fc.constantFrom("1", "2", "3"), name: fc.constant("n"), type: fc.constant("user" as const) },
    ...{ isolation: fc.constantFrom(...ISOLATION_LEVELS), acceptsClaims: fc.boolean() },
    where: fc.option(fc.constantFrom(...CRITERIA)),
    unless: fc.option(fc.constantFrom(...CRITERIA)),
    ...{ include: anyList, exclude: anyList, remediation: fc.constant([]), atMost: fc.constant([]) },
  }),
  { selector: ({ id }) => id },
);
const anyChange = fc.oneof(
  fc.record({ node: anyNode, facts: anyFacts }),
  fc.record({ segments: anySegments }),
  fc.record({ remove: fc.constantFrom("a", "b", "c", "d") }),
);

/** Each criterion evaluated for the node, without any index. */
function judgedAlone(segments: readonly Microsegment[], placed?: { node: Named; facts: FactValues }) {
  const among = (...kinds: string[]) =>
    segments
      .filter((one) => placed && kinds.includes(belongingOf(one, placed.node, placed.facts)))
      .map(({ id }) => id)
      .sort();
  return { microsegments: among("full"), confinedBy: among("full", "narrow") };
}

describe("placements", () => {
  it("are after each change what they are when everything is judged anew, and say who moved", () => {
    const history = fc.array(anyChange, { maxLength: 25 });
    fc.assert(
      fc.property(history, (changes) => {
        const placements = new Placements();
        const nodes = new Map<string, { node: Named; facts: FactValues }>();
        let segments: Microsegment[] = [];
        for (const change of changes) {
          const before = new Map([...nodes.keys()].map((id) => [id, placements.of(id)]));
          let moved: Set<string> | null = null;
          if ("segments" in change) {
            segments = change.segments;
            moved = placements.setMicrosegments(segments);
          } else if ("remove" in change) {
            placements.remove(change.remove);
            nodes.delete(change.remove);
          } else {
            placements.place(change.node, change.facts);
            nodes.set(change.node.id, change);
          }
          for (const id of ["a", "b", "c", "d"]) {
            expect(placements.of(id)).toEqual(judgedAlone(segments, nodes.get(id)));
            if (moved?.has(id) === false)
              expect(placements.of(id)).toEqual(before.get(id) ?? placements.of(id));
          }
        }
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});
