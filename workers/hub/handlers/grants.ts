import { type GrantRow, withAnswers } from "../../registry/grants.ts";
import type { Call, Handlers } from "../call.ts";
import { answer, type Doer, readable, request, settle } from "../grants/change.ts";
import { backgroundOf, type Sight, sightOf, viewsOf } from "../grants/view.ts";
import { pageOf } from "../paging.ts";
import { type Condition, personHeld, selected, wordsHeld } from "../search.ts";

const doerOf = ({ bindings, caller, now }: Pick<Call, "bindings" | "caller" | "now">): Doer => ({
  ...{ bindings, now, actor: caller.actor },
  viewer: { userId: caller.user?.id ?? null, role: caller.role, isPerson: caller.kind === "user" },
});

/** A request that waited too long, and a grant whose time is over, may still be stored as they were. */
const STATUS = `CASE WHEN g.status = 'pending' AND g.lapses_at <= ?1 THEN 'lapsed'
  WHEN g.status = 'granted' AND g.until <= ?1 THEN 'expired' ELSE g.status END`;

function conditionsOf(query: Call<"grants.list">["query"], { viewer, seesAll, apps }: Sight, now: number) {
  const { status, app, user, mine, review, search } = query;
  const own = viewer.userId ?? "";
  const conditions: Condition[] = [
    ...(seesAll
      ? []
      : [
          [
            "(g.user_id = ? OR g.app_id IN (SELECT value FROM json_each(?)))",
            own,
            JSON.stringify(apps),
          ] as Condition,
        ]),
    ...wordsHeld(search, "u.email", "u.name", "a.name", "a.title", "g.reason", "g.id"),
  ];
  if (status !== undefined) conditions.push([`${STATUS.replaceAll("?1", "?")} = ?`, now, now, status]);
  if (app !== undefined) conditions.push(["(a.id = ? OR a.name = ?)", app, app]);
  if (user !== undefined) conditions.push(personHeld(user));
  if (mine !== undefined) conditions.push([`g.user_id ${mine === "true" ? "=" : "<>"} ?`, own]);
  if (review !== undefined) conditions.push(["g.emergency = 1 AND g.reviewed_at IS NULL"]);
  return conditions;
}

export const GRANT_HANDLERS: Handlers<
  | "grants.list"
  | "grants.get"
  | "grants.request"
  | "grants.approve"
  | "grants.deny"
  | "grants.withdraw"
  | "grants.revoke"
  | "grants.review"
> = {
  "grants.list": async (call) => {
    const { bindings, query, now } = call;
    const { db } = bindings;
    const sight = await sightOf(bindings, doerOf(call).viewer);
    const page = await pageOf(
      query,
      async (after, limit) => {
        const before: Condition[] = after === null ? [] : [["g.id < ?", after]];
        const { results } = await selected(
          db,
          "SELECT g.* FROM access_grants g JOIN users u ON u.id = g.user_id JOIN apps a ON a.id = g.app_id",
          [...conditionsOf(query, sight, now), ...before],
          ["ORDER BY g.id DESC LIMIT ?", limit],
        ).all<GrantRow>();
        return results;
      },
      ({ id }) => id,
    );
    const items = await viewsOf(db, await withAnswers(db, page.items), sight, now);
    return { body: { items, next: page.next } };
  },

  "grants.get": async (call) => {
    const { bindings, params, now } = call;
    const doer = doerOf(call);
    const { grant, version } = await readable(doer, params.grant);
    const sight = await sightOf(bindings, doer.viewer);
    const [view] = await viewsOf(bindings.db, [grant], sight, now);
    if (!view) throw new Error("a grant has one view");
    const isOwn = grant.userId === doer.viewer.userId;
    return {
      body: { ...view, background: isOwn ? null : await backgroundOf(bindings, grant, sight, now) },
      version,
    };
  },

  "grants.request": (call) => request(doerOf(call), call.body),

  "grants.approve": (call) =>
    answer(doerOf(call), call.params.grant, { verdict: "approve", ...call.body, note: call.body.note ?? "" }),

  "grants.deny": (call) =>
    answer(doerOf(call), call.params.grant, { verdict: "deny", ...call.body, note: call.body.note ?? "" }),

  "grants.withdraw": (call) => settle(doerOf(call), call.params.grant, "withdraw"),
  "grants.revoke": (call) => settle(doerOf(call), call.params.grant, "revoke"),
  "grants.review": (call) => settle(doerOf(call), call.params.grant, "review"),
};
