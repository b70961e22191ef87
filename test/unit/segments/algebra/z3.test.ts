import { afterAll, beforeAll, expect, test } from "vitest";
import { type BitVec, type Bool, type Context, init } from "z3-solver";
import { ALL_OF_RULES } from "../../../../shared/node/config/rule-terms.ts";
import type { Traffic } from "../../../../shared/node/config/types.ts";
import { differenceOf } from "../../../../shared/segments/algebra/difference.ts";
import type { Region } from "../../../../shared/segments/algebra/region.ts";
import type { NodeFacts, SegmentRule, Selector, World } from "../../../../shared/segments/types.ts";
import { randomFrom } from "../../../support/random.ts";
import { bySeed, drawn, SEED } from "../../../support/sample.ts";
import { drawBy, drawChange, drawWorld, NOW } from "./draw.ts";

/** The difference of two sets of rules held against Z3, which knows of rules only what is written here. */

const NETWORKS = drawn(15, 400);
type Z3 = Context<"main">;
let z3: Z3;
let stop: () => void;

beforeAll(async () => {
  const { Context, em } = await init();
  z3 = Context("main");
  stop = () => em.PThread.terminateAllThreads();
});
afterAll(() => stop());

/** A packet: two nodes by their positions, and a point of the line of traffic. */
interface Packet {
  readonly source: BitVec<6, "main">;
  readonly destination: BitVec<6, "main">;
  readonly point: BitVec<19, "main">;
}
const isNumber = (vector: BitVec<number, "main">, value: number): Bool<"main"> =>
  vector.eq(z3.BitVec.val(value, vector.size()));

const TCP = 0;
const UDP = 1;
const ICMP = 2;
const OTHER = 3;
/** The requests of each family, by the numbers that traffic has for them. */
const REQUESTS = { 4: [8, 13, 15, 17], 6: [8, 139] };

const isOne = (node: BitVec<6, "main">, places: readonly number[]): Bool<"main"> =>
  z3.Or(...places.map((place) => isNumber(node, place)), z3.Bool.val(false));

function traffic({ protocol, family, ports }: Traffic, point: Packet["point"]): Bool<"main"> {
  const [six, which, port] = [z3.Extract(18, 18, point), z3.Extract(17, 16, point), z3.Extract(15, 0, point)];
  const inFamily = family === undefined ? z3.Bool.val(true) : isNumber(six, family === 6 ? 1 : 0);
  const number = { tcp: TCP, udp: UDP, icmp: ICMP, other: OTHER, any: -1 }[protocol];
  const inProtocol = number < 0 ? z3.Bool.val(true) : isNumber(which, number);
  const inPorts =
    ports.length === 0
      ? z3.Bool.val(true)
      : z3.Or(...ports.map(([from, to]) => z3.And(port.uge(from), port.ule(to))));
  return z3.And(inFamily, inProtocol, inPorts);
}

function permits({ nodes, rules }: World, { source, destination, point }: Packet): Bool<"main"> {
  const all = [...nodes.values()];
  const places = (selectors: readonly Selector[], denies: boolean) =>
    all.flatMap((node, place) =>
      selectors.some((selector) => isNamed(node, selector, denies)) ? [place] : [],
    );
  const speaks = (rule: SegmentRule) =>
    z3.And(
      isOne(source, places(rule.from, rule.effect === "deny")),
      isOne(destination, places(rule.to, rule.effect === "deny")),
      z3.Or(...rule.traffic.map((one) => traffic(one, point))),
    );
  const some = (those: readonly SegmentRule[]) => z3.Or(...those.map(speaks), z3.Bool.val(false));
  return z3.And(
    some(rules.filter(({ effect }) => effect !== "deny")),
    z3.Not(some(rules.filter(({ effect }) => effect === "deny"))),
  );
}

function isNamed(node: NodeFacts, selector: Selector, denies: boolean): boolean {
  if (node.quarantined) return false;
  const segments = [node.segment, ...node.microsegments];
  const confined = selector.kind === "segment" && denies && node.confinedBy.includes(selector.segment);
  if (node.contained) return selector.kind === "quarantine" || confined;
  switch (selector.kind) {
    case "any":
      return true;
    case "segment":
      return segments.includes(selector.segment) || confined;
    case "tag":
      return node.tags.includes(selector.tag);
    case "user":
      return node.user === selector.user;
    case "node":
      return node.id === selector.node;
    default:
      return false;
  }
}

const isIn = (region: Region, point: Packet["point"]): Bool<"main"> =>
  z3.Or(
    ...region.flatMap(({ traffic: set }) =>
      set.map(([from, until]) => z3.And(point.uge(from), point.ult(until))),
    ),
    z3.Bool.val(false),
  );

/** Rules without times, and without what lies behind nodes: of that the filter's own test knows. */
const plain = (world: World): World => ({
  ...world,
  microsegments: [],
  nodes: new Map([...world.nodes].map(([id, node]) => [id, { ...node, routes: [], exitNode: null }])),
  rules: world.rules.map(({ notBefore: _, notAfter: __, ...rule }) => rule),
});

test("the difference is exactly what Z3 finds: nothing more and nothing less", async () => {
  const draw = drawBy(randomFrom(SEED));
  let changed = 0;
  for (let n = 0; n < NETWORKS; n++) {
    const drawnWorld = drawWorld(draw, 9, 10);
    const [before, after] = [plain(drawnWorld), plain(drawChange(draw, drawnWorld))];
    const { changes } = differenceOf(before, after, { at: NOW, knowledgeOf: () => ALL_OF_RULES });
    changed += changes.length;
    const packet: Packet = {
      source: z3.BitVec.const("source", 6),
      destination: z3.BitVec.const("destination", 6),
      point: z3.BitVec.const("point", 19),
    };
    const { source, destination, point } = packet;
    const port = z3.Extract(15, 0, point);
    const [six, which] = [z3.Extract(18, 18, point), z3.Extract(17, 16, point)];
    const isRequest = (family: 4 | 6) =>
      z3.And(
        isNumber(six, family === 6 ? 1 : 0),
        z3.Or(...REQUESTS[family].map((number) => isNumber(port, number))),
      );
    const inStretch = z3.Or(
      z3.And(isNumber(z3.Extract(17, 17, point), 0), z3.Not(isNumber(port, 0))),
      z3.And(isNumber(which, ICMP), z3.Or(isRequest(4), isRequest(6))),
      z3.And(isNumber(which, OTHER), isNumber(port, 0)),
    );
    const isPacket = z3.And(
      source.ult(before.nodes.size),
      destination.ult(before.nodes.size),
      source.neq(destination),
      inStretch,
    );
    const place = new Map([...before.nodes.keys()].map((id, at) => [id, at]));
    const ofClass = (node: Packet["source"], members: readonly string[]) =>
      isOne(
        node,
        members.map((id) => place.get(id) ?? -1),
      );
    const said = (of: "gained" | "lost") =>
      z3.Or(
        ...changes.map((change) =>
          z3.And(
            ofClass(source, change.from.members),
            ofClass(destination, change.to.members),
            isIn(change[of], point),
          ),
        ),
        z3.Bool.val(false),
      );
    const [was, is] = [permits(before, packet), permits(after, packet)];
    const solver = new z3.Solver();
    solver.add(isPacket);
    solver.add(
      z3.Or(z3.Xor(said("gained"), z3.And(is, z3.Not(was))), z3.Xor(said("lost"), z3.And(was, z3.Not(is)))),
    );
    const verdict = await solver.check();
    expect({ bySeed, n, verdict, model: verdict === "sat" ? solver.model().sexpr() : "" }).toEqual({
      bySeed,
      n,
      verdict: "unsat",
      model: "",
    });
  }
  expect(changed).toBeGreaterThan(NETWORKS);
});
