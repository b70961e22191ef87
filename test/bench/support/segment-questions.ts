import { init } from "z3-solver";
import { ALL_OF_RULES } from "../../../shared/node/config/rule-terms.ts";
import type { Traffic } from "../../../shared/node/config/types.ts";
import { differenceOf } from "../../../shared/segments/algebra/difference.ts";
import { Permissions } from "../../../shared/segments/algebra/permissions.ts";
import { reachable } from "../../../shared/segments/algebra/reachable.ts";
import { trafficSet } from "../../../shared/segments/algebra/traffic-line.ts";
import type { NodeFacts, SegmentIndex, SegmentRule, World } from "../../../shared/segments/types.ts";
import { median } from "./result.ts";

/** Questions about rules: who reaches a node, and the difference of two sets of rules, held against Z3. */

const ASKED = 20;
const circumstances = { at: 0, knowledgeOf: () => ALL_OF_RULES };

/** Milliseconds for the question who can reach a node, with nothing remembered from an earlier one. */
export function whoCanReachMs(index: SegmentIndex): number {
  const nodes = [...index.world().nodes.keys()];
  const traffic = trafficSet([{ protocol: "tcp", ports: [[1_500, 1_500]] }]);
  const times = Array.from({ length: ASKED }, (_, n) => {
    const node = nodes[(n * 97) % nodes.length] ?? "";
    return timeOf(() => {
      const permissions = new Permissions(index, circumstances);
      reachable({ node, address: null }, "to", traffic, permissions, index.world(), circumstances);
    });
  });
  return median(times);
}

/** The same rules, of which each twentieth has another traffic. */
const changed = (rules: readonly SegmentRule[]): SegmentRule[] =>
  rules.map((rule, n) =>
    n % 20 === 0 ? { ...rule, traffic: [{ protocol: "tcp", ports: [[1_200, 1_400 + n]] }] } : rule,
  );

/**
 * Two sets of rules over the same nodes: all differences by the algebra, and by Z3 whether there is anything that is gained and
 * anything that is lost, with one packet each. Z3 is given tags instead of nodes, which are fewer.
 */
export async function differenceMs(
  index: SegmentIndex,
): Promise<{ readonly algebra: number; readonly z3: number }> {
  const before = index.world();
  const after: World = { ...before, rules: changed(before.rules) };
  const algebra = median(
    Array.from({ length: 3 }, () => timeOf(() => differenceOf(before, after, circumstances))),
  );
  return { algebra, z3: await z3Ms(before, after) };
}

async function z3Ms(before: World, after: World): Promise<number> {
  const { Context, em } = await init();
  const z3 = Context("main");
  const tags = [...new Set([...before.nodes.values()].map(({ tags: [tag = ""] }: NodeFacts) => tag))];
  const place = new Map(tags.map((tag, at) => [tag, at]));
  const [source, destination] = [z3.BitVec.const("source", 16), z3.BitVec.const("destination", 16)];
  const [protocol, port] = [z3.BitVec.const("protocol", 2), z3.BitVec.const("port", 16)];
  const has = (end: typeof source, selectors: SegmentRule["from"]) =>
    z3.Or(
      ...selectors.map((one) =>
        end.eq(z3.BitVec.val(one.kind === "tag" ? (place.get(one.tag) ?? 0) : 0, 16)),
      ),
    );
  const fits = (traffic: Traffic) =>
    z3.And(
      protocol.eq(z3.BitVec.val(traffic.protocol === "tcp" ? 0 : 1, 2)),
      z3.Or(...traffic.ports.map(([from, to]) => z3.And(port.uge(from), port.ule(to)))),
    );
  const some = (rules: readonly SegmentRule[]) =>
    z3.Or(
      ...rules.map((rule) =>
        z3.And(has(source, rule.from), has(destination, rule.to), z3.Or(...rule.traffic.map(fits))),
      ),
    );
  const permits = ({ rules }: World) =>
    z3.And(
      some(rules.filter(({ effect }) => effect !== "deny")),
      z3.Not(some(rules.filter(({ effect }) => effect === "deny"))),
    );
  const start = performance.now();
  const [was, is] = [permits(before), permits(after)];
  for (const difference of [z3.And(is, z3.Not(was)), z3.And(was, z3.Not(is))]) {
    const solver = new z3.Solver();
    solver.add(source.ult(tags.length), destination.ult(tags.length), difference);
    if ((await solver.check()) !== "sat") throw new Error("Z3 finds no difference");
  }
  const took = performance.now() - start;
  em.PThread.terminateAllThreads();
  return took;
}

function timeOf(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
