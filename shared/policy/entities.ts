import { formatAddress, parseAddress } from "../http/address.ts";
import {
  ancestorsOf,
  type Entity,
  type EntityStore,
  type Environment,
  NO_ATTRIBUTES,
} from "./environment.ts";
import { Datetime } from "./extensions/datetime.ts";
import { parseIp } from "./extensions/ip.ts";
import { ACTIONS, type PrincipalFacts, type RequestFacts } from "./request.ts";
import { type CedarRecord, CedarSet, EntityUid, type Value } from "./values.ts";

const ACCESS = new EntityUid("Action", "access");
const ACTION_UIDS = new Map(ACTIONS.map((name) => [name, new EntityUid("Action", name)]));
const ACTION_ENTITY: Entity = {
  attributes: NO_ATTRIBUTES,
  tags: NO_ATTRIBUTES,
  ancestors: new Set([ACCESS.key]),
};

/** Keys of all groups that contain a group, by the group's name; filled as they are asked for. */
export class GroupHierarchy {
  readonly #parents: Readonly<Record<string, readonly string[]>>;
  readonly #cache = new Map<string, ReadonlySet<string>>();

  constructor(parents: Readonly<Record<string, readonly string[]>>) {
    this.#parents = parents;
  }

  /** The groups named, and everything above them. Unknown names of an identity provider count as they are. */
  allAbove(groups: readonly string[]): Set<string> {
    const all = new Set<string>();
    for (const group of groups) for (const key of this.#above(group)) all.add(key);
    return all;
  }

  #above(group: string): ReadonlySet<string> {
    const isKnown = Object.hasOwn(this.#parents, group);
    const cached = isKnown ? this.#cache.get(group) : undefined;
    if (cached) return cached;
    const names = ancestorsOf(group, (name) =>
      Object.hasOwn(this.#parents, name) ? (this.#parents[name] ?? []) : [],
    );
    const keys = new Set([group, ...names].map((name) => new EntityUid("Group", name).key));
    if (isKnown) this.#cache.set(group, keys);
    return keys;
  }
}

/** What policies are evaluated against for one request. */
export const environmentOf = (facts: RequestFacts, groups: GroupHierarchy): Environment =>
  new RequestEnvironment(facts, groups);

/** Most policies look at little of a request, so each part is made when it is first asked for. */
class RequestEnvironment implements Environment, EntityStore {
  readonly principal: EntityUid;
  readonly action: EntityUid;
  readonly resource: EntityUid;
  readonly #segment: EntityUid;
  readonly #facts: RequestFacts;
  readonly #groups: GroupHierarchy;
  readonly #entities = new Map<string, Entity>();
  #context: CedarRecord | undefined;

  constructor(facts: RequestFacts, groups: GroupHierarchy) {
    this.principal = principalUid(facts.principal);
    this.action = ACTION_UIDS.get(facts.action) ?? ACCESS;
    this.resource = new EntityUid("App", facts.resource.app);
    this.#segment = new EntityUid("Segment", facts.resource.segment);
    this.#facts = facts;
    this.#groups = groups;
  }

  get context(): CedarRecord {
    this.#context ??= contextOf(this.#facts);
    return this.#context;
  }

  get entities(): EntityStore {
    return this;
  }

  get(key: string): Entity | undefined {
    const known = this.#entities.get(key);
    if (known) return known;
    const made = this.#make(key);
    if (made) this.#entities.set(key, made);
    return made;
  }

  #make(key: string): Entity | undefined {
    const { principal, device } = this.#facts;
    const segment = this.#segment;
    if (key === this.principal.key)
      return entity(principalAttributes(principal), groupsOf(principal, this.#groups));
    if (key === this.action.key) return ACTION_ENTITY;
    if (key === this.resource.key)
      return entity(resourceAttributes(this.#facts, segment), new Set([segment.key]));
    if (key === segment.key) return entity(record({ name: segment.id }));
    if (device && key === new EntityUid("Device", device.id).key) return entity(deviceAttributes(device));
    return undefined;
  }
}

function principalUid(principal: PrincipalFacts): EntityUid {
  if (principal.type === "User") return new EntityUid("User", principal.email);
  if (principal.type === "ServiceToken") return new EntityUid("ServiceToken", principal.name);
  return new EntityUid("Anonymous", "anyone");
}

function principalAttributes(principal: PrincipalFacts): CedarRecord {
  if (principal.type === "Anonymous") return NO_ATTRIBUTES;
  if (principal.type === "ServiceToken") return record({ id: principal.id, name: principal.name });
  const { id, email, emailVerified, name } = principal;
  return record({ id, email, emailVerified, name });
}

function groupsOf(principal: PrincipalFacts, groups: GroupHierarchy): ReadonlySet<string> {
  return principal.type === "Anonymous" ? new Set() : groups.allAbove(principal.groups);
}

function resourceAttributes({ resource }: RequestFacts, segment: EntityUid): CedarRecord {
  return record({ name: resource.app, tags: new CedarSet(resource.tags), segment });
}

function deviceAttributes(device: NonNullable<RequestFacts["device"]>): CedarRecord {
  const { os, compliant, diskEncrypted, firewallEnabled, ageSeconds } = device;
  return record({ os, compliant, diskEncrypted, firewallEnabled, age: ageSeconds });
}

function contextOf(facts: RequestFacts): CedarRecord {
  const { request, network, authentication, device, risk, now } = facts;
  const date = new UtcTime(now);
  return record({
    request: record({ method: request.method, host: request.host, path: request.path }),
    network: record({ ip: ipOf(network.ip), country: network.country, asn: network.asn }),
    authentication: authentication
      ? record({
          provider: authentication.provider,
          acr: authentication.acr,
          amr: new CedarSet(authentication.amr),
          age: authentication.ageSeconds,
        })
      : null,
    device: device
      ? record({
          ...Object.fromEntries(deviceAttributes(device)),
          entity: new EntityUid("Device", device.id),
        })
      : null,
    risk,
    time: record({ now: new Datetime(now), hour: date.hour, weekday: date.weekday }),
  });
}

/**
 * The client's address. Throws on what is no address: leaving it out would silence each policy about addresses, a forbid
 * included.
 */
function ipOf(text: string | null): Value | null {
  if (text === null) return null;
  const address = parseAddress(text);
  if (!address) throw new Error("the client's address is malformed");
  return parseIp(formatAddress(address));
}

/** Hour (0 to 23) and weekday (1 is Monday, 7 is Sunday) in UTC. The first of January 1970 was a Thursday. */
class UtcTime {
  readonly hour: number;
  readonly weekday: number;
  constructor(ms: number) {
    const days = Math.floor(ms / 86_400_000);
    this.hour = Math.floor((ms - days * 86_400_000) / 3_600_000);
    this.weekday = ((((days + 3) % 7) + 7) % 7) + 1;
  }
}

function entity(attributes: CedarRecord, ancestors: ReadonlySet<string> = new Set()): Entity {
  return { attributes, tags: NO_ATTRIBUTES, ancestors };
}

/** A record without the fields that are null: Cedar has no null, a policy asks with `has`. */
function record(fields: Readonly<Record<string, Value | null>>): CedarRecord {
  return new Map(Object.entries(fields).filter((field): field is [string, Value] => field[1] !== null));
}
