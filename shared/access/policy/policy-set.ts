import { BoundedMap } from "../../base/bounded-map.ts";
import type { Environment } from "./environment.ts";
import { EvaluationError } from "./errors.ts";
import { type Given, givenBy } from "./given.ts";
import { holds, type Policy } from "./policy.ts";
import type { Decision } from "./request.ts";
import type { Variable } from "./scopes.ts";

/** The parts of a policy's head. The part that separates the most policies comes first. */
const LEVELS: readonly Variable[] = ["resource", "principal", "action"];

/** A policy and its place in the set. */
interface Placed {
  readonly policy: Policy;
  readonly place: number;
  /** Whether the policy is stored under several keys. Then one request may reach the policy more than once. */
  readonly isRepeated: boolean;
}

/**
 * Policies whose heads are equal up to one level. They are split into policies that name an entity at that
 * level and policies that don't.
 */
interface Node {
  readonly byKey: Map<string, Node>;
  any: Node | null;
  /** The policies after the last level. */
  readonly policies: Placed[];
}

/** How many combinations of policies are remembered with what they give. */
const MAX_GIVEN = 1_000;

const newNode = (): Node => ({ byKey: new Map(), any: null, policies: [] });

/**
 * Finds policies by the entities in their heads: resource, then principal, then action. So the cost of a
 * decision depends on the policies that could match, not on the policies for other apps or other people.
 */
export class PolicySet {
  readonly #root = newNode();
  readonly #byId: ReadonlyMap<string, Policy>;
  readonly #given = new BoundedMap<string, Given>(MAX_GIVEN);

  constructor(policies: readonly Policy[]) {
    this.#byId = new Map(policies.map((policy) => [policy.id, policy]));
    for (const [place, policy] of policies.entries()) {
      const isRepeated = LEVELS.some((level) => (policy[level].keys?.length ?? 0) > 1);
      file(this.#root, { policy, place, isRepeated }, 0);
    }
  }

  /**
   * Cedar's decision. A matching forbid wins. Otherwise a matching permit allows. Otherwise the request is
   * denied. Policies that fail are skipped.
   *
   * @param further Policies for this request alone, beside those of the set.
   */
  decide(env: Environment, further: readonly Policy[] = []): Decision {
    const found = new Findings(env);
    visit(this.#root, 0, found);
    for (const [i, policy] of further.entries()) {
      found.look({ policy, place: this.#byId.size + i, isRepeated: false });
    }
    return found.decision();
  }

  /** The permits among the policies with these ids, such as those that determined a decision. */
  permits(ids: readonly string[]): Policy[] {
    const named = ids.map((id) => this.#byId.get(id));
    return named.filter((policy) => policy?.effect === "permit") as Policy[];
  }

  /** What the permits among these give together. It is remembered, since the same few decide nearly every request. */
  given(ids: readonly string[]): Given {
    const key = ids.join("\n");
    const known = this.#given.get(key);
    if (known) return known;
    const given = givenBy(this.permits(ids));
    this.#given.set(key, given);
    return given;
  }
}

/** The results of the policies that were evaluated so far. */
class Findings {
  readonly env: Environment;
  readonly #permits: Placed[] = [];
  readonly #forbids: Placed[] = [];
  readonly #erring: (Placed & { readonly message: string })[] = [];
  #seen: Set<Placed> | null = null;

  constructor(env: Environment) {
    this.env = env;
  }

  look(placed: Placed): void {
    if (placed.isRepeated && this.#wasSeen(placed)) return;
    const { policy } = placed;
    try {
      if (holds(policy, this.env)) (policy.effect === "permit" ? this.#permits : this.#forbids).push(placed);
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      this.#erring.push({ ...placed, message: error.message });
    }
  }

  #wasSeen(placed: Placed): boolean {
    this.#seen ??= new Set();
    if (this.#seen.has(placed)) return true;
    this.#seen.add(placed);
    return false;
  }

  decision(): Decision {
    const isForbidden = this.#forbids.length > 0;
    return {
      decision: !isForbidden && this.#permits.length > 0 ? "allow" : "deny",
      determining: inOrder(isForbidden ? this.#forbids : this.#permits).map(({ policy }) => policy.id),
      erroring: inOrder(this.#erring).map(({ policy, message }) => ({ id: policy.id, message })),
    };
  }
}

const inOrder = <P extends Placed>(placed: P[]): P[] =>
  placed.length < 2 ? placed : placed.sort((a, b) => a.place - b.place);

function file(node: Node, placed: Placed, level: number): void {
  const variable = LEVELS[level];
  if (variable === undefined) {
    node.policies.push(placed);
    return;
  }
  const { keys } = placed.policy[variable];
  if (keys === null) {
    node.any ??= newNode();
    file(node.any, placed, level + 1);
    return;
  }
  for (const key of new Set(keys)) {
    const next = node.byKey.get(key) ?? newNode();
    node.byKey.set(key, next);
    file(next, placed, level + 1);
  }
}

/** Visits every policy whose head could match. */
function visit(node: Node, level: number, found: Findings): void {
  const variable = LEVELS[level];
  if (variable === undefined) {
    for (const placed of node.policies) found.look(placed);
    return;
  }
  if (node.any) visit(node.any, level + 1, found);
  if (node.byKey.size === 0) return;
  const { env } = found;
  const { key } = env[variable];
  const own = node.byKey.get(key);
  if (own) visit(own, level + 1, found);
  const ancestors = env.entities.get(key)?.ancestors;
  if (!ancestors) return;
  // A caller may be in thousands of groups, and policies may name thousands of groups. So the shorter list is
  // walked.
  if (ancestors.size <= node.byKey.size) {
    for (const ancestor of ancestors) {
      const next = ancestor === key ? undefined : node.byKey.get(ancestor);
      if (next) visit(next, level + 1, found);
    }
  } else {
    for (const [named, next] of node.byKey) {
      if (named !== key && ancestors.has(named)) visit(next, level + 1, found);
    }
  }
}
