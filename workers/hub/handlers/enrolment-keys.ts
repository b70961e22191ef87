import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import { mintToken } from "../../../shared/api/tokens.ts";
import { isId } from "../../../shared/base/ids.ts";
import type { enrolmentKeys } from "../../../shared/registry/mesh-schema.ts";
import { NEW_KEY } from "../../../shared/registry/new-enrolment-key.ts";
import { flag, type RowOf } from "../../../shared/registry/rows.ts";
import { newestRoot } from "../../mesh/roots.ts";
import { freshId, randomBytes } from "../../platform/random.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { unchanged } from "../../registry/guards.ts";
import type { Effects, Handlers } from "../call.ts";
import { missing } from "../missing.ts";
import { pageOf } from "../paging.ts";
import { type Condition, selected, wordsHeld } from "../search.ts";
import { findSegment } from "./segments.ts";
import { findUser } from "./users.ts";

const DAY_MS = 86_400_000;

type Row = Omit<RowOf<typeof enrolmentKeys>, "secret_hash" | "user_id" | "left_until"> & {
  readonly segment: string;
  readonly user: string | null;
};

const SELECT = `SELECT k.*, s.name AS segment, u.email AS user FROM enrolment_keys k
  JOIN segments s ON s.id = k.segment_id LEFT JOIN users u ON u.id = k.user_id`;

const view = (row: Row) => ({
  id: row.id,
  name: row.name,
  segmentId: row.segment_id,
  segment: row.segment,
  tags: JSON.parse(row.tags) as string[],
  user: row.user,
  maxUses: row.max_uses,
  uses: row.uses,
  ephemeral: row.ephemeral === 1,
  preApproved: row.pre_approved === 1,
  expiresAt: row.expires_at,
  revokedAt: row.revoked_at,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

/** An enrolment key by id or name. Names need not be unique; the newest key with the name is taken. */
async function findKey(db: D1Database, reference: string): Promise<Row> {
  const column = isId("enrolmentKey", reference) ? "id" : "name";
  const row = await db
    .prepare(`${SELECT} WHERE k.${column} = ? ORDER BY k.id DESC LIMIT 1`)
    .bind(reference)
    .first<Row>();
  return row ?? missing(db, "enrolment key", reference);
}

function expiry(given: number | undefined, now: number): number {
  const expiresAt = given ?? now + NEW_KEY.lifetimeMs;
  if (expiresAt > now && expiresAt <= now + 366 * DAY_MS) return expiresAt;
  return throwRefusal("invalid_input", "expiresAt must be in the future, at most a year ahead.", {
    issues: [{ path: "/expiresAt", message: "must be in the future, at most a year ahead" }],
  });
}

const effects = (action: string, target: string, detail: Effects["event"]["detail"]): Effects => ({
  event: { action: `enrolment_key.${action}`, target, detail },
  policies: false,
  userIds: [],
  ends: [],
});

export const ENROLMENT_KEY_HANDLERS: Handlers<
  "enrolmentKeys.list" | "enrolmentKeys.create" | "enrolmentKeys.get" | "enrolmentKeys.delete"
> = {
  "enrolmentKeys.list": async ({ bindings, query }) => {
    const page = await pageOf(
      query,
      async (after, limit) => {
        const all: Condition[] = [
          ["k.id > ?", after ?? ""],
          ...wordsHeld(query.search, "k.id", "k.name", "s.name", "k.tags", "u.email"),
        ];
        const page: Condition = ["ORDER BY k.id LIMIT ?", limit];
        return (await selected(bindings.db, SELECT, all, page).all<Row>()).results;
      },
      (row) => row.id,
    );
    return { body: { ...page, items: page.items.map(view) } };
  },

  "enrolmentKeys.create": async ({ bindings, body, now }) => {
    const root = await newestRoot(bindings.db);
    if (!root) {
      return throwRefusal(
        "trust_not_initialised",
        "An enrolment key carries the hash of the network's root document, and there is none yet: run `rustronaut trust init`.",
      );
    }
    const segment = await findSegment(bindings.db, body.segment);
    const user = body.user ? await findUser(bindings.db, body.user) : null;
    const token = mintToken("rnek", randomBytes);
    const row: Row = {
      id: freshId("enrolmentKey"),
      name: body.name,
      segment_id: segment.id,
      segment: segment.name,
      tags: JSON.stringify([...new Set(body.tags ?? [])].sort()),
      user: user?.email ?? null,
      max_uses: body.maxUses ?? NEW_KEY.maxUses,
      uses: 0,
      ephemeral: flag(body.ephemeral ?? NEW_KEY.ephemeral),
      pre_approved: flag(body.preApproved ?? NEW_KEY.preApproved),
      expires_at: expiry(body.expiresAt, now),
      revoked_at: null,
      version: 1,
      created_at: now,
      updated_at: now,
    };
    const insert = bindings.db
      .prepare(
        `INSERT INTO enrolment_keys (id, name, secret_hash, segment_id, tags, user_id, max_uses, ephemeral,
           pre_approved, expires_at, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .bind(
        row.id,
        row.name,
        hashSecret(token),
        segment.id,
        row.tags,
        user?.id ?? null,
        row.max_uses,
        row.ephemeral,
        row.pre_approved,
        row.expires_at,
        now,
        now,
      );
    const { name, maxUses, ephemeral, preApproved, expiresAt } = view(row);
    return {
      statements: [insert],
      effects: effects("create", row.id, {
        name,
        segment: segment.name,
        maxUses,
        ephemeral,
        preApproved,
        expiresAt,
      }),
      body: { enrolmentKey: view(row), secret: `${token}.${root.payloadHash}` },
      version: 1,
    };
  },

  "enrolmentKeys.get": async ({ bindings, params }) => {
    const row = await findKey(bindings.db, params.enrolmentKey);
    return { body: view(row), version: row.version };
  },

  "enrolmentKeys.delete": async ({ bindings, params, ifMatch, now }) => {
    const row = await findKey(bindings.db, params.enrolmentKey);
    const update =
      "UPDATE enrolment_keys SET revoked_at = coalesce(revoked_at, ?), updated_at = ?, version = version + 1 WHERE id = ?";
    return {
      statements: [
        unchanged(bindings.db, "enrolment_keys", row, ifMatch),
        bindings.db.prepare(update).bind(now, now, row.id),
      ],
      effects: effects("revoke", row.id, { name: row.name }),
      body: null,
    };
  },
};
