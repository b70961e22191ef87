import { scoreAt } from "../../../shared/access/risk/score.ts";
import { MAX_SIGNALS, speaking } from "../../../shared/access/risk/signal.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { type RiskRow, signalOf, signalsOf, touched } from "../../registry/risk.ts";
import type { Call, Effects, Handlers } from "../call.ts";
import { pageOf } from "../paging.ts";
import { selected, wordsHeld } from "../search.ts";
import { findUser } from "./users.ts";

type User = Awaited<ReturnType<typeof findUser>>;

/** The stable word for a risk that somebody set, whatever the reason. */
const SET = "set_by_hand";

const view = ({ id, email }: Pick<User, "id" | "email">, rows: readonly RiskRow[], now: number) => {
  const signals = rows.map(signalOf);
  return { userId: id, email, score: scoreAt(signals, now), signals };
};

/** Without this check, an administrator could keep the owners out. */
function mayRate({ caller }: Pick<Call, "caller">, { role }: User): void {
  if (role === "owner" && caller.role !== "owner") {
    throwRefusal("forbidden", "Only an owner may set the risk of an owner.");
  }
}

const effects = (action: string, user: User, detail: Effects["event"]["detail"]): Effects => ({
  event: { action: `risk.${action}`, target: user.id, detail },
  policies: false,
  userIds: [user.id],
  ends: [],
});

export const RISK_HANDLERS: Handlers<"risk.list" | "risk.get" | "risk.set" | "risk.clear"> = {
  "risk.list": async ({ bindings, query, now }) => {
    const page = await pageOf(
      query,
      async (after, limit) => {
        const { results } = await selected(
          bindings.db,
          `SELECT u.id, u.email, json_group_array(json_object('source', r.source, 'kind', r.kind, 'score', r.score,
             'at', r.at, 'half_life_seconds', r.half_life_seconds)) AS signals
           FROM user_risks r JOIN users u ON u.id = r.user_id`,
          [
            ["r.score > 0 AND u.id > ?", after ?? ""],
            ...wordsHeld(query.search, "u.id", "u.email", "u.name"),
          ],
          ["GROUP BY u.id ORDER BY u.id LIMIT ?", limit],
        ).all<{ id: string; email: string; signals: string }>();
        return results;
      },
      (row) => row.id,
    );
    const items = page.items.map((row) => view(row, JSON.parse(row.signals) as RiskRow[], now));
    return { body: { ...page, items } };
  },

  "risk.get": async ({ bindings, params, now }) => {
    const user = await findUser(bindings.db, params.user);
    return { body: view(user, await signalsOf(bindings.db, user.id), now) };
  },

  "risk.set": async (call) => {
    const { bindings, params, body, now } = call;
    const { db } = bindings;
    const user = await findUser(db, params.user);
    mayRate(call, user);
    const { score, source, halfLifeSeconds } = body;
    const all = await signalsOf(db, user.id);
    const others = all.filter((row) => row.source !== source || row.kind !== SET);
    if (score > 0 && speaking(others.map(signalOf), now).length >= MAX_SIGNALS) {
      throwRefusal(
        "conflict",
        `${MAX_SIGNALS} sources speak of this person already. Let one take back what it said, with score 0.`,
      );
    }
    const row = { source, kind: SET, score, at: now, half_life_seconds: halfLifeSeconds };
    const change =
      score > 0
        ? db
            .prepare(
              `INSERT OR REPLACE INTO user_risks (user_id, source, kind, score, at, half_life_seconds)
               VALUES (?, ?, ?, ?, ?, ?)`,
            )
            .bind(user.id, source, SET, score, now, halfLifeSeconds)
        : db
            .prepare("DELETE FROM user_risks WHERE user_id = ? AND source = ? AND kind = ?")
            .bind(user.id, source, SET);
    return {
      statements: [change, touched(db, user.id, now)],
      effects: effects("set", user, { email: user.email, ...body }),
      body: view(user, score > 0 ? [...others, row] : others, now),
    };
  },

  "risk.clear": async (call) => {
    const { bindings, params, now } = call;
    const { db } = bindings;
    const user = await findUser(db, params.user);
    mayRate(call, user);
    return {
      statements: [
        db.prepare("DELETE FROM user_risks WHERE user_id = ?").bind(user.id),
        touched(db, user.id, now),
      ],
      effects: effects("clear", user, { email: user.email }),
      body: view(user, [], now),
    };
  },
};
