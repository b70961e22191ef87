import { and, asc, eq, gt, notInArray } from "drizzle-orm";
import type * as z from "zod/mini";
import { BUILT_IN_APPS } from "../../../shared/access/sessions/types.ts";
import type { app as appSchema } from "../../../shared/api/registry.ts";
import { isId } from "../../../shared/base/ids.ts";
import { type AppSettings, appSettings } from "../../../shared/registry/app-settings.ts";
import { apps, segments, upstreams } from "../../../shared/registry/schema.ts";
import type { Bindings } from "../../platform/env.ts";
import { freshId } from "../../platform/random.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { hostsAreDistinct, takenHost } from "../../registry/app-hosts.ts";
import { prepared, registryOf } from "../../registry/database.ts";
import { unchanged } from "../../registry/guards.ts";
import type { Effects, Handlers } from "../call.ts";
import { missing } from "../missing.ts";
import { pageOf } from "../paging.ts";
import { holdsWords } from "../search.ts";
import { checkUpstreams } from "../upstreams.ts";
import { findSegment } from "./segments.ts";

export type App = z.output<typeof appSchema>;

/** Apps as callers see them, ordered by id. */
async function readApps(
  d1: D1Database,
  where: Parameters<ReturnType<typeof selectApps>["where"]>[0],
  limit: number,
): Promise<App[]> {
  const rows = await selectApps(d1).where(where).orderBy(asc(apps.id)).limit(limit);
  const { results } = await d1
    .prepare(
      "SELECT app_id, url FROM upstreams WHERE app_id IN (SELECT value FROM json_each(?)) ORDER BY app_id, position",
    )
    .bind(JSON.stringify(rows.map(({ app }) => app.id)))
    .all<{ app_id: string; url: string }>();
  return rows.map(({ app, segment }) => ({
    ...app,
    segment,
    otherHosts: JSON.parse(app.otherHosts) as string[],
    tags: JSON.parse(app.tags) as string[],
    through: JSON.parse(app.through) as string[],
    settings: appSettings(JSON.parse(app.settings) as Partial<AppSettings>),
    upstreams: results.filter((row) => row.app_id === app.id).map((row) => row.url),
  }));
}

const selectApps = (d1: D1Database) =>
  registryOf(d1)
    .select({ app: apps, segment: segments.name })
    .from(apps)
    .innerJoin(segments, eq(segments.id, apps.segmentId));

/** An app by id or name. */
export async function findApp(d1: D1Database, reference: string): Promise<App> {
  const key = isId("app", reference) ? eq(apps.id, reference) : eq(apps.name, reference);
  const [app] = await readApps(d1, key, 1);
  return app ?? missing(d1, "app", reference);
}

/** All apps of the network, for its document. */
export const allApps = (d1: D1Database): Promise<App[]> => readApps(d1, undefined, 100_000);

function refuseReserved(bindings: Bindings, app: App): void {
  if (BUILT_IN_APPS.includes(app.name))
    throwRefusal("conflict", "This name is that of a built-in app of the network.");
  const own = [bindings.authOrigin, bindings.hubOrigin].map((origin) => new URL(origin).hostname);
  if (hostsOf(app).some((host) => own.includes(host)))
    throwRefusal("conflict", "This host is the network's own.");
}

/** All hosts of an app, the main one first. */
const hostsOf = ({ host, otherHosts }: Pick<App, "host" | "otherHosts">): string[] => [host, ...otherHosts];

function refuseRepeated(app: App): void {
  const at = app.otherHosts.findIndex((host, n) => hostsOf(app).indexOf(host) <= n);
  if (at < 0) return;
  const message = `The host ${app.otherHosts[at]} is named twice.`;
  throwRefusal("invalid_input", message, { issues: [{ path: `/otherHosts/${at}`, message }] });
}

/** Says which app has a host, before the batch would fail for it. */
async function refuseTaken(d1: D1Database, app: App): Promise<void> {
  const taken = await takenHost(d1, app.id, hostsOf(app));
  if (taken) throwRefusal("conflict", `The host ${taken.host} is that of the app ${taken.name}.`);
}

/** The statements that store an app, whether it already exists or not. `hostsAreDistinct` must follow them. */
export function storeApp(d1: D1Database, app: App, exists: boolean, now: number): D1PreparedStatement[] {
  const { segment: _, upstreams: urls, ...rest } = app;
  const row = {
    ...rest,
    otherHosts: JSON.stringify(app.otherHosts),
    tags: JSON.stringify(app.tags),
    through: JSON.stringify(app.through),
    settings: JSON.stringify(app.settings),
  };
  const db = registryOf(d1);
  return [
    exists
      ? prepared(d1, db.update(apps).set(row).where(eq(apps.id, app.id)))
      : prepared(d1, db.insert(apps).values(row)),
    prepared(
      d1,
      db.delete(upstreams).where(and(eq(upstreams.appId, app.id), notInArray(upstreams.url, urls))),
    ),
    // Unchanged upstream rows are kept, so that the history shows only the upstreams that were added or
    // removed.
    ...urls.map((url, position) =>
      prepared(
        d1,
        db
          .insert(upstreams)
          .values({ id: freshId("upstream"), appId: app.id, url, position, createdAt: now, updatedAt: now })
          .onConflictDoUpdate({
            target: [upstreams.appId, upstreams.url],
            set: { position, updatedAt: now },
          }),
      ),
    ),
  ];
}

/** Deletes the app. The index of its sessions keeps the app's name. */
export const removeApp = (d1: D1Database, { id, name }: Pick<App, "id" | "name">): D1PreparedStatement[] => [
  d1.prepare("UPDATE sessions_index SET app_name = ? WHERE app_id = ?").bind(name, id),
  d1.prepare("DELETE FROM apps WHERE id = ?").bind(id),
];

/** The input. A missing member gets its default in a new app, and stays unchanged in an existing app. */
type Input = { readonly [Key in keyof z.input<typeof appSchema>]?: unknown } & {
  readonly name?: string | undefined;
  readonly title?: string | undefined;
  readonly host?: string | undefined;
  readonly otherHosts?: string[] | undefined;
  readonly segment?: string | undefined;
  readonly tags?: string[] | undefined;
  readonly enabled?: boolean | undefined;
  readonly upstreams?: string[] | undefined;
  readonly through?: string[] | undefined;
  readonly settings?: { [Key in keyof AppSettings]?: AppSettings[Key] | undefined } | undefined;
};

/** Finds a segment by id or name. */
type SegmentLookup = (reference: string) => Promise<{ readonly id: string; readonly name: string }>;

/** A new app with its defaults. */
export async function newApp(
  bindings: Bindings,
  input: Input & { name: string; host: string; segment: string; upstreams: string[] },
  now: number,
  segmentOf: SegmentLookup = (reference) => findSegment(bindings.db, reference),
): Promise<App> {
  const blank: App = {
    id: freshId("app"),
    name: input.name,
    title: input.name,
    host: input.host,
    otherHosts: [],
    segmentId: "",
    segment: "",
    tags: [],
    enabled: true,
    upstreams: [],
    through: [],
    settings: appSettings({}),
    version: 0,
    createdAt: now,
    updatedAt: now,
  };
  return changeApp(bindings, blank, input, now, segmentOf);
}

/** The app, with the members of the input instead of its own. Refuses values that are not allowed. */
export async function changeApp(
  bindings: Bindings,
  app: App,
  input: Input,
  now: number,
  segmentOf: SegmentLookup = (reference) => findSegment(bindings.db, reference),
): Promise<App> {
  const segment = input.segment === undefined ? null : await segmentOf(input.segment);
  const hosts = { host: input.host ?? app.host, otherHosts: input.otherHosts ?? app.otherHosts };
  const changed: App = {
    ...app,
    name: input.name ?? app.name,
    title: input.title ?? app.title,
    ...hosts,
    segmentId: segment?.id ?? app.segmentId,
    segment: segment?.name ?? app.segment,
    tags: input.tags ? [...new Set(input.tags)] : app.tags,
    enabled: input.enabled ?? app.enabled,
    ...(await placeOf(bindings, app, input, hostsOf(hosts))),
    settings: appSettings({ ...app.settings, ...(input.settings as Partial<AppSettings>) }),
    version: app.version + 1,
    updatedAt: now,
  };
  refuseReserved(bindings, changed);
  refuseRepeated(changed);
  if (changed.through.length === 0 && changed.settings.upstreamHost !== "upstream") {
    const detail =
      "The edge asks an application under the host of its upstream and can send no other. `upstreamHost` is for private apps, which agents dial.";
    throwRefusal("invalid_input", detail, { issues: [{ path: "/settings/upstreamHost", message: detail }] });
  }
  return changed;
}

/** Where the app is and who reaches it. Which upstreams are allowed depends on whether agents dial them. */
async function placeOf(
  bindings: Bindings,
  app: App,
  input: Input,
  hosts: readonly string[],
): Promise<Pick<App, "upstreams" | "through">> {
  const through = input.through ? [...new Set(input.through)] : app.through;
  const isPrivate = through.length > 0;
  const isServed = hosts.every((host) => hostsOf(app).includes(host));
  if (input.upstreams === undefined && isServed && isPrivate === app.through.length > 0)
    return { upstreams: app.upstreams, through };
  const urls = input.upstreams ?? app.upstreams;
  return { upstreams: await checkUpstreams(bindings, urls, hosts, isPrivate), through };
}

/** Sessions of an app that moved, lost a host, was switched off or was deleted must end. */
export function endsOf(before: App, after: App | null): Effects["ends"] {
  const filter = { by: "app", id: before.id } as const;
  if (after === null) return [{ filter, reason: "app_deleted" }];
  const isLeft = (host: string) => !hostsOf(after).includes(host);
  if (before.segmentId !== after.segmentId || hostsOf(before).some(isLeft))
    return [{ filter, reason: "app_moved" }];
  return before.enabled && !after.enabled ? [{ filter, reason: "app_disabled" }] : [];
}

const effects = (
  action: string,
  app: App,
  detail: Effects["event"]["detail"],
  ends: Effects["ends"],
): Effects => ({
  event: { action: `app.${action}`, target: app.id, detail: { name: app.name, ...detail } },
  policies: true,
  userIds: [],
  ends,
});

export const APP_HANDLERS: Handlers<
  "apps.list" | "apps.create" | "apps.get" | "apps.update" | "apps.delete"
> = {
  "apps.list": async ({ bindings, query }) => {
    const segment = query.segment === undefined ? undefined : await findSegment(bindings.db, query.segment);
    const page = await pageOf(
      query,
      (after, limit) =>
        readApps(
          bindings.db,
          and(
            gt(apps.id, after ?? ""),
            segment && eq(apps.segmentId, segment.id),
            query.enabled && eq(apps.enabled, query.enabled === "true"),
            holdsWords(query.search, apps.id, apps.name, apps.title, apps.host, apps.otherHosts, apps.tags),
          ),
          limit,
        ),
      (app) => app.id,
    );
    return { body: page };
  },

  "apps.create": async ({ bindings, body, now }) => {
    const app = await newApp(bindings, body, now);
    await refuseTaken(bindings.db, app);
    return {
      statements: [...storeApp(bindings.db, app, false, now), hostsAreDistinct(bindings.db)],
      effects: effects("create", app, { hosts: hostsOf(app), upstreams: app.upstreams }, []),
      body: app,
      version: app.version,
    };
  },

  "apps.get": async ({ bindings, params }) => {
    const app = await findApp(bindings.db, params.app);
    return { body: app, version: app.version };
  },

  "apps.update": async ({ bindings, params, body, ifMatch, now }) => {
    const before = await findApp(bindings.db, params.app);
    const after = { ...(await changeApp(bindings, before, body, now)), version: ifMatch + 1 };
    await refuseTaken(bindings.db, after);
    return {
      statements: [
        unchanged(bindings.db, "apps", before, ifMatch),
        ...storeApp(bindings.db, after, true, now),
        hostsAreDistinct(bindings.db),
      ],
      effects: effects("update", after, { fields: Object.keys(body) }, endsOf(before, after)),
      body: after,
      version: after.version,
    };
  },

  "apps.delete": async ({ bindings, params, ifMatch }) => {
    const app = await findApp(bindings.db, params.app);
    return {
      statements: [unchanged(bindings.db, "apps", app, ifMatch), ...removeApp(bindings.db, app)],
      effects: effects("delete", app, {}, endsOf(app, null)),
      body: null,
    };
  },
};
