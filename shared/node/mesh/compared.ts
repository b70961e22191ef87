import { printAddressSet } from "../../segments/algebra/address-line.ts";
import { checkRules, type Finding } from "../../segments/algebra/check.ts";
import type { NodeClass } from "../../segments/algebra/classes.ts";
import { type Change, differenceOf, type Witness, witnessOf } from "../../segments/algebra/difference.ts";
import { type MATRIX_AXES, matrixOf } from "../../segments/algebra/matrix.ts";
import type { Region } from "../../segments/algebra/region.ts";
import { printTrafficSet } from "../../segments/algebra/traffic-line.ts";
import type { World } from "../../segments/types.ts";
import { spanAt } from "../../segments/windows.ts";
import { circumstancesOf, type Standpoint } from "./answers.ts";
import type { MeshDraft } from "./mesh-draft.ts";
import type { Network } from "./network.ts";

/** Answers of a segment's object about all pairs of nodes: what a draft would change, idle rules, and who reaches whom. */

export interface DifferenceQuestion extends Standpoint {
  readonly draft: MeshDraft;
  /** How many changes are listed. */
  readonly limit: number;
}

export interface DifferenceAnswer {
  /** The moment: that of the question, or the first one at which a drafted rule holds. */
  readonly at: number;
  /** How many ordered pairs of nodes gain something, and how many lose something. */
  readonly gaining: number;
  readonly losing: number;
  readonly changes: ChangeView[];
  /** How many further changes there are. */
  readonly more: number;
  /** Nodes that would have more peers than a config may name. */
  readonly crowded: { readonly nodes: ClassView; readonly peers: number }[];
}

interface ClassView {
  readonly nodes: number;
  /** One of them. */
  readonly example: { readonly id: string; readonly name: string };
  /** What rules name of them, in the words of rules. */
  readonly words: string[];
}

interface PacketsView {
  /** Addresses behind the nodes. Empty: the nodes themselves. */
  readonly from: string[];
  readonly to: string[];
  readonly traffic: string[];
}

interface ChangeView {
  readonly from: ClassView;
  readonly to: ClassView;
  readonly pairs: number;
  readonly gained: PacketsView[];
  readonly lost: PacketsView[];
  /** A packet that passes only after, and one that passes only before. */
  readonly gains: Witness | null;
  readonly loses: Witness | null;
}

const MOST_BLOCKS = 6;
const MOST_BOXES = 6;

export function answerDifference(network: Network, question: DifferenceQuestion): DifferenceAnswer {
  const { draft, limit } = question;
  const before = network.index.world();
  const after = network.supposed(draft, question.at);
  const at = momentOf(draft, after, question.at);
  const { changes, gaining, losing, crowded } = differenceOf(
    before,
    after,
    circumstancesOf({ ...question, at }),
  );
  return {
    ...{ at, gaining, losing },
    changes: changes.slice(0, limit).map((change) => changeView(change, network, before, after)),
    more: Math.max(0, changes.length - limit),
    crowded: crowded.slice(0, limit).map(({ of, peers }) => ({ nodes: classView(of, network), peers })),
  };
}

/** A drafted rule that holds later would change nothing now. */
function momentOf({ rules }: MeshDraft, { rules: all }: World, at: number): number {
  const put = new Set(rules.put.map(({ id }) => id));
  const spans = all.filter(({ id }) => put.has(id)).map((rule) => spanAt(rule, at));
  const begins = spans.flatMap(({ holds, until }) => (holds || until === null ? [] : [until]));
  return begins.length === 0 || spans.some(({ holds }) => holds) ? at : Math.min(...begins);
}

function changeView(
  { from, to, pairs, gained, lost }: Change,
  network: Network,
  before: World,
  after: World,
): ChangeView {
  const other = from === to ? (to.second ?? to.first) : to.first;
  return {
    ...{ from: classView(from, network), to: classView(to, network), pairs },
    ...{ gained: packetsView(gained), lost: packetsView(lost) },
    gains: witnessOf(gained, from.first, other, after),
    loses: witnessOf(lost, from.first, other, before),
  };
}

const packetsView = (region: Region): PacketsView[] =>
  region.slice(0, MOST_BOXES).map(({ from, to, traffic }) => ({
    from: printAddressSet(from ?? [], MOST_BLOCKS),
    to: printAddressSet(to ?? [], MOST_BLOCKS),
    traffic: printTrafficSet(traffic),
  }));

const classView = ({ first, members, keys }: NodeClass, network: Network): ClassView => ({
  nodes: members.length,
  example: { id: first, name: network.nameOf(first) },
  words: keys.flatMap((key) => wordOf(key, network)),
});

/** What rules name, with names. That a node is one of all, or that denials mean it, tells nobody anything. */
function wordOf(key: string, network: Network): string[] {
  const [kind = "", id = ""] = [key.slice(0, key.indexOf(":")), key.slice(key.indexOf(":") + 1)];
  if (kind === "segment") return [`segment:${network.segmentName(id)}`];
  if (kind === "node") return [`node:${network.nameOf(id)}`];
  return kind === "tag" || kind === "user" || key === "quarantine" ? [key] : [];
}

export interface CheckQuestion extends Standpoint {
  /** How many packets each rule decided, by its id, without those that decided none. Null: not all nodes count. */
  readonly hits: Readonly<Record<string, number>> | null;
}

export interface RuleFinding {
  readonly kind: Finding["kind"] | "never_hit";
  readonly rule: string;
  readonly name: string;
  /** The names of the rules that make it so. */
  readonly by: string[];
  readonly sides: ("from" | "to")[];
}

export interface CheckAnswer {
  /** How many rules there are that are in force. */
  readonly rules: number;
  readonly findings: RuleFinding[];
}

export function answerCheck(network: Network, question: CheckQuestion): CheckAnswer {
  const world = network.index.world();
  const nameOf = (id: string) => network.index.rule(id)?.name ?? id;
  const findings = checkRules(world, circumstancesOf(question)).map((found) => ({
    ...{ kind: found.kind, rule: found.rule, name: nameOf(found.rule) },
    by: "by" in found ? found.by.map(nameOf) : [],
    sides: "sides" in found ? [...found.sides] : [],
  }));
  const isFound = new Set(findings.map(({ rule }) => rule));
  const { hits } = question;
  const unhit = world.rules.filter(({ id }) => hits !== null && !isFound.has(id) && !hits[id]);
  return {
    rules: world.rules.length,
    findings: [
      ...findings,
      ...unhit.map(({ id, name }) => ({ kind: "never_hit" as const, rule: id, name, by: [], sides: [] })),
    ],
  };
}

export interface MatrixQuestion extends Standpoint {
  readonly axis: (typeof MATRIX_AXES)[number];
  readonly most: number;
}

export interface MatrixAnswer {
  readonly groups: { readonly name: string; readonly nodes: number }[];
  /** How many groups there are beside those. */
  readonly more: number;
  readonly cells: {
    readonly from: number;
    /** Null: what lies behind nodes, and the Internet. */
    readonly to: number | null;
    readonly pairs: number;
    readonly of: number;
    readonly some: string[];
    readonly all: string[];
  }[];
}

const UNTAGGED = "without tags";

export function answerMatrix(network: Network, question: MatrixQuestion): MatrixAnswer {
  const { index } = network;
  const groupsOf = (id: string): readonly string[] => {
    const node = index.node(id);
    if (!node || node.quarantined) return [];
    if (question.axis === "tags")
      return node.tags.length === 0 ? [UNTAGGED] : node.tags.map((tag) => `tag:${tag}`);
    return [node.segment, ...node.microsegments].map((segment) => `segment:${network.segmentName(segment)}`);
  };
  const { groups, more, cells } = matrixOf(index.world(), circumstancesOf(question), groupsOf, question.most);
  return {
    ...{ groups: [...groups], more },
    cells: cells.map(({ some, all, ...cell }) => ({
      ...cell,
      some: printTrafficSet(some),
      all: printTrafficSet(all),
    })),
  };
}
