import type { DeviceFacts } from "../../../shared/access/policy/request.ts";
import {
  BUILT_IN_APPS,
  mayHaveChildren,
  type SessionEndReason,
  type SessionFilter,
} from "../../../shared/access/sessions/types.ts";
import type { Role } from "../../../shared/api/fields.ts";
import { receiptsOf, SESSION_CUT } from "../../../shared/audit/receipts.ts";
import { isId } from "../../../shared/base/ids.ts";
import type { AliasedRowOf } from "../../../shared/registry/rows.ts";
import type { sessionsIndex } from "../../../shared/registry/schema.ts";
import type { Bindings } from "../../platform/env.ts";
import { auditObject, coordinatorObject } from "../../platform/objects.ts";
import { freshId } from "../../platform/random.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { recordEnding } from "../../platform/saved-events.ts";
import { endAtOtherHosts, endBelow, endUser } from "../../session/end-sessions.ts";
import { indexEnded, liveSessions, type SessionsOf, signInsBelow } from "../../session/session-index.ts";
import type { Call, Handlers } from "../call.ts";
import { logQuery } from "../log-query.ts";
import { nextOf, pageOf } from "../paging.ts";
import { notFound } from "../refused.ts";
import { type Condition, personHeld, selected, wordsHeld } from "../search.ts";
import { type LiveStanding, standingsOf } from "../session-standing.ts";
import { findApp } from "./apps.ts";
import { findProvider } from "./identity-providers.ts";
import { findUser } from "./users.ts";

type Row = Omit<AliasedRowOf<typeof sessionsIndex>, "providerId"> & {
  readonly email: string;
  readonly appName: string | null;
};

/** As an SQL list. */
const BUILT_IN = `(${BUILT_IN_APPS.map((id) => `'${id}'`).join(", ")})`;

const COLUMNS = `s.id, s.owner, s.kind, s.user_id AS userId, u.email, s.app_id AS appId, coalesce(a.name, s.app_name, iif(s.app_id IN ${BUILT_IN}, s.app_id, NULL)) AS appName,
  s.parent_id AS parentId, s.ip, s.user_agent AS userAgent, s.created_at AS createdAt,
  s.expires_at AS expiresAt, s.ended_at AS endedAt, s.end_reason AS endReason`;

const SELECT = `SELECT ${COLUMNS} FROM sessions_index s JOIN users u ON u.id = s.user_id
  LEFT JOIN apps a ON a.id = s.app_id`;

/** A row as callers see it, with how the session stands now if that is known. */
const viewDevice = ({ id, name, proofAgeSeconds, sameAddress, claims, stated }: DeviceFacts) => ({
  ...{ id, name, proofAgeSeconds, sameAddress },
  ageSeconds: claims.ageSeconds,
  stated: [...stated],
});

function view({ owner: _, ...row }: Row, standings: ReadonlyMap<string, LiveStanding>) {
  const { risk = null, grade = null } = standings.get(row.id) ?? {};
  return { ...row, risk, grade };
}

const LIVE = "s.ended_at IS NULL AND s.expires_at > ?";
const REASON: SessionEndReason = "killed_by_admin";

interface Ended {
  readonly ended: readonly string[];
  /** The session objects that could not be reached yet. */
  readonly pending: readonly string[];
}

/** Ends sessions in all objects that have them. Repeating the call does no harm. */
async function end(
  bindings: Bindings,
  owners: readonly string[] | null,
  filter: SessionFilter,
): Promise<Ended> {
  const result = await coordinatorObject(bindings).endEverywhere(owners, filter, REASON);
  await indexEnded(bindings.db, result.ended, REASON);
  return result;
}

/**
 * The sessions that `work` ended. They include app sessions that ended together with their sign-in session
 * before the order to end them arrived.
 */
async function withChildren(
  { db }: Bindings,
  of: SessionsOf,
  work: () => Promise<readonly Ended[]>,
): Promise<readonly Ended[]> {
  const before = await liveSessions(db, of);
  const parts = await work();
  const pending = new Set(parts.flatMap((part) => part.pending));
  const ended = before.filter(({ owner }) => !pending.has(owner)).map(({ id }) => id);
  await indexEnded(db, ended, REASON);
  return [...parts, { ended, pending: [] }];
}

/** Ends the sessions that `work` ends, and records in the audit log who ended which sessions. */
async function kill(
  { bindings, author, now }: Call<"sessions.kill" | "sessions.killMany">,
  target: string,
  work: () => Promise<readonly Ended[]>,
): Promise<{ body: { ended: string[]; pending: number } }> {
  const entry = {
    ...author,
    kind: "admin",
    id: freshId("audit"),
    at: now,
    action: "session.kill",
    target,
    detail: {},
  } as const;
  let ended: string[] = [];
  const { pending } = await recordEnding(bindings, entry, async () => {
    const parts = await work();
    ended = [...new Set(parts.flatMap((part) => part.ended))];
    return { ended: ended.length, pending: new Set(parts.flatMap((part) => part.pending)).size };
  });
  return { body: { ended, pending } };
}

/** Without this check, an administrator could keep the owners out. */
function mayEndOf({ caller }: Pick<Call, "caller">, role: Role | null): void {
  if (role === "owner" && caller.role !== "owner") {
    throwRefusal("forbidden", "Only an owner may end an owner's sessions.");
  }
}

/** The id of an app of the registry, or of a built-in app. */
const appIdOf = async (bindings: Bindings, reference: string): Promise<string> =>
  BUILT_IN_APPS.includes(reference) ? reference : (await findApp(bindings.db, reference)).id;

interface Place extends Pick<Row, "owner" | "kind" | "appId" | "parentId"> {
  /** The role of the session's user. */
  readonly role: Role | null;
}

async function locate(bindings: Bindings, id: string): Promise<Place> {
  if (!isId("session", id)) return notFound("session");
  const row = await bindings.db
    .prepare(
      "SELECT s.owner, s.kind, s.app_id AS appId, s.parent_id AS parentId, u.role FROM sessions_index s JOIN users u ON u.id = s.user_id WHERE s.id = ?",
    )
    .bind(id)
    .first<Place>();
  return row ?? notFound("session");
}

/**
 * Rows of older releases don't contain the provider. For them, every user counts who ever signed in with the
 * provider.
 */
const BY_PROVIDER = `(s.provider_id = ? OR (s.provider_id IS NULL
  AND s.user_id IN (SELECT user_id FROM identities WHERE provider_id = ?)))`;

/** Conditions on rows of the index, for the things that sessions depend on. */
async function restingOn(
  bindings: Bindings,
  { user, app, provider }: Call<"sessions.count">["query"],
): Promise<Condition[]> {
  const filters: Condition[] = [];
  if (user !== undefined) filters.push(["s.user_id = ?", (await findUser(bindings.db, user)).id]);
  if (app !== undefined) filters.push(["s.app_id = ?", await appIdOf(bindings, app)]);
  if (provider !== undefined) {
    const { id } = await findProvider(bindings.db, provider);
    filters.push([BY_PROVIDER, id, id]);
  }
  return filters;
}

/**
 * The condition that a session is for the app with this id or name. If there is no such app: that the name of
 * the app contains the word, also of one that was deleted.
 */
function appHeld(word: string): Condition {
  const part = word.trim().toLowerCase();
  return [
    `(s.app_id = ? OR a.name = ? OR (? NOT IN ${BUILT_IN} AND NOT EXISTS (SELECT 1 FROM apps WHERE id = ? OR name = ?)
      AND (instr(coalesce(a.name, s.app_name, ''), ?) > 0 OR instr(lower(coalesce(a.title, '')), ?) > 0)))`,
    ...[word, part, word, word, part, part, part],
  ];
}

export const SESSION_HANDLERS: Handlers<
  | "sessions.list"
  | "sessions.count"
  | "sessions.get"
  | "sessions.receipts"
  | "sessions.kill"
  | "sessions.killMany"
> = {
  "sessions.count": async ({ bindings, query, now }) => {
    const filters: Condition[] = [...(await restingOn(bindings, query)), [LIVE, now]];
    const count = "SELECT count(*) AS sessions, count(DISTINCT s.user_id) AS people FROM sessions_index s";
    const row = await selected(bindings.db, count, filters).first<{ sessions: number; people: number }>();
    return { body: row ?? { sessions: 0, people: 0 } };
  },

  "sessions.list": async ({ bindings, query, now }) => {
    const { user, app, provider, search } = query;
    const filters: Condition[] = [
      ...(await restingOn(bindings, { provider })),
      ...(user === undefined ? [] : [personHeld(user)]),
      ...(app === undefined ? [] : [appHeld(app)]),
      ...wordsHeld(search, "s.id", "u.email", "u.name", "a.name", "a.title", "s.app_name", "s.ip"),
    ];
    if (query.kind !== undefined) filters.push(["s.kind = ?", query.kind]);
    if (query.state === "ended") filters.push([`NOT (${LIVE})`, now]);
    else if (query.state !== "all") filters.push([LIVE, now]);
    const page = await pageOf(
      query,
      async (after, limit) => {
        const older: Condition[] = after === null ? [] : [["s.id < ?", after]];
        const page: Condition = ["ORDER BY s.id DESC LIMIT ?", limit];
        return (await selected(bindings.db, SELECT, [...filters, ...older], page).all<Row>()).results;
      },
      (row) => row.id,
    );
    const standings = await standingsOf(bindings, page.items, now);
    return { body: { ...page, items: page.items.map((row) => view(row, standings)) } };
  },

  "sessions.get": async ({ bindings, params, now }) => {
    if (!isId("session", params.session)) return notFound("session");
    const row = await bindings.db.prepare(`${SELECT} WHERE s.id = ?`).bind(params.session).first<Row>();
    if (!row) return notFound("session");
    const standings = await standingsOf(bindings, [row], now);
    const { reasons = [], restoredAt = null, device = null } = standings.get(row.id) ?? {};
    return { body: { ...view(row, standings), reasons, restoredAt, device: device && viewDevice(device) } };
  },

  "sessions.receipts": async ({ bindings, query }) => {
    const asked = await logQuery(bindings, { ...query, reason: SESSION_CUT });
    const of = query.session === undefined ? {} : { target: query.session };
    const found = await auditObject(bindings).query({ ...asked, ...of, kinds: ["session"] });
    const entries = found.rows.flatMap(({ entry }) => (entry.kind === "decision" ? [] : [entry]));
    return { body: { items: receiptsOf(entries), next: nextOf(found.next) } };
  },

  "sessions.kill": async (call) => {
    const { bindings, params } = call;
    const id = params.session;
    const place = await locate(bindings, id);
    const { owner, role } = place;
    mayEndOf(call, role);
    const own = () => end(bindings, [owner], { by: "session", id });
    if (!mayHaveChildren(place)) {
      const { parentId, appId } = place;
      if (parentId === null || appId === null) return kill(call, id, async () => [await own()]);
      // The same browser may have sessions at other hosts of the app. To the administrator, they are one.
      return kill(call, id, async () => [
        await own(),
        ...(await endAtOtherHosts(bindings, parentId, appId, REASON)),
      ]);
    }
    const device = async () => {
      const parts = [await own()];
      // The app sessions are ended after the one that they come from, so that no new app session can be made in
      // between.
      for (const parentId of await signInsBelow(bindings.db, id))
        parts.push(await endBelow(bindings, { parentId }, REASON));
      return parts;
    };
    return kill(call, id, () => withChildren(bindings, { parentId: id }, device));
  },

  "sessions.killMany": async (call) => {
    const { body, bindings } = call;
    if (body.by === "user") {
      const { id, role } = await findUser(bindings.db, body.user);
      mayEndOf(call, role);
      // The sign-in sessions are ended first, so that no new app session can be made. Then the sessions that
      // the index didn't know are ended.
      const everywhere = async () => [
        { ended: await endUser(bindings, id, REASON), pending: [] },
        await end(bindings, null, { by: "user", id }),
      ];
      return kill(call, id, () => withChildren(bindings, { userId: id }, everywhere));
    }
    const id = await appIdOf(bindings, body.app);
    // This ends the hub sessions of everybody, including the owners.
    if (BUILT_IN_APPS.includes(id)) mayEndOf(call, "owner");
    return kill(call, id, async () => [await end(bindings, null, { by: "app", id })]);
  },
};
