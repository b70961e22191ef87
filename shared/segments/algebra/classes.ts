import { compileRule } from "../compiled-rule.ts";
import { type Isolated, impliedRules } from "../isolation.ts";
import { type Kin, kinOf, type Readers } from "../kin.ts";
import { confinedKey, identitiesOf, identityKey, type Key } from "../membership.ts";
import { createSegmentIndex } from "../segment-index.ts";
import type { NodeFacts, SegmentIndex, World } from "../types.ts";

/**
 * Nodes that no rule tells apart. Whatever holds for one of them holds for all, so that a question about the whole network
 * costs what its rules cost, and not what its pairs of nodes do.
 */
export interface NodeClass {
  /** The first of the class, by id. */
  readonly first: string;
  /** Another one, that stands for the others where the class talks to itself. Null if there is none. */
  readonly second: string | null;
  /** The ids of all, in order. */
  readonly members: readonly string[];
  /** What rules name of them, as `tag:web` or `segment:mic_…`, in order. */
  readonly keys: readonly Key[];
}

/** What is read of nodes in one world at least. */
function readersOf(worlds: readonly World[]): Readers {
  const microsegments = [...new Set(worlds.flatMap((world) => world.microsegments))];
  const rules = [...new Set(worlds.flatMap((world) => world.rules)), ...impliedRules(microsegments)];
  const sides = rules.map(compileRule).flatMap(({ from, to }) => [from, to]);
  const keys = new Set(microsegments.flatMap(keysOfLevel));
  for (const { identities, condition } of sides) {
    for (const key of identities) keys.add(key);
    if (condition !== null) keys.add(condition);
  }
  const blocks = sides.some(({ subnets, internet }) => subnets.length > 0 || internet);
  return { names: (key) => keys.has(key), namesBlocks: () => blocks };
}

const keysOfLevel = ({ id, isolation, remediation }: Isolated): Key[] =>
  isolation === "strict" || isolation === "quarantine"
    ? [confinedKey(id), ...remediation.flatMap((selector) => identityKey(selector) ?? [])]
    : [];

/**
 * The classes of nodes, ordered by their first members.
 * @param worlds Nodes of one class are alike in each of them. All have the same nodes.
 * @param knowledgeOf Nodes whose agents know more or less of rules are of other classes.
 */
export function classesOf(worlds: readonly World[], knowledgeOf: (node: string) => number): NodeClass[] {
  const readers = readersOf(worlds);
  const classes = new Map<string, { members: string[]; keys: readonly Key[] }>();
  // Two sets of rules mostly have the very same nodes.
  const [first, ...others] = new Set(worlds.map(({ nodes }) => nodes));
  for (const [id, node] of first ?? []) {
    const found = [node, ...others.flatMap((nodes) => nodes.get(id) ?? [])].map((one) => kin(one, readers));
    const key = `${knowledgeOf(id)} ${found.map(({ text }) => text).join(" / ")}`;
    const known = classes.get(key);
    if (known) known.members.push(id);
    else classes.set(key, { members: [id], keys: found.at(-1)?.keys ?? [] });
  }
  return [...classes.values()]
    .map(({ members, keys }) => {
      members.sort();
      return { first: members[0] as string, second: members[1] ?? null, members, keys };
    })
    .sort((a, b) => (a.first < b.first ? -1 : 1));
}

const OUTSIDE: Kin = { keys: [], text: "" };

const kin = (node: NodeFacts, readers: Readers): Kin =>
  node.quarantined ? OUTSIDE : kinOf(node, identitiesOf(node), readers);

/**
 * The network of the classes alone: at most two nodes of each. Their links are those of all others, since nobody tells them
 * apart and each router is a class of its own.
 */
export function indexOfClasses(classes: readonly NodeClass[], world: World): SegmentIndex {
  const index = createSegmentIndex();
  for (const { first, second } of classes) {
    for (const id of [first, second]) {
      const node = id === null ? undefined : world.nodes.get(id);
      if (node) index.upsert(node);
    }
  }
  index.setMicrosegments(world.microsegments);
  index.setRules(world.rules);
  return index;
}

/** How many ordered pairs of different nodes the two classes have. */
export const pairsOf = (from: NodeClass, to: NodeClass): number =>
  from.members.length * (from === to ? to.members.length - 1 : to.members.length);
