import { formatAddress, parseAddress } from "../../net/address.ts";
import { type Entity, type EntityStore, type Environment, NO_ATTRIBUTES } from "./environment.ts";
import { Datetime } from "./extensions/datetime.ts";
import { parseIp } from "./extensions/ip.ts";
import { ACCESS, ACTION_UIDS, appOf, entity, type Inventory, record, segmentOf } from "./inventory.ts";
import type { PrincipalFacts, RequestFacts } from "./request.ts";
import { type CedarRecord, CedarSet, EntityUid, type Value } from "./values.ts";

/** What policies are evaluated against for one request. */
export const environmentOf = (facts: RequestFacts, inventory: Inventory): Environment =>
  new RequestEnvironment(facts, inventory);

/** Most policies look at little of a request, so each part is made when it is first asked for. */
class RequestEnvironment implements Environment, EntityStore {
  readonly principal: EntityUid;
  readonly action: EntityUid;
  readonly resource: EntityUid;
  readonly #facts: RequestFacts;
  readonly #inventory: Inventory;
  readonly #entities = new Map<string, Entity>();
  #context: CedarRecord | undefined;

  constructor(facts: RequestFacts, inventory: Inventory) {
    this.principal = principalUid(facts.principal);
    this.action = ACTION_UIDS.get(facts.action) ?? ACCESS;
    this.resource = new EntityUid("App", facts.resource.app);
    this.#facts = facts;
    this.#inventory = inventory;
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

  /** What the request itself says comes first: it may be newer than the registry that was read. */
  #make(key: string): Entity | undefined {
    const { principal, device, resource } = this.#facts;
    if (key === this.principal.key)
      return entity(principalAttributes(principal), groupsOf(principal, this.#inventory));
    if (key === this.resource.key) return appOf(resource);
    if (key === new EntityUid("Segment", resource.segment).key) return segmentOf(resource.segment);
    if (device && key === new EntityUid("Device", device.id).key) return entity(deviceAttributes(device));
    return this.#inventory.get(key);
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

function groupsOf(principal: PrincipalFacts, inventory: Inventory): ReadonlySet<string> {
  return principal.type === "Anonymous" ? new Set() : inventory.allAbove(principal.groups);
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
