import type { CedarRecord, EntityUid } from "./values.ts";

/** What Cedar knows about one entity. */
export interface Entity {
  readonly attributes: CedarRecord;
  readonly tags: CedarRecord;
  /** The keys of all entities above this entity, transitively. */
  readonly ancestors: ReadonlySet<string>;
}

export interface EntityStore {
  /** The entity with this key (`EntityUid.key`), or undefined if it doesn't exist. */
  get(key: string): Entity | undefined;
}

/** A few entities that are searched first, before the entities that are the same for every request. */
export class NearEntities implements EntityStore {
  readonly #near: readonly (readonly [key: string, entity: Entity])[];
  readonly #others: EntityStore;

  constructor(near: readonly (readonly [key: string, entity: Entity])[], others: EntityStore) {
    this.#near = near;
    this.#others = others;
  }

  get(key: string): Entity | undefined {
    for (const [own, entity] of this.#near) if (own === key) return entity;
    return this.#others.get(key);
  }
}

/** The data that a policy is evaluated with. */
export interface Environment {
  readonly principal: EntityUid;
  readonly action: EntityUid;
  readonly resource: EntityUid;
  readonly context: CedarRecord;
  readonly entities: EntityStore;
}

/** Cedar's `in` for one entity: `key` names the entity itself, or an entity above it in the hierarchy. */
export function isWithin(env: Environment, entity: EntityUid, key: string): boolean {
  return entity.key === key || (env.entities.get(entity.key)?.ancestors.has(key) ?? false);
}

export const NO_ATTRIBUTES: CedarRecord = new Map();

/** The keys above `start`. `parentsOf` gives the direct parents of a key. A cycle is followed only once. */
export function ancestorsOf(start: string, parentsOf: (key: string) => readonly string[]): Set<string> {
  const found = new Set<string>();
  const open = [...parentsOf(start)];
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    if (found.has(key)) continue;
    found.add(key);
    open.push(...parentsOf(key));
  }
  return found;
}
