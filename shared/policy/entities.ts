import { formatAddress, parseAddress } from "../http/address.ts";
import { ancestorsOf, type Entity, type Environment, NO_ATTRIBUTES } from "./environment.ts";
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
export function environmentOf(facts: RequestFacts, groups: GroupHierarchy): Environment {
  const principal = principalUid(facts.principal);
  const action = ACTION_UIDS.get(facts.action) ?? ACCESS;
  const resource = new EntityUid("App", facts.resource.app);
  const segment = new EntityUid("Segment", facts.resource.segment);
  const entities = new Map<string, Entity>([
    [principal.key, entity(principalAttributes(facts.principal), groupsOf(facts.principal, groups))],
    [action.key, ACTION_ENTITY],
    [resource.key, entity(resourceAttributes(facts, segment), new Set([segment.key]))],
    [segment.key, entity(record({ name: segment.id }))],
  ]);
  if (facts.device)
    entities.set(new EntityUid("Device", facts.device.id).key, entity(deviceAttributes(facts.device)));
  return { principal, action, resource, context: contextOf(facts), entities };
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
