import { type AnswererFacts, type AskerFacts, HOUR_MS } from "../../../shared/access/grants/decide.ts";
import { digestOf } from "../../../shared/access/grants/digest.ts";
import type { Grant } from "../../../shared/access/grants/types.ts";
import type { Principal } from "../../../shared/access/sessions/types.ts";
import { type AppSettings, appSettings } from "../../../shared/registry/app-settings.ts";
import type { RowOf } from "../../../shared/registry/rows.ts";
import type { apps } from "../../../shared/registry/schema.ts";
import type { Bindings } from "../../platform/env.ts";
import { names } from "../../registry/grants.ts";
import { loadPrincipal } from "../../registry/principals.ts";
import { newestSnapshot, type Snapshot } from "../../registry/snapshot.ts";
import type { Judged } from "./store.ts";

/** Reads from the registry what decisions about grants depend on, at this moment. */

export type GrantApp = Pick<RowOf<typeof apps>, "id" | "name" | "title" | "host" | "version"> & {
  /** All hosts, the main one first. */
  readonly hosts: readonly string[];
  readonly settings: AppSettings;
};

/** An app that is served, by id or name. Null tells nothing about whether there is one. */
export async function appOf(db: D1Database, reference: string): Promise<GrantApp | null> {
  const row = await db
    .prepare(
      "SELECT id, name, title, host, other_hosts AS others, version, settings FROM apps WHERE (id = ?1 OR name = ?1) AND enabled = 1",
    )
    .bind(reference)
    .first<Omit<GrantApp, "settings" | "hosts"> & { others: string; settings: string }>();
  if (row === null) return null;
  const { others, settings, ...app } = row;
  return {
    ...app,
    hosts: [app.host, ...(JSON.parse(others) as string[])],
    settings: appSettings(JSON.parse(settings) as Partial<AppSettings>),
  };
}

/** People with the moment of their last change, which the write checks again. */
async function peopleOf(
  db: D1Database,
  ids: readonly string[],
): Promise<{ principals: Map<string, Principal>; people: Judged["people"] }> {
  // Read before the principals: a change in between makes the write fail, and not pass unseen.
  const { results: people } = await db
    .prepare("SELECT id, updated_at AS updatedAt FROM users WHERE id IN (SELECT value FROM json_each(?))")
    .bind(JSON.stringify(ids))
    .all<{ id: string; updatedAt: number }>();
  const principals = await Promise.all(people.map(({ id }) => loadPrincipal(db, id)));
  return {
    people,
    principals: new Map(principals.flatMap((one) => (one ? [[one.userId, one]] : []))),
  };
}

export interface Asking {
  readonly asker: AskerFacts;
  readonly email: string;
  readonly judged: Judged;
}

export async function askingOf(
  bindings: Bindings,
  app: GrantApp,
  userId: string,
  emergency: boolean,
  now: number,
): Promise<Asking> {
  const { db } = bindings;
  const [{ principals, people }, snapshot, counts] = await Promise.all([
    peopleOf(db, [userId]),
    newestSnapshot(bindings),
    countsOf(db, userId, app.id, emergency, now),
  ]);
  const principal = principals.get(userId);
  const { grantAskers, emergencyAskers } = app.settings;
  return {
    asker: {
      ...counts,
      mayAsk: principal !== undefined && names(snapshot, grantAskers, principal),
      mayBreakIn: principal !== undefined && names(snapshot, emergencyAskers, principal),
    },
    email: principal?.email ?? "",
    judged: { app, people },
  };
}

async function countsOf(
  db: D1Database,
  userId: string,
  appId: string,
  emergency: boolean,
  now: number,
): Promise<Pick<AskerFacts, "waiting" | "held" | "withinHour" | "hasOne">> {
  const row = await db
    .prepare(
      `SELECT count(*) FILTER (WHERE status = 'pending' AND lapses_at > ?2) AS waiting,
         count(*) FILTER (WHERE status = 'granted' AND until > ?2) AS held,
         count(*) FILTER (WHERE asked_at > ?3) AS withinHour,
         count(*) FILTER (WHERE app_id = ?4 AND emergency = ?5
           AND iif(?5, status = 'granted' AND until > ?2, status = 'pending' AND lapses_at > ?2)) AS same
       FROM access_grants WHERE user_id = ?1`,
    )
    .bind(userId, now, now - HOUR_MS, appId, emergency ? 1 : 0)
    .first<{ waiting: number; held: number; withinHour: number; same: number }>();
  const { waiting = 0, held = 0, withinHour = 0, same = 0 } = row ?? {};
  return { waiting, held, withinHour, hasOne: same > 0 };
}

export interface Answering {
  readonly by: AnswererFacts;
  readonly judged: Judged;
}

/** @param app The app as it is now. */
export async function answeringOf(
  bindings: Bindings,
  grant: Grant,
  app: GrantApp,
  userId: string,
): Promise<Answering> {
  const approved = grant.answers.filter(({ verdict }) => verdict === "approve");
  const ids = [...new Set([userId, grant.userId, ...approved.map((answer) => answer.userId)])];
  const [{ principals, people }, snapshot] = await Promise.all([
    peopleOf(bindings.db, ids),
    newestSnapshot(bindings),
  ]);
  const { settings } = app;
  const isNow = (id: string, selectors: readonly string[]): boolean => {
    const principal = principals.get(id);
    return principal !== undefined && names(snapshot, selectors, principal);
  };
  const still = approved.filter((answer) => isNow(answer.userId, settings.grantApprovers));
  const counted = [userId, grant.userId, ...still.map((answer) => answer.userId)];
  return {
    by: {
      userId,
      settings,
      isApprover: isNow(userId, settings.grantApprovers),
      stillApprovers: new Set(still.map((answer) => answer.userId)),
      askerStands: isNow(grant.userId, settings.grantAskers),
      digest: digestOf(grant, { id: grant.id, app, email: principals.get(grant.userId)?.email ?? "" }),
    },
    judged: { app, people: people.filter(({ id }) => counted.includes(id)) },
  };
}

/** The ids of the apps that a person is an approver of. */
export const approvedBy = ({ apps, policies }: Snapshot, principal: Principal): string[] =>
  apps.filter(({ settings }) => names({ policies }, settings.grantApprovers, principal)).map(({ id }) => id);
