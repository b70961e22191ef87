import { isId } from "../../../shared/ids.ts";
import { HUB_APP_ID, type SessionEndReason, type SessionFilter } from "../../../shared/sessions/types.ts";
import { recordEvent } from "../../audit.ts";
import type { Bindings } from "../../env.ts";
import { endUser } from "../../handoff/end-sessions.ts";
import { freshId } from "../../handoff/random.ts";
import { indexEnded, liveOwners } from "../../handoff/session-index.ts";
import { coordinatorObject } from "../../objects.ts";
import type { Call, Handlers } from "../call.ts";
import { pageOf } from "../paging.ts";
import { notFound } from "../refused.ts";
import { findApp } from "./apps.ts";
import { findUser } from "./users.ts";

interface Row {
  id: string;
  kind: "sign_in" | "app";
  userId: string;
  email: string;
  appId: string | null;
  appName: string | null;
  parentId: string | null;
  ip: string;
  userAgent: string;
  createdAt: number;
  expiresAt: number;
  endedAt: number | null;
  endReason: string | null;
}

const COLUMNS = `s.id, s.kind, s.user_id AS userId, u.email, s.app_id AS appId, coalesce(a.name, iif(s.app_id = '${HUB_APP_ID}', '${HUB_APP_ID}', NULL)) AS appName,
  s.parent_id AS parentId, s.ip, s.user_agent AS userAgent, s.created_at AS createdAt,
  s.expires_at AS expiresAt, s.ended_at AS endedAt, s.end_reason AS endReason`;

const SELECT = `SELECT ${COLUMNS} FROM sessions_index s JOIN users u ON u.id = s.user_id
  LEFT JOIN apps a ON a.id = s.app_id`;

const LIVE = "s.ended_at IS NULL AND s.expires_at > ?";
const REASON: SessionEndReason = "killed_by_admin";

interface Ended {
  readonly ended: readonly string[];
  /** Session objects that could not be reached yet. */
  readonly pending: readonly string[];
}

/** Ends sessions wherever they are. Repeating it is harmless. */
async function end(
  bindings: Bindings,
  owners: readonly string[] | null,
  filter: SessionFilter,
): Promise<Ended> {
  const result = await coordinatorObject(bindings).endEverywhere(owners, filter, REASON);
  await indexEnded(bindings.db, result.ended, REASON);
  return result;
}

/** Says in the audit log what ended, once all of it did. */
async function answer(
  { bindings, caller, now }: Call<"sessions.kill" | "sessions.killMany">,
  target: string,
  ...parts: readonly Ended[]
): Promise<{ body: { ended: string[]; pending: number } }> {
  const ended = [...new Set(parts.flatMap((part) => part.ended))];
  const pending = new Set(parts.flatMap((part) => part.pending)).size;
  await recordEvent(bindings, {
    kind: "admin",
    id: freshId("audit"),
    at: now,
    actor: caller.actor,
    action: "session.kill",
    target,
    detail: { ended: ended.length, pending },
  });
  return { body: { ended, pending } };
}

async function killUser(call: Call<"sessions.killMany">, id: string) {
  // Sign-in sessions first, so that no new app session slips in; then whatever the index did not know.
  const indexed = await endUser(call.bindings, id, REASON);
  const others = await end(call.bindings, null, { by: "user", id });
  return answer(call, id, { ended: indexed, pending: [] }, others);
}

/** The id of an app, or of the built-in one through which administrators use the hub. */
const appIdOf = async (bindings: Bindings, reference: string): Promise<string> =>
  reference === HUB_APP_ID ? HUB_APP_ID : (await findApp(bindings.db, reference)).id;

async function locate(bindings: Bindings, id: string): Promise<{ owner: string; kind: Row["kind"] }> {
  if (!isId("session", id)) return notFound("session");
  const row = await bindings.db
    .prepare("SELECT owner, kind FROM sessions_index WHERE id = ?")
    .bind(id)
    .first<{ owner: string; kind: Row["kind"] }>();
  return row ?? notFound("session");
}

export const SESSION_HANDLERS: Handlers<
  "sessions.list" | "sessions.get" | "sessions.kill" | "sessions.killMany"
> = {
  "sessions.list": async ({ bindings, query, now }) => {
    const filters: [string, unknown][] = [];
    if (query.user !== undefined)
      filters.push(["s.user_id = ?", (await findUser(bindings.db, query.user)).id]);
    if (query.app !== undefined) filters.push(["s.app_id = ?", await appIdOf(bindings, query.app)]);
    if (query.kind !== undefined) filters.push(["s.kind = ?", query.kind]);
    if (query.state === "ended") filters.push([`NOT (${LIVE})`, now]);
    else if (query.state !== "all") filters.push([LIVE, now]);
    const page = await pageOf(
      query,
      async (after, limit) => {
        const conditions = [...filters, ...(after === null ? [] : [["s.id < ?", after] as const])];
        const where = conditions.length > 0 ? `WHERE ${conditions.map(([sql]) => sql).join(" AND ")}` : "";
        const { results } = await bindings.db
          .prepare(`${SELECT} ${where} ORDER BY s.id DESC LIMIT ?`)
          .bind(...conditions.map(([, value]) => value), limit)
          .all<Row>();
        return results;
      },
      (row) => row.id,
    );
    return { body: page };
  },

  "sessions.get": async ({ bindings, params }) => {
    if (!isId("session", params.session)) return notFound("session");
    const row = await bindings.db.prepare(`${SELECT} WHERE s.id = ?`).bind(params.session).first<Row>();
    return { body: row ?? notFound("session") };
  },

  "sessions.kill": async (call) => {
    const { bindings, params } = call;
    const id = params.session;
    const { owner, kind } = await locate(bindings, id);
    const own = await end(bindings, [owner], { by: "session", id });
    if (kind === "app") return answer(call, id, own);
    // After the sign-in session, so that no new app session slips in.
    const owners = await liveOwners(bindings.db, { parentId: id });
    return answer(call, id, own, await end(bindings, owners, { by: "parent", id }));
  },

  "sessions.killMany": async (call) => {
    const { body, bindings } = call;
    if (body.by === "user") return killUser(call, (await findUser(bindings.db, body.user)).id);
    const id = await appIdOf(bindings, body.app);
    return answer(call, id, await end(bindings, null, { by: "app", id }));
  },
};
