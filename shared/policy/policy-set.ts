import type { Environment } from "./environment.ts";
import { EvaluationError } from "./errors.ts";
import type { Policy } from "./policy.ts";
import type { Decision } from "./request.ts";

/** A policy with its place in the order of the set. */
type Entry = readonly [order: number, policy: Policy];

/**
 * Policies found by what their heads name: the resource where they name one, else the principal, else the action.
 * The cost of a decision follows the policies that could match, not those of other apps.
 */
export class PolicySet {
  readonly #byResource = new Map<string, Entry[]>();
  readonly #byPrincipal = new Map<string, Entry[]>();
  readonly #byAction = new Map<string, Entry[]>();
  readonly #rest: Entry[] = [];

  constructor(policies: readonly Policy[]) {
    for (const entry of policies.entries()) {
      const [, { resource, principal, action }] = entry;
      if (resource.keys) file(this.#byResource, resource.keys, entry);
      else if (principal.keys) file(this.#byPrincipal, principal.keys, entry);
      else if (action.keys) file(this.#byAction, action.keys, entry);
      else this.#rest.push(entry);
    }
  }

  /** Cedar's decision: a forbid that holds wins, a permit that holds allows, nothing else does; errors are skipped. */
  decide(env: Environment): Decision {
    const permits: string[] = [];
    const forbids: string[] = [];
    const erroring: { id: string; message: string }[] = [];
    for (const policy of this.#candidates(env)) {
      try {
        if (policy.holds(env)) (policy.effect === "permit" ? permits : forbids).push(policy.id);
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error;
        erroring.push({ id: policy.id, message: error.message });
      }
    }
    if (forbids.length > 0) return { decision: "deny", determining: forbids, erroring };
    return { decision: permits.length > 0 ? "allow" : "deny", determining: permits, erroring };
  }

  /** Policies whose head could match, in the order of the set. */
  #candidates(env: Environment): Policy[] {
    const found = new Map<number, Policy>(this.#rest);
    collect(this.#byResource, env, env.resource.key, found);
    collect(this.#byPrincipal, env, env.principal.key, found);
    collect(this.#byAction, env, env.action.key, found);
    return [...found].sort(([a], [b]) => a - b).map(([, policy]) => policy);
  }
}

function file(index: Map<string, Entry[]>, keys: readonly string[], entry: Entry): void {
  for (const key of new Set(keys)) {
    const entries = index.get(key);
    if (entries) entries.push(entry);
    else index.set(key, [entry]);
  }
}

function collect(
  index: ReadonlyMap<string, readonly Entry[]>,
  env: Environment,
  key: string,
  found: Map<number, Policy>,
) {
  if (index.size === 0) return;
  for (const [order, policy] of index.get(key) ?? []) found.set(order, policy);
  for (const ancestor of env.entities.get(key)?.ancestors ?? []) {
    for (const [order, policy] of index.get(ancestor) ?? []) found.set(order, policy);
  }
}
