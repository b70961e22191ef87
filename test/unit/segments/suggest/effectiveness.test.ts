import { expect, test } from "vitest";
import { createSegmentIndex } from "../../../../shared/segments/segment-index.ts";
import { Judge } from "../../../../shared/segments/suggest/effectiveness.ts";
import { Permissions } from "../../../../shared/segments/suggest/permissions.ts";
import type { NodeFacts, SegmentRule } from "../../../../shared/segments/types.ts";

/** `web` opens to `app`, `app` to `db`, and `db` to itself; two nodes of each. Nobody may open anything to `desk`. */
const TAGS = ["web", "app", "db", "desk"];
const NODES = TAGS.flatMap((tag) => [1, 2].map((n) => facts(`${tag}-${n}`, tag)));
const RULES = [rule("one", "web", "app"), rule("two", "app", "db"), rule("three", "db", "db")];

function facts(id: string, tag: string): NodeFacts {
  return {
    ...{ id, name: id, segment: "seg_1", tags: [tag], user: null, ipv4: "100.64.0.1", ipv6: "fd00::1" },
    ...{ routes: [], exitNode: null, quarantined: false, microsegments: [], confinedBy: [] },
  };
}

function rule(id: string, from: string, to: string): SegmentRule {
  const traffic = [{ protocol: "tcp", ports: [] }] as const;
  return { id, name: id, from: [{ kind: "tag", tag: from }], to: [{ kind: "tag", tag: to }], traffic };
}

function judged(hit: ReadonlySet<string> | null, ...tags: string[]) {
  const index = createSegmentIndex();
  for (const node of NODES) index.upsert(node);
  index.setRules(RULES);
  const permissions = new Permissions(
    index,
    RULES,
    NODES.map(({ id }) => id),
  );
  const members = NODES.filter((node) => tags.includes(node.tags[0] ?? "")).map(({ id }) => id);
  return new Judge([], permissions, hit).judge(members);
}

test("a break-in reaches those that a member may open something to, and then those that these may", () => {
  expect(judged(null, "web").reach).toMatchObject({ today: { mean: 2 }, through: { mean: 4, max: 4 } });
  expect(judged(null, "app").reach).toMatchObject({ today: { mean: 2 }, through: { mean: 2, max: 2 } });
  // What comes back to the node itself is nothing new.
  expect(judged(null, "db").reach).toMatchObject({ today: { mean: 1 }, through: { mean: 1, max: 1 } });
  expect(judged(null, "desk").reach).toMatchObject({ today: { mean: 0 }, through: { mean: 0, max: 0 } });
  expect(judged(null, "web", "desk").reach.through).toEqual({ mean: 2, max: 4 });
});

test("the rules of a set are those into and out of it, and hit are those of which packets were counted", () => {
  expect(judged(new Set(["two", "three"]), "app").rules).toEqual({ total: 2, hit: 1 });
  expect(judged(new Set(), "db").rules).toEqual({ total: 2, hit: 0 });
  expect(judged(null, "desk").rules).toEqual({ total: 0, hit: null });
});
