import { CHECK_RESULTS, isCheckName } from "../../node/config/device-check.ts";

/**
 * The facts that criteria of microsegments may read. A *stated* fact comes from an administrator, an identity provider,
 * a system that manages devices, or the platform. A *claimed* fact is the node's own word: whoever has root on the
 * machine can make it say anything. The two are apart in name, so nobody reads a claim by mistake.
 */

/** The types of microsegments. A fact belongs to one of them, or to none. */
export const MICROSEGMENT_TYPES = ["user", "device", "application", "project", "geographic"] as const;
export type MicrosegmentType = (typeof MICROSEGMENT_TYPES)[number];

export type FactKind =
  | "text"
  /** A list of texts without order. */
  | "set"
  /** Numbers with dots between them, compared number by number. */
  | "version"
  /** A whole number. */
  | "number"
  /** One of `LEVELS`, which are ordered. */
  | "level"
  /** Yes or no. */
  | "flag";

/** Who says it. */
export type FactSource = "administrator" | "provider" | "device management" | "platform" | "node";

export interface Fact {
  /** As criteria write it, such as `user.department`. */
  readonly name: string;
  readonly kind: FactKind;
  readonly type: MicrosegmentType | null;
  readonly source: FactSource;
  readonly about: string;
  /** The only values that it may have. Absent: any. */
  readonly words?: readonly string[];
}

/** How sensitive a project is, from the least to the most. */
export const LEVELS = ["public", "internal", "confidential", "restricted"] as const;

/** What is known of a node. A fact that nobody stated is missing, and is never the empty set. */
export type FactValue = string | boolean | readonly string[];
export type FactValues = ReadonlyMap<string, FactValue>;

type Row = readonly [name: string, kind: FactKind, source: FactSource, about: string];

const of = (type: MicrosegmentType | null, rows: readonly Row[]): Fact[] =>
  rows.map(([name, kind, source, about]) => ({ name, kind, type, source, about }));

const NAMED: readonly Fact[] = [
  ...of("user", [
    ["user.email", "text", "administrator", "the owner's address"],
    ["user.groups", "set", "provider", "groups of the owner, those that hold them included"],
    ["user.department", "text", "provider", "the owner's department, by SCIM"],
    ["user.division", "text", "provider", "the owner's division, by SCIM"],
    ["user.organization", "text", "provider", "the owner's organization, by SCIM"],
    ["user.title", "text", "provider", "the owner's title, by SCIM"],
    ["user.type", "text", "provider", "how the owner belongs to the organization, by SCIM (`userType`)"],
    ["user.roles", "set", "provider", "the owner's roles at the provider, by SCIM"],
    ["user.risk", "number", "platform", "the owner's risk, from 0 to 100 in steps of 5, rounded up"],
  ]),
  ...of("device", [
    ["device.type", "text", "administrator", "such as laptop or server"],
    ["device.os", "text", "administrator", "such as debian"],
    ["device.osVersion", "version", "administrator", "such as 12.4"],
    ["device.stated", "set", "device management", "words such as compliant or intune:compliant"],
    ["claims.os", "text", "node", "`ID` of /etc/os-release, such as debian"],
    ["claims.osVersion", "version", "node", "`VERSION_ID` of /etc/os-release"],
    ["claims.agentVersion", "version", "node", "the version of the agent"],
    ["claims.diskEncrypted", "flag", "node", "whether its disk is encrypted"],
    ["claims.firewall", "flag", "node", "whether it drops incoming packets"],
    ["claims.screenLock", "flag", "node", "whether it locks its screen"],
  ]),
  ...of("project", [
    ["project.id", "text", "administrator", "the project that the node works for"],
    ["project.sensitivity", "level", "administrator", LEVELS.join(" < ")],
  ]),
  ...of("geographic", [
    ["place.country", "text", "administrator", "where it stands: two letters such as DE"],
    ["place.region", "text", "administrator", "such as eu-central"],
    ["place.zone", "text", "administrator", "the compliance zone, such as gdpr"],
    ["observed.country", "text", "platform", "the country of the address that it reports from, such as DE"],
  ]),
  ...of(null, [
    ["node.name", "text", "administrator", "its name in the mesh"],
    ["node.tags", "set", "administrator", "its tags"],
    ["node.home", "text", "administrator", "the name of its home segment"],
  ]),
];

const BY_NAME: ReadonlyMap<string, Fact> = new Map(NAMED.map((fact) => [fact.name, fact]));

/** The names that are written out. Applications have facts of their own: see `factOf`. */
export const FACT_NAMES: readonly string[] = [...BY_NAME.keys()];

const APPLICATION = /^app\.[a-z0-9]([a-z0-9._+-]{0,60}[a-z0-9+])?$/;

const CHECK = "claims.checks.";

/**
 * The fact with this name: a named one, the version of an application such as `app.postgres`, or what a node answered to a check
 * such as `claims.checks.edr`. Null for any other name.
 */
export function factOf(name: string): Fact | null {
  const known = BY_NAME.get(name);
  if (known) return known;
  if (name.startsWith(CHECK) && isCheckName(name.slice(CHECK.length))) {
    const about = "what it answered to a check of its home segment";
    return { name, kind: "text", type: "device", source: "node", about, words: CHECK_RESULTS };
  }
  if (!APPLICATION.test(name)) return null;
  const about = `the version of ${name.slice("app.".length)}`;
  return { name, kind: "version", type: "application", source: "administrator", about };
}

/** Whether the fact is the node's own word. */
export const isClaim = (name: string): boolean => name.startsWith("claims.");

/** The facts that an administrator states of a node itself. The others come from elsewhere. */
export function mayAdministratorState(name: string): boolean {
  const fact = factOf(name);
  return fact?.source === "administrator" && /^(device|app|project|place)\./.test(name);
}
