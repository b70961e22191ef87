import type * as z from "zod/mini";
import { statusAt } from "../../../shared/access/grants/state.ts";
import type { Grant } from "../../../shared/access/grants/types.ts";
import { scoreAt } from "../../../shared/access/risk/score.ts";
import { mayCall } from "../../../shared/api/endpoint.ts";
import type { Role } from "../../../shared/api/fields.ts";
import type { accessGrant, grantBackground } from "../../../shared/api/grants.ts";
import type { DecisionEntry } from "../../../shared/audit/types.ts";
import type { Bindings } from "../../platform/env.ts";
import { auditObject } from "../../platform/objects.ts";
import { loadPrincipal } from "../../registry/principals.ts";
import { newestSnapshot } from "../../registry/snapshot.ts";
import { approvedBy } from "./facts.ts";

/** Requests and grants, as those see them who may. */

export type GrantView = z.output<typeof accessGrant>;

/** Who looks. */
export interface Viewer {
  /** Null for an API token of nobody. */
  readonly userId: string | null;
  readonly role: Role | null;
  /** Whether a person acts, and no token. */
  readonly isPerson: boolean;
}

/** What a viewer may see and do. */
export interface Sight {
  readonly viewer: Viewer;
  readonly seesAll: boolean;
  /** The apps that the viewer is an approver of. */
  readonly apps: readonly string[];
}

export async function sightOf(bindings: Bindings, viewer: Viewer): Promise<Sight> {
  const [snapshot, principal] = await Promise.all([
    newestSnapshot(bindings),
    viewer.userId === null ? null : loadPrincipal(bindings.db, viewer.userId),
  ]);
  return {
    viewer,
    seesAll: mayCall(viewer.role, "auditor"),
    apps: principal === null ? [] : approvedBy(snapshot, principal),
  };
}

export const mayRead = ({ viewer, seesAll, apps }: Sight, { userId, appId }: Grant): boolean =>
  seesAll || userId === viewer.userId || apps.includes(appId);

/** Adds names to ids, and what the viewer may do. */
export async function viewsOf(
  db: D1Database,
  grants: readonly Grant[],
  sight: Sight,
  now: number,
): Promise<GrantView[]> {
  const userIds = grants.flatMap(({ userId, endedBy, reviewedBy, answers }) => [
    ...[userId, endedBy, reviewedBy],
    ...answers.map((answer) => answer.userId),
  ]);
  const [people, apps] = await db.batch<Record<string, string>>([
    db
      .prepare("SELECT id, email, name FROM users WHERE id IN (SELECT value FROM json_each(?))")
      .bind(JSON.stringify(userIds)),
    db
      .prepare("SELECT id, name, title, host FROM apps WHERE id IN (SELECT value FROM json_each(?))")
      .bind(JSON.stringify(grants.map(({ appId }) => appId))),
  ]);
  const users = new Map(
    ((people?.results ?? []) as unknown as GrantView["user"][]).map((one) => [one.id, one]),
  );
  const known = new Map(((apps?.results ?? []) as unknown as GrantView["app"][]).map((one) => [one.id, one]));
  const person = (id: string) => ({ id, email: users.get(id)?.email ?? id });
  return grants.map((grant): GrantView => {
    const { userId, appId, endedBy, reviewedBy, answers, ...rest } = grant;
    const status = statusAt(grant, now);
    const isMine = userId === sight.viewer.userId;
    return {
      ...rest,
      actions: [...grant.actions],
      paths: [...grant.paths],
      ...{ status, isMine },
      mayAnswer: status === "pending" && !isMine && sight.viewer.isPerson && sight.apps.includes(appId),
      user: { ...person(userId), name: users.get(userId)?.name ?? "" },
      app: known.get(appId) ?? { id: appId, name: appId, title: appId, host: "" },
      endedBy: endedBy === null ? null : person(endedBy),
      reviewedBy: reviewedBy === null ? null : person(reviewedBy),
      answers: answers.map(({ userId: by, verdict, note, at }) => ({ by: person(by), verdict, note, at })),
    };
  });
}

const MOST_EARLIER = 5;
const MOST_DECISIONS = 5;

/** Whether there is something to decide about the person: who was an approver once does not look at them for ever. */
const isOpen = (grant: Grant, now: number): boolean =>
  ["pending", "granted"].includes(statusAt(grant, now)) || (grant.emergency && grant.reviewedAt === null);

/**
 * What an approver should know of the person. Of other apps, only those that the viewer decides about: to all others
 * it is not even said that there are such apps. Null when nothing is to be decided, or the person is gone.
 */
export async function backgroundOf(
  bindings: Bindings,
  grant: Grant,
  { seesAll, apps }: Sight,
  now: number,
): Promise<z.output<typeof grantBackground> | null> {
  const { db } = bindings;
  if (!seesAll && !isOpen(grant, now)) return null;
  const principal = await loadPrincipal(db, grant.userId);
  if (principal === null) return null;
  const person = { ids: [grant.userId], names: [], part: null };
  const [earlier, decided] = await Promise.all([
    db
      .prepare(
        `SELECT g.id, a.name AS app, g.status, g.asked_at AS askedAt, g.lapses_at AS lapsesAt, g.until
         FROM access_grants g JOIN apps a ON a.id = g.app_id
         WHERE g.user_id = ? AND g.id <> ? AND (? OR g.app_id IN (SELECT value FROM json_each(?)))
         ORDER BY g.id DESC LIMIT ${MOST_EARLIER}`,
      )
      .bind(grant.userId, grant.id, seesAll ? 1 : 0, JSON.stringify(apps))
      .all<Pick<Grant, "id" | "status" | "askedAt" | "lapsesAt" | "until"> & { app: string }>(),
    auditObject(bindings).query({
      ...{ kinds: ["decision"], who: person, limit: MOST_DECISIONS },
      app: { ids: [grant.appId], names: [], part: null },
    }),
  ]);
  return {
    risk: scoreAt(principal.risk ?? [], now),
    groups: [...principal.groups],
    earlier: earlier.results.map(({ lapsesAt, until, status, ...rest }) => ({
      ...rest,
      status: statusAt({ status, lapsesAt, until }, now),
    })),
    decisions: decided.rows.map(({ entry }) => {
      const { id, at, decision, reason, facts } = entry as DecisionEntry;
      return { id, at, decision, reason, method: facts.request.method, path: facts.request.path };
    }),
  };
}
