import { isId } from "../../../shared/ids.ts";
import type { SessionEndReason, SessionFilter } from "../../../shared/sessions/types.ts";
import { recordEvent } from "../../audit.ts";
import type { Bindings } from "../../env.ts";
import { endDevice, endUser } from "../../handoff/end-sessions.ts";
import { freshId } from "../../handoff/random.ts";
import { indexEnded } from "../../handoff/session-index.ts";
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

const COLUMNS = `s.id, s.kind, s.user_id AS userId, u.email, s.app_id AS appId, a.name AS appName,
  s.parent_id AS parentId, s.ip, s.user_agent AS userAgent, s.created_at AS createdAt,
  s.expires_at AS expiresAt, s.ended_at AS endedAt, s.end_reason AS endReason`;

const LIVE = "s.ended_at IS NULL AND s.expires_at > ?";
const REASON: SessionEndReason = "killed_by_admin";

/** Ends sessions wherever they are, and says so in the audit log. Repeating it is harmless. */
async function kill(
  call: Call<"sessions.kill" | "sessions.killMany">,
  filter: SessionFilter,
  owners: readonly string[] | null,
  target: string,
): Promise<{ body: { ended: string[]; pending: number } }> {
  const { bindings, caller, now } = call;
  const { ended, pending } = await coordinatorObject(bindings).endEverywhere(owners, filter, REASON);
  await indexEnded(bindings.db, ended, REASON);
  await recordEvent(bindings, {
    kind: "admin",
    id: freshId("audit"),
    at: now,
    actor: caller.actor,
    action: "session.kill",
    target,
    detail: { ended: ended.length, pending: pending.length },
  });
  return { body: { ended, pending: pending.length } };
}

async function killUser(call: Call<"sessions.killMany">, userId: string) {
  // Sign-in sessions first, so that no new app session slips in; then whatever the index did not know.
  const indexed = await endUser(call.bindings, userId, REASON);
  const { body } = await kill(call, { by: "user", id: userId }, null, userId);
  return { body: { ...body, ended: [...new Set([...indexed, ...body.ended])] } };
}

async function locate(bindings: Bindings, id: string): Promise<{ owner: string; kind: Row["kind"] }> {
  if (!isId("session", id)) return notFound("session");
  const row = await bindings.db
    .prepare("SELECT owner, kind FROM sessions_index WHERE id = ?")
    .bind(id)
    .first<{ owner: string; kind: Row["kind"] }>();
  return row ?? notFound("session");
}

export const SESSION_HANDLERS: Handlers<"sessions.list" | "sessions.kill" | "sessions.killMany"> = {
  "sessions.list": async ({ bindings, query, now }) => {
    const filters: [string, unknown][] = [];
    if (query.user !== undefined)
      filters.push(["s.user_id = ?", (await findUser(bindings.db, query.user)).id]);
    if (query.app !== undefined) filters.push(["s.app_id = ?", (await findApp(bindings.db, query.app)).id]);
    if (query.kind !== undefined) filters.push(["s.kind = ?", query.kind]);
    if (query.state === "ended") filters.push([`NOT (${LIVE})`, now]);
    else if (query.state !== "all") filters.push([LIVE, now]);
    const page = await pageOf(
      query,
      async (after, limit) => {
        const conditions = [...filters, ...(after === null ? [] : [["s.id < ?", after] as const])];
        const where = conditions.length > 0 ? `WHERE ${conditions.map(([sql]) => sql).join(" AND ")}` : "";
        const { results } = await bindings.db
          .prepare(
            `SELECT ${COLUMNS} FROM sessions_index s JOIN users u ON u.id = s.user_id
             LEFT JOIN apps a ON a.id = s.app_id ${where} ORDER BY s.id DESC LIMIT ?`,
          )
          .bind(...conditions.map(([, value]) => value), limit)
          .all<Row>();
        return results;
      },
      (row) => row.id,
    );
    return { body: page };
  },

  "sessions.kill": async (call) => {
    const id = call.params.session;
    const { owner, kind } = await locate(call.bindings, id);
    const result = await kill(call, { by: "session", id }, [owner], id);
    if (kind === "sign_in") await endDevice(call.bindings, { id, owner }, REASON);
    return result;
  },

  "sessions.killMany": async (call) => {
    const { body, bindings } = call;
    if (body.by === "user") return killUser(call, (await findUser(bindings.db, body.user)).id);
    const app = await findApp(bindings.db, body.app);
    return kill(call, { by: "app", id: app.id }, null, app.id);
  },
};
