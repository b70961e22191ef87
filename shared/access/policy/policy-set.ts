import type { Environment } from "./environment.ts";
import { EvaluationError } from "./errors.ts";
import type { Policy } from "./policy.ts";
import type { Decision } from "./request.ts";
import type { Variable } from "./scopes.ts";

/** The parts of a policy's head, the one that tells most apart first. */
const LEVELS: readonly Variable[] = ["resource", "principal", "action"];

/** Policies whose head agrees up to one level: those that name an entity there, and those that do not. */
interface Node {
  readonly byKey: Map<string, Node>;
  any: Node | null;
  /** Places in the set, behind the last level. */
  readonly policies: number[];
}

const newNode = (): Node => ({ byKey: new Map(), any: null, policies: [] });

/**
 * Policies found by what their heads name: resource, then principal, then action. The cost of a decision follows the
 * policies that could match, not those of other apps or other people.
 */
export class PolicySet {
  readonly #policies: readonly Policy[];
  /** Places of policies that stand under several keys, so that one request may come by them more than once. */
  readonly #repeated = new Set<number>();
  readonly #root = newNode();

  constructor(policies: readonly Policy[]) {
    this.#policies = policies;
    for (const [place, policy] of policies.entries()) {
      file(this.#root, policy, place, 0);
      if (LEVELS.some((level) => (policy[level].keys?.length ?? 0) > 1)) this.#repeated.add(place);
    }
  }

  /** Cedar's decision: a forbid that holds wins, a permit that holds allows, nothing else does; errors are skipped. */
  decide(env: Environment): Decision {
    const permits: number[] = [];
    const forbids: number[] = [];
    const erring: { place: number; message: string }[] = [];
    const seen = new Set<number>();
    visit(this.#root, env, 0, (place) => {
      const policy = this.#policies[place];
      if (!policy || seen.has(place)) return;
      if (this.#repeated.has(place)) seen.add(place);
      try {
        if (policy.holds(env)) (policy.effect === "permit" ? permits : forbids).push(place);
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error;
        erring.push({ place, message: error.message });
      }
    });
    const determining = forbids.length > 0 ? forbids : permits;
    return {
      decision: forbids.length === 0 && permits.length > 0 ? "allow" : "deny",
      determining: determining.sort((a, b) => a - b).map((place) => this.#idAt(place)),
      erroring: erring
        .sort((a, b) => a.place - b.place)
        .map(({ place, message }) => ({ id: this.#idAt(place), message })),
    };
  }

  #idAt(place: number): string {
    return this.#policies[place]?.id ?? "";
  }
}

function file(node: Node, policy: Policy, place: number, level: number): void {
  const variable = LEVELS[level];
  if (variable === undefined) {
    node.policies.push(place);
    return;
  }
  const { keys } = policy[variable];
  if (keys === null) {
    node.any ??= newNode();
    file(node.any, policy, place, level + 1);
    return;
  }
  for (const key of new Set(keys)) {
    const next = node.byKey.get(key) ?? newNode();
    node.byKey.set(key, next);
    file(next, policy, place, level + 1);
  }
}

/** Walks to every policy whose head could match. */
function visit(node: Node, env: Environment, level: number, found: (place: number) => void): void {
  const variable = LEVELS[level];
  if (variable === undefined) {
    for (const place of node.policies) found(place);
    return;
  }
  if (node.any) visit(node.any, env, level + 1, found);
  if (node.byKey.size === 0) return;
  const { key } = env[variable];
  const ancestors = env.entities.get(key)?.ancestors;
  const own = node.byKey.get(key);
  if (own) visit(own, env, level + 1, found);
  if (!ancestors) return;
  // Someone may be in thousands of groups, or thousands of groups may be named: the shorter list is walked.
  if (ancestors.size <= node.byKey.size) {
    for (const ancestor of ancestors) {
      const next = ancestor === key ? undefined : node.byKey.get(ancestor);
      if (next) visit(next, env, level + 1, found);
    }
  } else {
    for (const [named, next] of node.byKey) {
      if (named !== key && ancestors.has(named)) visit(next, env, level + 1, found);
    }
  }
}
