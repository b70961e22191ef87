import { resourceOf } from "../../shared/access/assess.ts";
import { type CompiledPolicies, compilePolicies } from "../../shared/access/policy/index.ts";
import type { Registered } from "../../shared/access/policy/inventory.ts";
import { namedGroups } from "../../shared/access/policy/named-groups.ts";
import type { Federation } from "../../shared/access/workload/federation.ts";
import { PerSecond } from "../../shared/base/async/per-second.ts";
import { within } from "../../shared/base/async/within.ts";
import { type AppSettings, appSettings } from "../../shared/registry/app-settings.ts";
import type { RowOf } from "../../shared/registry/rows.ts";
import type {
  apps,
  networks,
  policies,
  policyVersions,
  serviceTokens,
  upstreams,
} from "../../shared/registry/schema.ts";
import type {
  SnapshotApp,
  SnapshotNetwork,
  SnapshotPolicy,
  SnapshotServiceToken,
} from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../platform/env.ts";
import { logError } from "../platform/log.ts";
import { coordinatorObject } from "../platform/objects.ts";
import { timer } from "../platform/timer.ts";

/** Everything that an isolate needs for decisions, at one policy epoch. */
export interface Snapshot {
  readonly epoch: number;
  readonly apps: readonly SnapshotApp[];
  readonly appByHost: ReadonlyMap<string, SnapshotApp>;
  readonly serviceTokens: readonly SnapshotServiceToken[];
  readonly policies: CompiledPolicies;
  /** The policies together with those in shadow, which decide nothing. Null if no policy is in shadow. */
  readonly shadow: CompiledPolicies | null;
  /** The versions of the policies, by policy name. */
  readonly versions: ReadonlyMap<string, number>;
  /** The names of all groups in the registry or in a policy. */
  readonly namedGroups: ReadonlySet<string>;
  readonly network: SnapshotNetwork;
  /** The registered things that policies may name, besides the request. */
  readonly registered: Registered;
}

/** How long (milliseconds) an isolate trusts an epoch for which no session object vouched. */
const EPOCH_TRUSTED_MS = 1_000;

let current: Snapshot | undefined;
let askedAt = Number.NEGATIVE_INFINITY;

/** How many extra questions an isolate asks in one second, however many unknown credentials it gets. */
const extraAsks = new PerSecond(10);

/** A snapshot that is at least as new as `minEpoch`. Rejects when the registry can't be read (answer 503). */
export async function snapshotAt(bindings: Bindings, minEpoch: number): Promise<Snapshot> {
  if (current && current.epoch >= minEpoch) return current;
  const loaded = await loadOnce(bindings, minEpoch);
  if (!current || loaded.epoch > current.epoch) current = loaded;
  if (current.epoch < minEpoch)
    throw new Error(`the registry is at epoch ${current.epoch}, not yet at ${minEpoch}`);
  return current;
}

/** A snapshot that was current at most a second ago. For requests for which no session object vouches. */
export async function freshSnapshot(bindings: Bindings): Promise<Snapshot> {
  if (current && Date.now() - askedAt < EPOCH_TRUSTED_MS) return current;
  const now = Date.now();
  const epoch = await coordinatorObject(bindings).epoch();
  const snapshot = await snapshotAt(bindings, epoch);
  askedAt = now;
  return snapshot;
}

/**
 * The snapshot of this moment. For a credential or a host that may be newer than our snapshot. After too many such
 * questions in one second, it is the same as `freshSnapshot`.
 */
export async function newestSnapshot(bindings: Bindings): Promise<Snapshot> {
  if (extraAsks.take(Date.now())) askedAt = Number.NEGATIVE_INFINITY;
  return freshSnapshot(bindings);
}

/** The load that is running now. Its promise holds plain data, so requests may share it. Requests may not share I/O. */
let loading: { readonly since: number; readonly done: Promise<Snapshot | null> } | undefined;

/**
 * How long (milliseconds) other requests wait for a shared load. The request that started the load may have been
 * cancelled. Then the load never ends, and the other requests must still get an answer.
 */
const SHARED_LOAD_MS = 1_000;

/**
 * Joins the running load when there is one. Loads by itself when that load fails, hangs, or gives a snapshot that is
 * too old.
 */
async function loadOnce(bindings: Bindings, minEpoch: number): Promise<Snapshot> {
  const left = loading === undefined ? 0 : loading.since + SHARED_LOAD_MS - Date.now();
  if (loading !== undefined && left > 0) {
    const shared = await within(timer, left, loading.done).catch(() => null);
    if (shared !== null && shared.epoch >= minEpoch) return shared;
  }
  const own = load(bindings);
  const mine = { since: Date.now(), done: own.catch(() => null) };
  loading = mine;
  try {
    return await own;
  } finally {
    if (loading === mine) loading = undefined;
  }
}

/** Loads a snapshot. The epoch is read first, so everything that is read after it is at least as new as the epoch. */
async function load(bindings: Bindings): Promise<Snapshot> {
  const epoch = await coordinatorObject(bindings).epoch();
  const results = await bindings.db.batch(QUERIES.map((query) => bindings.db.prepare(query)));
  const [apps, upstreams, nested, tokens, policies, groups, segments, network] = results.map(
    ({ results: rows }) => rows,
  ) as [AppRow[], UpstreamRow[], NestedRow[], TokenRow[], PolicyRow[], NameRow[], NameRow[], NetworkRow[]];
  const upstreamsOf = Map.groupBy(upstreams, (row) => row.app_id);
  const list = apps.map((row) =>
    toApp(
      row,
      (upstreamsOf.get(row.id) ?? []).map(({ url }) => url),
    ),
  );
  const statements = statementsIn(policies.filter(({ enabled }) => enabled === 1));
  const shadowed = statementsIn(policies.filter(({ enabled }) => enabled === 0));
  const registered = {
    groupParents: groupParents(nested),
    apps: list.map(resourceOf),
    segments: segments.map(({ name }) => name),
  };
  return {
    epoch,
    apps: list,
    appByHost: new Map(list.flatMap(atEachHost)),
    network: toNetwork(network[0]),
    serviceTokens: tokens.map(toServiceToken),
    policies: compilePolicies(statements, registered),
    shadow: shadowed.length === 0 ? null : compileShadow([...statements, ...shadowed], registered),
    versions: new Map(policies.map(({ name, number }) => [name, number])),
    registered,
    namedGroups: new Set([
      ...groups.map(({ name }) => name),
      ...statements.flatMap(({ policy }) => namedGroups(policy)),
    ]),
  };
}

const statementsIn = (rows: readonly PolicyRow[]): SnapshotPolicy[] =>
  rows.flatMap(({ compiled }) => JSON.parse(compiled) as SnapshotPolicy[]);

/** A policy in shadow must not disturb the decisions, so one that can't be compiled is only logged. */
function compileShadow(
  statements: readonly SnapshotPolicy[],
  registered: Registered,
): CompiledPolicies | null {
  try {
    return compilePolicies(statements, registered);
  } catch (error) {
    logError("shadow_not_compiled", error);
    return null;
  }
}

type AppRow = Pick<
  RowOf<typeof apps>,
  "id" | "name" | "title" | "host" | "other_hosts" | "segment_id" | "tags" | "through" | "settings"
> & { readonly segment_name: string };
type UpstreamRow = Pick<RowOf<typeof upstreams>, "app_id" | "url">;
type NestedRow = { readonly child: string; readonly parent: string };
type TokenRow = RowOf<typeof serviceTokens>;
type PolicyRow = Pick<RowOf<typeof policyVersions>, "compiled" | "number"> &
  Pick<RowOf<typeof policies>, "name" | "enabled">;
type NameRow = { readonly name: string };
type NetworkRow = Pick<RowOf<typeof networks>, "contact" | "lists_closed_apps">;

/** The queries, in the order in which `load` reads their rows. */
const QUERIES = [
  `SELECT a.id, a.name, a.title, a.host, a.other_hosts, a.segment_id, s.name AS segment_name, a.tags, a.through, a.settings
   FROM apps a JOIN segments s ON s.id = a.segment_id WHERE a.enabled = 1 ORDER BY a.name`,
  "SELECT app_id, url FROM upstreams ORDER BY app_id, position",
  `SELECT child.name AS child, parent.name AS parent FROM group_members m
   JOIN groups child ON child.id = m.member_id JOIN groups parent ON parent.id = m.group_id
   WHERE m.member_kind = 'group'`,
  "SELECT * FROM service_tokens",
  `SELECT p.name, p.enabled, v.number, v.compiled FROM policies p JOIN policy_versions v
   ON v.policy_id = p.id AND v.number = p.current_version WHERE p.enabled = 1 OR p.shadow = 1 ORDER BY p.name`,
  "SELECT name FROM groups",
  "SELECT name FROM segments",
  "SELECT contact, lists_closed_apps FROM networks",
];

const toNetwork = (row: NetworkRow | undefined): SnapshotNetwork => ({
  contact: row?.contact ?? "",
  listsClosedApps: row?.lists_closed_apps === 1,
});

function toApp(row: AppRow, upstreams: readonly string[]): SnapshotApp {
  return {
    id: row.id,
    name: row.name,
    title: row.title,
    host: row.host,
    hosts: [row.host, ...(JSON.parse(row.other_hosts) as string[])],
    segmentId: row.segment_id,
    segmentName: row.segment_name,
    tags: JSON.parse(row.tags) as string[],
    upstreams,
    through: JSON.parse(row.through) as string[],
    settings: appSettings(JSON.parse(row.settings) as Partial<AppSettings>),
  };
}

/** The app under each of its hosts. Under its main host, it is the same object. */
const atEachHost = (app: SnapshotApp): [string, SnapshotApp][] =>
  app.hosts.map((host) => [host, host === app.host ? app : { ...app, host }]);

function toServiceToken(row: TokenRow): SnapshotServiceToken {
  return {
    id: row.id,
    name: row.name,
    secretHash: row.secret_hash,
    previousHash: row.previous_hash,
    previousUntil: row.previous_until,
    groups: JSON.parse(row.groups) as string[],
    federation: row.federation === null ? null : (JSON.parse(row.federation) as Federation),
    enabled: row.enabled === 1,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  };
}

function groupParents(rows: readonly NestedRow[]): Record<string, string[]> {
  const parents = Map.groupBy(rows, ({ child }) => child);
  return Object.fromEntries([...parents].map(([child, all]) => [child, all.map(({ parent }) => parent)]));
}
