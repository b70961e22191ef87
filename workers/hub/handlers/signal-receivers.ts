import { eq } from "drizzle-orm";
import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import { SENT_EVENTS, type SentEvent, type SubjectFormat } from "../../../shared/access/signals/outgoing.ts";
import type { Answer } from "../../../shared/api/endpoints.ts";
import { mintToken } from "../../../shared/api/tokens.ts";
import { isId } from "../../../shared/base/ids.ts";
import { signalReceivers } from "../../../shared/registry/signal-schema.ts";
import { refusedUrl } from "../../notifications/address.ts";
import type { Bindings } from "../../platform/env.ts";
import { freshId, randomBytes } from "../../platform/random.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { seal } from "../../platform/secrets.ts";
import { prepared, registryOf } from "../../registry/database.ts";
import { unchanged } from "../../registry/guards.ts";
import { receiverContext } from "../../signals/sent/receivers.ts";
import { keepVerification } from "../../signals/sent/stream.ts";
import type { Effects, Handlers } from "../call.ts";
import { missing } from "../missing.ts";
import { pageOf } from "../paging.ts";
import { selected, wordsHeld } from "../search.ts";

export type ReceiverRow = typeof signalReceivers.$inferSelect;
type Stored = ReceiverRow;
type Shown = Answer<"receivers.get">;

/** How sending goes, of the receiver `r`. */
const SENDING = `
  (SELECT count(*) FROM signal_letters WHERE receiver_id = r.id AND due_at IS NOT NULL) AS waiting,
  (SELECT count(*) FROM signal_letters WHERE receiver_id = r.id AND due_at IS NULL AND taken_at IS NULL) AS givenUp,
  (SELECT max(taken_at) FROM signal_letters WHERE receiver_id = r.id) AS lastTakenAt,
  (SELECT why FROM signal_letters WHERE receiver_id = r.id AND why IS NOT NULL ORDER BY created_at DESC LIMIT 1)
    AS lastFailure`;

type Sending = Pick<Shown, "id" | "waiting" | "givenUp" | "lastTakenAt" | "lastFailure">;
const NOTHING_SENT = { waiting: 0, givenUp: 0, lastTakenAt: null, lastFailure: null };

function view(row: Stored, { waiting, givenUp, lastTakenAt, lastFailure }: Omit<Sending, "id">): Shown {
  const { addressSealed: _, authorizationSealed, tokenHash: __, events, ...shown } = row;
  return {
    ...shown,
    authorized: authorizationSealed !== null,
    events: JSON.parse(events) as SentEvent[],
    waiting,
    givenUp,
    lastTakenAt,
    lastFailure,
  };
}

/** A receiver by id or name. */
async function findReceiver(d1: D1Database, reference: string): Promise<Stored> {
  const key = isId("signalReceiver", reference)
    ? eq(signalReceivers.id, reference)
    : eq(signalReceivers.name, reference);
  const [row] = await registryOf(d1).select().from(signalReceivers).where(key).limit(1);
  return row ?? missing(d1, "signal receiver", reference);
}

async function viewOne(d1: D1Database, row: Stored): Promise<Shown> {
  const sending = await d1
    .prepare(`SELECT r.id, ${SENDING} FROM signal_receivers r WHERE r.id = ?`)
    .bind(row.id)
    .first<Sending>();
  return view(row, sending ?? NOTHING_SENT);
}

const effects = (action: string, row: Stored, detail: Effects["event"]["detail"] = {}): Effects => ({
  event: {
    action: `signal_receiver.${action}`,
    target: row.id,
    detail: { name: row.name, target: row.target, ...detail },
  },
  policies: false,
  userIds: [],
  ends: [],
});

interface ReceiverInput {
  readonly name?: string | undefined;
  readonly target?: string | undefined;
  readonly authorization?: string | null | undefined;
  readonly audience?: string | undefined;
  readonly subjects?: SubjectFormat | undefined;
  readonly events?: readonly SentEvent[] | undefined;
  readonly enabled?: boolean | undefined;
}

/** The changed row. Refuses an address to which nothing may be sent. */
export async function changeReceiver(
  bindings: Bindings,
  before: Stored,
  { name, target, authorization, audience, subjects, events, enabled }: ReceiverInput,
  now: number,
): Promise<Stored> {
  const sealed = (text: string) => seal(bindings, text, receiverContext(before.id));
  const refused = target === undefined ? null : refusedUrl(bindings, target);
  if (refused !== null)
    throwRefusal("invalid_input", `The target is refused. ${refused}`, {
      issues: [{ path: "/target", message: refused }],
    });
  const isElsewhere = target !== undefined && new URL(target).origin !== before.target;
  // A credential for one receiver is not shown to another one.
  const kept = isElsewhere ? null : before.authorizationSealed;
  return {
    ...before,
    name: name ?? before.name,
    ...(target === undefined
      ? {}
      : { target: new URL(target).origin, addressSealed: await sealed(new URL(target).href) }),
    authorizationSealed: authorization === undefined ? kept : authorization && (await sealed(authorization)),
    audience: audience ?? before.audience,
    subjects: subjects ?? before.subjects,
    events: events ? JSON.stringify([...new Set(events)]) : before.events,
    enabled: enabled ?? before.enabled,
    version: before.version + 1,
    updatedAt: now,
  };
}

const blank = (id: string, tokenHash: string, now: number): Stored => ({
  id,
  name: "",
  target: "",
  addressSealed: "",
  authorizationSealed: null,
  audience: "",
  subjects: "email",
  events: JSON.stringify(SENT_EVENTS),
  tokenHash,
  status: "enabled",
  enabled: true,
  version: 0,
  createdAt: now,
  updatedAt: now,
});

/** A new row, with the token by which the receiver manages its stream. */
export async function newReceiver(
  bindings: Bindings,
  input: ReceiverInput,
  now: number,
): Promise<{ readonly row: ReceiverRow; readonly token: string }> {
  const token = mintToken("rnsig", randomBytes);
  const empty = blank(freshId("signalReceiver"), hashSecret(token), now);
  return { row: await changeReceiver(bindings, empty, input, now), token };
}

export const insertReceiver = (d1: D1Database, row: ReceiverRow): D1PreparedStatement =>
  prepared(d1, registryOf(d1).insert(signalReceivers).values(row));

/** What the receiver asked of its stream stays as it is. */
export const storeReceiver = (d1: D1Database, { status: _, ...row }: ReceiverRow): D1PreparedStatement =>
  prepared(d1, registryOf(d1).update(signalReceivers).set(row).where(eq(signalReceivers.id, row.id)));

export const removeReceiver = (d1: D1Database, id: string): D1PreparedStatement =>
  d1.prepare("DELETE FROM signal_receivers WHERE id = ?").bind(id);

export const SIGNAL_RECEIVER_HANDLERS: Handlers<
  | "receivers.list"
  | "receivers.create"
  | "receivers.get"
  | "receivers.update"
  | "receivers.rotate"
  | "receivers.verify"
  | "receivers.delete"
> = {
  "receivers.list": async ({ bindings, query }) => {
    const { db } = bindings;
    const page = await pageOf(
      query,
      async (after, limit) => {
        const { results } = await selected(
          db,
          `SELECT r.id, ${SENDING} FROM signal_receivers r`,
          [["r.id > ?", after ?? ""], ...wordsHeld(query.search, "r.id", "r.name", "r.target")],
          ["ORDER BY r.id LIMIT ?", limit],
        ).all<Sending>();
        return results;
      },
      (row) => row.id,
    );
    const items = await Promise.all(
      page.items.map(async (sending) => view(await findReceiver(db, sending.id), sending)),
    );
    return { body: { ...page, items } };
  },

  "receivers.create": async ({ bindings, body, now }) => {
    const { row, token } = await newReceiver(bindings, body, now);
    return {
      statements: [insertReceiver(bindings.db, row)],
      effects: effects("create", row),
      body: { receiver: view(row, NOTHING_SENT), token },
      version: row.version,
    };
  },

  "receivers.get": async ({ bindings, params }) => {
    const row = await findReceiver(bindings.db, params.receiver);
    return { body: await viewOne(bindings.db, row), version: row.version };
  },

  "receivers.update": async ({ bindings, params, body, ifMatch, now }) => {
    const { db } = bindings;
    const before = await findReceiver(db, params.receiver);
    const after = await changeReceiver(bindings, before, body, now);
    return {
      statements: [unchanged(db, "signal_receivers", before, ifMatch), storeReceiver(db, after)],
      effects: effects("update", after, { fields: Object.keys(body) }),
      body: await viewOne(db, after),
      version: after.version,
    };
  },

  "receivers.rotate": async ({ bindings, params, ifMatch, now }) => {
    const { db } = bindings;
    const before = await findReceiver(db, params.receiver);
    const token = mintToken("rnsig", randomBytes);
    const after = { ...(await changeReceiver(bindings, before, {}, now)), tokenHash: hashSecret(token) };
    return {
      statements: [unchanged(db, "signal_receivers", before, ifMatch), storeReceiver(db, after)],
      effects: effects("rotate", after),
      body: { receiver: await viewOne(db, after), token },
      version: after.version,
    };
  },

  "receivers.verify": async ({ bindings, params, now }) => {
    const { db } = bindings;
    const row = await findReceiver(db, params.receiver);
    return {
      statements: [
        keepVerification(bindings, row, null, now),
        db
          .prepare(
            `UPDATE signal_letters SET due_at = ?1, created_at = ?1, failures = 0
             WHERE receiver_id = ?2 AND due_at IS NULL AND taken_at IS NULL`,
          )
          .bind(now, row.id),
      ],
      effects: effects("verify", row),
      body: null,
    };
  },

  "receivers.delete": async ({ bindings, params, ifMatch }) => {
    const row = await findReceiver(bindings.db, params.receiver);
    return {
      statements: [
        unchanged(bindings.db, "signal_receivers", row, ifMatch),
        removeReceiver(bindings.db, row.id),
      ],
      effects: effects("delete", row),
      body: null,
    };
  },
};
