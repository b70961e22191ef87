import type { SnapshotPolicy } from "../registry/snapshot.ts";
import { resourceOf } from "./assess.ts";
import { type GrantSettings, offersGrants } from "./grants/settings.ts";
import type { HeldGrant } from "./grants/types.ts";
import type { Registered } from "./policy/inventory.ts";
import type { ActionName, PrincipalFacts } from "./policy/request.ts";
import type { ReachedApp } from "./reach.ts";

/**
 * The state of one thing in the registry at a given time: the row of the history that was the newest one
 * then.
 */
export interface Held {
  readonly kind: string;
  readonly target: string;
  readonly other: string;
  /** The fields that `shared/registry/history.ts` keeps for this kind of thing. */
  readonly after: Readonly<Record<string, unknown>>;
}

/** The facts that the gateway used for decisions at a given time. */
export interface World {
  readonly users: readonly (Extract<PrincipalFacts, { type: "User" }> & {
    readonly isActive: boolean;
    /** The administrator's role. Null if the user is none. */
    readonly role: string | null;
  })[];
  readonly serviceTokens: readonly (Extract<PrincipalFacts, { type: "ServiceToken" }> & {
    readonly isGood: boolean;
  })[];
  readonly apps: readonly (ReachedApp & Askers & { readonly enabled: boolean })[];
  /** The versions of the policies that were switched on, ordered by policy name. */
  readonly policies: readonly {
    readonly id: string;
    readonly name: string;
    readonly version: number;
  }[];
  readonly registered: Registered;
  /** The grants that were in force. */
  readonly grants: readonly GrantOfUser[];
}

/** Who may request access to an app, or let themselves in. */
export type Askers = Pick<GrantSettings, "grantAskers" | "emergencyAskers">;

export type GrantOfUser = HeldGrant & { readonly userId: string };

/** The kinds of history rows that make up a world. */
export const WORLD_KINDS = [
  "user",
  "identityProvider",
  "identity",
  "group",
  "membership",
  "segment",
  "app",
  "policy",
  "serviceToken",
  "accessGrant",
] as const;

/**
 * Builds the world from the rows that were the newest at a time.
 *
 * @param at That time. It decides what has expired.
 */
export function worldOf(held: readonly Held[], at: number): World {
  const of = (kind: (typeof WORLD_KINDS)[number]) => held.filter((one) => one.kind === kind);
  const nameOf = new Map([...of("group"), ...of("segment")].map((one) => [one.target, text(one.after.name)]));
  const trusted = new Set(of("identityProvider").flatMap((one) => (one.after.enabled ? one.target : [])));
  const isVouched = ({ after }: Held) => typeof after.provider !== "string" || trusted.has(after.provider);
  const counted = new Set(of("group").flatMap((one) => (isVouched(one) ? one.target : [])));
  const groups = groupsOfUsers(
    of("membership").filter(({ target }) => counted.has(target)),
    nameOf,
  );
  const identities = of("identity").filter((one) => trusted.has(text(one.after.provider)));
  const identitiesOf = Map.groupBy(identities, (one) => one.target);
  const apps = of("app").map((one) => appOf(one, nameOf));
  const offering = new Set(apps.filter(offersGrants).map(({ id }) => id));
  return {
    users: of("user").map(({ target, after }) => {
      const vouched = identitiesOf.get(target) ?? [];
      const named = vouched.flatMap((one) => texts(one.after.groups));
      return {
        type: "User",
        id: target,
        email: text(after.email),
        emailVerified: vouched.length > 0,
        name: text(after.name),
        groups: [...new Set([...(groups.get(target) ?? []), ...named])].sort(),
        isActive: after.status === "active" && !hasEnded(after.expiresAt, at),
        role: typeof after.role === "string" ? after.role : null,
      };
    }),
    serviceTokens: of("serviceToken").map(({ target, after }) => ({
      type: "ServiceToken",
      id: target,
      name: text(after.name),
      groups: texts(after.groups),
      ...(after.federation ? { claims: null } : {}),
      isGood: after.enabled === true && !hasEnded(after.expiresAt, at),
    })),
    apps,
    policies: of("policy")
      .filter(({ after }) => after.enabled === true)
      .map(({ target, after }) => ({
        id: target,
        name: text(after.name),
        version: Number(after.currentVersion),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    registered: {
      groupParents: groupParents(of("membership"), nameOf),
      apps: apps.filter(({ enabled }) => enabled).map(resourceOf),
      segments: of("segment").map(({ after }) => text(after.name)),
    },
    grants: of("accessGrant").flatMap((one) => grantOf(one, offering, at)),
  };
}

/**
 * The statements of the policies that were in force. Throws if the text of a policy is gone, because leaving
 * out a forbid would allow requests.
 */
export function statementsOf(
  { policies }: World,
  texts: ReadonlyMap<string, readonly SnapshotPolicy[]>,
): SnapshotPolicy[] {
  return policies.flatMap(({ id, name, version }) => {
    const statements = texts.get(`${id} ${version}`);
    if (!statements) throw new Error(`version ${version} of the policy ${name} is not kept`);
    return statements;
  });
}

function appOf({ target, after }: Held, nameOf: ReadonlyMap<string, string>): World["apps"][number] {
  // Where the settings that are stored say nothing, nobody may ask.
  const settings = (after.settings ?? {}) as Readonly<Record<string, unknown>>;
  return {
    id: target,
    name: text(after.name),
    host: text(after.host),
    hosts: [text(after.host), ...texts(after.otherHosts)],
    segmentName: nameOf.get(text(after.segmentId)) ?? "",
    tags: texts(after.tags),
    enabled: after.enabled === true,
    anonymous: settings.anonymous === true,
    grantAskers: texts(settings.grantAskers),
    emergencyAskers: texts(settings.emergencyAskers),
  };
}

/** A grant in force, of an app that offers grants. Nothing of any other one. */
function grantOf({ target, after }: Held, offering: ReadonlySet<string>, at: number): GrantOfUser[] {
  const appId = text(after.appId);
  const [since, until] = [Number(after.since ?? Number.NaN), Number(after.until ?? Number.NaN)];
  const isInForce = after.status === "granted" && since <= at && at < until && offering.has(appId);
  if (!isInForce) return [];
  return [
    {
      ...{ id: target, appId, userId: text(after.userId), since, until, emergency: after.emergency === true },
      ...{ actions: texts(after.actions) as ActionName[], paths: texts(after.paths) },
    },
  ];
}

/** For each user, the names of the groups with the user as a direct member. */
function groupsOfUsers(memberships: readonly Held[], nameOf: ReadonlyMap<string, string>) {
  const groups = new Map<string, string[]>();
  for (const { target, other, after } of memberships) {
    const name = nameOf.get(target);
    if (after.memberKind !== "user" || name === undefined) continue;
    groups.set(other, [...(groups.get(other) ?? []), name]);
  }
  return groups;
}

function groupParents(memberships: readonly Held[], nameOf: ReadonlyMap<string, string>) {
  const parents: Record<string, string[]> = {};
  for (const { target, other, after } of memberships) {
    const [child, parent] = [nameOf.get(other), nameOf.get(target)];
    if (after.memberKind !== "group" || child === undefined || parent === undefined) continue;
    parents[child] = [...(parents[child] ?? []), parent];
  }
  return parents;
}

const hasEnded = (end: unknown, at: number): boolean => typeof end === "number" && end <= at;
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
