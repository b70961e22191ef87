import { compileRule, type RuleSide } from "../compiled-rule.ts";
import { type Isolated, impliedRules } from "../isolation.ts";
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

/** What rules and levels read of nodes in a world. */
interface Readers {
  readonly keys: ReadonlySet<Key>;
  /** Whether a rule names addresses behind nodes. Then each router and each choice of an exit node counts. */
  readonly blocks: boolean;
}

function readersOf({ rules, microsegments }: World): Readers {
  const keys = new Set<Key>();
  let blocks = false;
  for (const rule of [...rules, ...impliedRules(microsegments)]) {
    const { from, to } = compileRule(rule);
    for (const key of [...from.identities, ...to.identities]) keys.add(key);
    if (from.condition !== null) keys.add(from.condition);
    blocks ||= namesBlocks(from) || namesBlocks(to);
  }
  for (const one of microsegments) for (const key of keysOfLevel(one)) keys.add(key);
  return { keys, blocks };
}

const namesBlocks = ({ subnets, internet }: RuleSide): boolean => subnets.length > 0 || internet;

const keysOfLevel = ({ id, isolation, remediation }: Isolated): Key[] =>
  isolation === "strict" || isolation === "quarantine"
    ? [confinedKey(id), ...remediation.flatMap((selector) => identityKey(selector) ?? [])]
    : [];

/**
 * The classes of nodes, ordered by their first members.
 * @param worlds Nodes of one class are alike in each of them. All have the same nodes.
 * @param isPlain Nodes whose agents know less of rules are of other classes.
 */
export function classesOf(worlds: readonly World[], isPlain: (node: string) => boolean): NodeClass[] {
  const readers = joinedReaders(worlds.map(readersOf));
  const classes = new Map<string, { members: string[]; keys: readonly Key[] }>();
  // Two sets of rules mostly have the very same nodes.
  const [first, ...others] = new Set(worlds.map(({ nodes }) => nodes));
  for (const [id, node] of first ?? []) {
    const found = [node, ...others.flatMap((nodes) => nodes.get(id) ?? [])].map((one) => seen(one, readers));
    const key = `${isPlain(id)} ${found.map(({ text }) => text).join(" / ")}`;
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

const joinedReaders = (readers: readonly Readers[]): Readers => ({
  keys: new Set(readers.flatMap(({ keys }) => [...keys])),
  blocks: readers.some(({ blocks }) => blocks),
});

/** What the rules see of a node. */
function seen(node: NodeFacts, { keys, blocks }: Readers): { text: string; keys: readonly Key[] } {
  if (node.quarantined) return { text: "quarantined", keys: [] };
  const identities = identitiesOf(node);
  const named = identities.filter((key) => keys.has(key)).sort();
  const way = !blocks ? "" : node.routes.length > 0 ? node.id : (node.exitNode ?? "");
  return { text: `${identities[0]} ${named.join()} ${way}`, keys: named };
}

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
