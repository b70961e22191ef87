import { expect, test } from "vitest";
import { ALL_OF_RULES } from "../../../../shared/node/config/rule-terms.ts";
import { Permissions } from "../../../../shared/segments/algebra/permissions.ts";
import { trafficSet } from "../../../../shared/segments/algebra/traffic-line.ts";
import type { SegmentRule, Selector, World } from "../../../../shared/segments/types.ts";
import { type End, routerTo } from "../../../../shared/segments/why/ends.ts";
import { type Cause, why } from "../../../../shared/segments/why/why.ts";
import { inWords } from "../../../../shared/segments/why/words.ts";
import { randomFrom } from "../../../support/random.ts";
import { bySeed, drawn, isSoak, SEED } from "../../../support/sample.ts";
import { drawBy, drawKnowledge, drawWorld, indexOf, NOW } from "../algebra/draw.ts";
import { passes } from "../algebra/packets.ts";

const NETWORKS = drawn(20, 1_500);
/** What may stand in the way though rules allow. */
const HINDRANCES: readonly string[] = ["no_way", "old_agent", "too_many"];
const BEHIND = ["10.1.2.3", "10.200.0.1", "203.0.113.9", "8.8.8.8"];

/** The network in which the reasons that were given hold no more. */
function mended(world: World, causes: readonly Cause[], from: End, to: End): World {
  let { rules, microsegments } = world;
  const nodes = new Map(world.nodes);
  for (const cause of causes) {
    switch (cause.kind) {
      case "denied":
        rules = rules.filter(({ id }) => id !== cause.rule);
        microsegments = microsegments.map((one) =>
          cause.rule === `${one.id}_most` ? { ...one, atMost: [] } : one,
        );
        break;
      case "not_now":
        rules = rules.map((rule) => (rule.id === cause.rule ? always(rule) : rule));
        break;
      case "isolation":
        microsegments = microsegments.map((one) =>
          cause.microsegments.includes(one.id) ? { ...one, isolation: "standard" } : one,
        );
        break;
      case "no_rule":
        rules = [...rules, ruleBetween(from, to)];
        break;
      case "contained":
      case "not_a_member": {
        const node = nodes.get(cause.node);
        if (node) nodes.set(node.id, { ...node, quarantined: false, contained: false });
        break;
      }
    }
  }
  return { nodes, rules, microsegments };
}

const always = ({ notBefore: _, notAfter: __, ...rule }: SegmentRule): SegmentRule => rule;

function ruleBetween(from: End, to: End): SegmentRule {
  const behind = ({ node, address }: End): Selector =>
    address === null ? { kind: "node", node } : { kind: "subnet", prefix: `${address}/32` };
  return {
    id: "rule_zz",
    name: "added",
    from: [behind(from)],
    to: [behind(to), ...(to.address === null ? [] : [{ kind: "internet" } as const])],
    traffic: [{ protocol: "any", ports: [] }],
  };
}

test("what is said of two ends is what their filters do, and nothing stands in the way but what is named", () => {
  const draw = drawBy(randomFrom(SEED));
  const seen = new Map<string, number>();
  for (let n = 0; n < NETWORKS; n++) {
    const world = drawWorld(draw, 6, 7);
    const index = indexOf(world);
    const knowledge = new Map([...world.nodes.keys()].map((node) => [node, drawKnowledge(draw)]));
    const asking = (one: World, knows: (node: string) => number) => {
      const of = indexOf(one);
      const circumstances = { at: NOW, knowledgeOf: knows };
      return { index: of, permissions: new Permissions(of, circumstances), ...circumstances };
    };
    const knowledgeOf = (node: string) => knowledge.get(node) ?? 0;
    const all = () => ALL_OF_RULES;
    const now = asking(world, knowledgeOf);
    for (let question = 0; question < 12; question++) {
      const source: End = { node: draw.pick([...world.nodes.keys()]), address: null };
      const address = draw.chance(0.4) ? draw.pick(BEHIND) : null;
      const router = address && routerTo(address, source.node, now.permissions, world);
      const destination: End = router
        ? { node: router, address }
        : { node: draw.pick([...world.nodes.keys()]), address: null };
      const port = draw.pick([22, 53, 443, 1_000, 8_100]);
      const protocol = draw.pick(["tcp", "udp"] as const);
      const asked = trafficSet([{ protocol, family: 4, ports: [[port, port]] }]);
      const answer = why(source, destination, asked, now);
      seen.set(answer.verdict, (seen.get(answer.verdict) ?? 0) + 1);
      for (const { kind } of answer.causes) seen.set(kind, (seen.get(kind) ?? 0) + 1);
      const [a, b] = [world.nodes.get(source.node), world.nodes.get(destination.node)];
      if (!a || !b) throw new Error("drawn");
      const given = (node: typeof a) => ({
        node,
        links: index.linksKnown(node.id, knowledgeOf(node.id)),
      });
      const packet = { from: a.ipv4, to: destination.address ?? b.ipv4, protocol, port };
      const context = { bySeed, n, source, destination, packet, causes: answer.causes };
      expect({ ...context, verdict: answer.verdict }).toEqual({
        ...context,
        verdict: passes(index, given(a), given(b), packet, NOW) ? "allowed" : "denied",
      });
      // A node in quarantine may be all that a rule names: nobody is told to make it what it is.
      const missed = answer.causes
        .flatMap((cause) => (cause.kind === "no_rule" ? cause.nearly : []))
        .flatMap(({ misses }) => (misses === "from" ? [a] : misses === "to" ? [b] : []));
      expect({ ...context, missed: missed.filter(({ contained }) => contained) }).toEqual({
        ...context,
        missed: [],
      });
      expect({ ...context, hasCauses: answer.causes.length > 0 }).toEqual({
        ...context,
        hasCauses: answer.verdict === "denied",
      });
      const isHindered = answer.causes.some(({ kind }) => HINDRANCES.includes(kind));
      for (const { rule } of answer.rules.filter(({ decides }) => decides && !isHindered)) {
        const rules = world.rules.filter(({ id }) => id !== rule.id);
        if (rules.length === world.rules.length) continue;
        const without = why(source, destination, asked, asking({ ...world, rules }, all));
        if (without.causes.some(({ kind }) => HINDRANCES.includes(kind))) continue;
        expect({ ...context, rule, verdict: without.verdict }).not.toEqual({
          ...context,
          rule,
          verdict: answer.verdict,
        });
      }
      if (
        answer.verdict === "allowed" ||
        answer.causes.some(({ kind }) => kind === "same_node" || kind === "no_way")
      )
        continue;
      // Each reason that is taken away may show another one behind it.
      let [mending, causes] = [world, answer.causes];
      let verdict: string = answer.verdict;
      const stays = answer.causes.some(({ kind }) => kind === "old_agent") ? all : knowledgeOf;
      for (let step = 0; step < 4 && verdict === "denied"; step++) {
        mending = mended(mending, causes, source, destination);
        const next = why(source, destination, asked, asking(mending, step === 0 ? stays : all));
        [verdict, causes] = [next.verdict, next.causes];
        if (causes.some(({ kind }) => kind === "no_way")) verdict = "no_way";
      }
      expect({ ...context, left: verdict === "denied" ? causes : [] }).toEqual({ ...context, left: [] });
      const vocabulary = { index, segmentName: (id: string) => id, explain: () => null };
      expect(JSON.stringify(inWords(answer, source, destination, vocabulary))).not.toContain("undefined");
    }
  }
  const often = ["allowed", "denied", "no_rule", "not_a_member"];
  for (const kind of isSoak ? [...often, "not_now", "isolation", "same_node", "old_agent", "no_way"] : often)
    expect([kind, seen.has(kind)]).toEqual([kind, true]);
});
