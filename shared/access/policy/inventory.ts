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

/** What the registry knows that policies may speak of, whoever asks. */
export interface Registered {
  /** Group name to the names of the groups it is directly a member of. */
  readonly groupParents: Readonly<Record<string, readonly string[]>>;
  readonly apps: readonly ResourceFacts[];
  /** Names. */
  readonly segments: readonly string[];
}

const NOTHING: Registered = { groupParents: {}, apps: [], segments: [] };

const GROUP = 'Group::"';

/** The entities that stand for every request: actions, groups, apps and segments. Each is made when it is asked for. */
export class Inventory {
  readonly #parents: Registered["groupParents"];
  readonly #entities = new Map<string, Entity>(ACTION_ENTITIES);
  readonly #apps: ReadonlyMap<string, ResourceFacts>;

  constructor({ groupParents, apps, segments }: Registered = NOTHING) {
    this.#parents = groupParents;
    this.#apps = new Map(apps.map((app) => [new EntityUid("App", app.app).key, app]));
    for (const name of segments) this.#entities.set(new EntityUid("Segment", name).key, segmentOf(name));
  }

  /** The entity of this key, or undefined where the registry has none. */
  get(key: string): Entity | undefined {
    return this.#entities.get(key) ?? this.#make(key);
  }

  /** The groups named, and everything above them. Unknown names of an identity provider count as they are. */
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
    // Names come from identity providers: those that are in no group are not kept.
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
