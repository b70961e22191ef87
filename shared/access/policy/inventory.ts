import { ancestorsOf, type Entity, NO_ATTRIBUTES } from "./environment.ts";
import { Shape } from "./lazy-record.ts";
import { ACTIONS, type ResourceFacts } from "./request.ts";
import { type CedarRecord, CedarSet, EntityUid } from "./values.ts";

export const ACCESS = new EntityUid("Action", "access");
export const ACTION_UIDS = new Map(ACTIONS.map((name) => [name, new EntityUid("Action", name)]));
const ACTION_ENTITIES: readonly [string, Entity][] = [
  [ACCESS.key, entity(NO_ATTRIBUTES)],
  ...[...ACTION_UIDS.values()].map(({ key }): [string, Entity] => [
    key,
    entity(NO_ATTRIBUTES, new Set([ACCESS.key])),
  ]),
];

/** The facts of the registry that policies may refer to. They are the same for every caller. */
export interface Registered {
  /** Maps a group name to the names of the groups that directly contain the group. */
  readonly groupParents: Readonly<Record<string, readonly string[]>>;
  readonly apps: readonly ResourceFacts[];
  /** The names of the segments. */
  readonly segments: readonly string[];
}

const NOTHING: Registered = { groupParents: {}, apps: [], segments: [] };

const GROUP = 'Group::"';

/**
 * The entities that are the same for every request: actions, groups, apps and segments. Each is made when a
 * policy first asks for it.
 */
export class Inventory {
  readonly #parents: Registered["groupParents"];
  readonly #entities = new Map<string, Entity>(ACTION_ENTITIES);
  readonly #apps: ReadonlyMap<string, ResourceFacts>;

  constructor({ groupParents, apps, segments }: Registered = NOTHING) {
    this.#parents = groupParents;
    this.#apps = new Map(apps.map((app) => [new EntityUid("App", app.app).key, app]));
    for (const name of segments) this.#entities.set(new EntityUid("Segment", name).key, segmentOf(name));
  }

  /** The entity with this key, or undefined if the registry has none. */
  get(key: string): Entity | undefined {
    return this.#entities.get(key) ?? this.#make(key);
  }

  /**
   * The given groups and all groups above them. Names from an identity provider that the registry doesn't
   * know are kept.
   */
  allAbove(groups: readonly string[]): Set<string> {
    const all = new Set<string>();
    for (const name of groups) {
      const key = GROUP + name;
      all.add(key);
      if (!Object.hasOwn(this.#parents, name)) continue;
      for (const above of this.get(key)?.ancestors ?? []) all.add(above);
    }
    return all;
  }

  #make(key: string): Entity | undefined {
    const app = this.#apps.get(key);
    if (app) return this.#keep(key, appOf(app, new EntityUid("Segment", app.segment)));
    if (!key.startsWith(GROUP)) return undefined;
    const parentsOf = (name: string) =>
      Object.hasOwn(this.#parents, name) ? (this.#parents[name] ?? []) : [];
    const name = key.slice(GROUP.length);
    // Group names come from identity providers. A group that is in no other group is not stored, to limit the
    // memory.
    if (parentsOf(name).length === 0) return undefined;
    const above = [...ancestorsOf(name, parentsOf)].map((group) => new EntityUid("Group", group).key);
    return this.#keep(key, entity(NO_ATTRIBUTES, new Set(above)));
  }

  #keep(key: string, made: Entity): Entity {
    this.#entities.set(key, made);
    return made;
  }
}

const APP = new Shape<ResourceFacts>({
  name: ({ app }) => app,
  tags: ({ tags }) => new CedarSet(tags),
  segment: ({ segment }) => new EntityUid("Segment", segment),
});
const SEGMENT = new Shape<string>({ name: (name) => name });

/** An app as policies see it. */
export const appOf = (app: ResourceFacts, segment: EntityUid): Entity =>
  entity(APP.of(app), new Set([segment.key]));

export const segmentOf = (name: string): Entity => entity(SEGMENT.of(name));

export function entity(attributes: CedarRecord, ancestors: ReadonlySet<string> = new Set()): Entity {
  return { attributes, tags: NO_ATTRIBUTES, ancestors };
}
