import { formatAddress, parseAddress } from "../../net/address.ts";
import { type Entity, type Environment, NearEntities, NO_ATTRIBUTES } from "./environment.ts";
import { Datetime } from "./extensions/datetime.ts";
import { parseIp } from "./extensions/ip.ts";
import { ACCESS, ACTION_UIDS, appOf, entity, type Inventory, segmentOf } from "./inventory.ts";
import { Shape } from "./lazy-record.ts";
import { UNKNOWN } from "./outlook.ts";
import type {
  CertificateFacts,
  ClientFacts,
  DeviceFacts,
  McpFacts,
  PrincipalFacts,
  RequestFacts,
  VersionFacts,
} from "./request.ts";
import { type CedarRecord, CedarSet, EntityUid, type Value } from "./values.ts";

/**
 * The environment in which policies are evaluated for one request. The entities of the request come first,
 * because they may be newer than the registry data. Attributes are made when a policy first asks for them,
 * because most policies read few attributes.
 */
export function environmentOf(facts: RequestFacts, inventory: Inventory): Environment {
  const principal = principalUid(facts.principal);
  const resource = new EntityUid("App", facts.resource.app);
  const segment = new EntityUid("Segment", facts.resource.segment);
  const near: [string, Entity][] = [
    [principal.key, entity(principalAttributes(facts.principal), groupsOf(facts.principal, inventory))],
    [resource.key, appOf(facts.resource, segment)],
    [segment.key, segmentOf(facts.resource.segment)],
  ];
  return {
    principal,
    action: ACTION_UIDS.get(facts.action) ?? ACCESS,
    resource,
    context: CONTEXT.of(facts),
    entities: new NearEntities(near, inventory),
  };
}

function principalUid(principal: PrincipalFacts): EntityUid {
  if (principal.type === "User") return new EntityUid("User", principal.email);
  if (principal.type === "ServiceToken") return new EntityUid("ServiceToken", principal.name);
  return new EntityUid("Anonymous", "anyone");
}

const USER = new Shape<Extract<PrincipalFacts, { type: "User" }>>({
  id: ({ id }) => id,
  email: ({ email }) => email,
  emailVerified: ({ emailVerified }) => emailVerified,
  name: ({ name }) => name,
});
const SERVICE_TOKEN = new Shape<Extract<PrincipalFacts, { type: "ServiceToken" }>>({
  id: ({ id }) => id,
  name: ({ name }) => name,
  claims: ({ claims }) => claimsOf(claims),
});

/** Throws if they are not known: whether the policy holds then depends on them. */
function claimsOf(claims: readonly string[] | null = []): CedarSet {
  if (claims === null) throw UNKNOWN;
  return new CedarSet(claims);
}

function principalAttributes(principal: PrincipalFacts): CedarRecord {
  if (principal.type === "Anonymous") return NO_ATTRIBUTES;
  return principal.type === "User" ? USER.of(principal) : SERVICE_TOKEN.of(principal);
}

function groupsOf(principal: PrincipalFacts, inventory: Inventory): ReadonlySet<string> {
  return principal.type === "Anonymous" ? new Set() : inventory.allAbove(principal.groups);
}

const VERSION = new Shape<VersionFacts>({
  text: ({ text }) => text,
  major: ({ major }) => major,
  minor: ({ minor }) => minor,
  patch: ({ patch }) => patch,
});
const CLAIMS = new Shape<DeviceFacts["claims"]>({
  age: ({ ageSeconds }) => ageSeconds,
  os: ({ os }) => os,
  osVersion: ({ osVersion }) => VERSION.of(osVersion),
  agentVersion: ({ agentVersion }) => VERSION.of(agentVersion),
  diskEncrypted: ({ diskEncrypted }) => diskEncrypted,
  firewallEnabled: ({ firewallEnabled }) => firewallEnabled,
  screenLock: ({ screenLock }) => screenLock,
  checks: ({ checks }) => new CedarSet(checks),
});
const DEVICE = new Shape<DeviceFacts>({
  name: ({ name }) => name,
  isOwned: ({ isOwned }) => isOwned,
  proofAge: ({ proofAgeSeconds }) => proofAgeSeconds,
  sameAddress: ({ sameAddress }) => sameAddress,
  claims: ({ claims }) => CLAIMS.of(claims),
  stated: ({ stated }) => new CedarSet(stated),
});
const REQUEST = new Shape<RequestFacts["request"]>({
  method: ({ method }) => method,
  host: ({ host }) => host,
  path: ({ path }) => path,
});
const CERTIFICATE = new Shape<CertificateFacts>({
  fingerprint: ({ fingerprint }) => fingerprint,
  subject: ({ subject }) => subject,
  issuer: ({ issuer }) => issuer,
  serial: ({ serial }) => serial,
});
const NETWORK = new Shape<RequestFacts["network"]>({
  ip: ({ ip }) => ipOf(ip),
  country: ({ country }) => country,
  asn: ({ asn }) => asn,
  certificate: ({ certificate }) => (certificate ? CERTIFICATE.of(certificate) : null),
});
const AUTHENTICATION = new Shape<NonNullable<RequestFacts["authentication"]>>({
  provider: ({ provider }) => provider,
  acr: ({ acr }) => acr,
  amr: ({ amr }) => new CedarSet(amr),
  age: ({ ageSeconds }) => ageSeconds,
});
const CLIENT = new Shape<ClientFacts>({
  id: ({ id }) => id,
  isRegistered: ({ isRegistered }) => isRegistered,
});
const MCP = new Shape<McpFacts>({ method: ({ method }) => method, tool: ({ tool }) => tool });
const TIME = new Shape<number>({ now: (now) => new Datetime(now), hour: hourOf, weekday: weekdayOf });
const CONTEXT = new Shape<RequestFacts>({
  request: ({ request }) => REQUEST.of(request),
  network: ({ network }) => NETWORK.of(network),
  authentication: ({ authentication }) => authentication && AUTHENTICATION.of(authentication),
  device: ({ device }) => device && DEVICE.of(device),
  client: ({ client }) => (client ? CLIENT.of(client) : null),
  mcp: ({ mcp }) => (mcp ? MCP.of(mcp) : null),
  risk: ({ risk }) => risk,
  time: ({ now }) => TIME.of(now),
});

/**
 * The client's address. Throws if the text is no address. Leaving the address out would disable every policy
 * about addresses, including a forbid.
 */
function ipOf(text: string | null): Value | null {
  if (text === null) return null;
  const address = parseAddress(text);
  if (!address) throw new Error("the client's address is malformed");
  return parseIp(formatAddress(address));
}

const DAY_MS = 86_400_000;

/** The hour in UTC, 0 to 23. */
function hourOf(ms: number): number {
  return Math.floor((ms - Math.floor(ms / DAY_MS) * DAY_MS) / 3_600_000);
}

/** The weekday in UTC: 1 is Monday, 7 is Sunday. 1 January 1970 was a Thursday. */
function weekdayOf(ms: number): number {
  return ((((Math.floor(ms / DAY_MS) + 3) % 7) + 7) % 7) + 1;
}
