import { nextTry } from "../../../shared/access/signals/outgoing.ts";
import { settleAll } from "../../../shared/base/async/pool.ts";
import { signedJwt } from "../../gateway/keys.ts";
import { NotSent, post } from "../../notifications/post.ts";
import type { Bindings } from "../../platform/env.ts";
import { logError } from "../../platform/log.ts";
import { unseal } from "../../platform/secrets.ts";
import { enabledReceivers, type Receiver, receiverContext } from "./receivers.ts";

/** Receivers that are told at the same time; the platform opens at most six connections. */
const WIDTH = 4;
/** Tokens of one receiver in one round. */
const MOST = 50;
/** A try that is not done by then is taken for dead, and made again. */
const LEASE_MS = 2 * 60_000;

interface Letter {
  readonly id: string;
  readonly claims: string;
  readonly createdAt: number;
  readonly failures: number;
}

/** Pushes the tokens that are due (RFC 8935). One receiver that fails, or is slow, holds up no other. */
export async function pushSignals(
  bindings: Bindings,
  receivers: readonly Receiver[],
  now: number,
): Promise<void> {
  const listening = receivers.filter(({ status }) => status === "enabled");
  await settleAll(listening, WIDTH, async (receiver) => {
    try {
      await pushTo(bindings, receiver, now);
    } catch (error) {
      logError("signals_not_pushed", error, { receiver: receiver.id });
    }
  });
}

/** Pushes what is due to one receiver now. */
export async function pushSoon(bindings: Bindings, receiverId: string): Promise<void> {
  const receiver = (await enabledReceivers(bindings.db)).find(({ id }) => id === receiverId);
  if (receiver) await pushSignals(bindings, [receiver], Date.now());
}

/** In their order. After one that is not taken the others wait, too: a receiver that is away is asked once. */
async function pushTo(bindings: Bindings, receiver: Receiver, now: number): Promise<void> {
  const { results } = await bindings.db
    .prepare(
      `UPDATE signal_letters SET due_at = ?1 WHERE id IN (
         SELECT id FROM signal_letters WHERE receiver_id = ?2 AND due_at <= ?3 ORDER BY created_at, id LIMIT ${MOST})
       RETURNING id, claims, created_at AS createdAt, failures`,
    )
    .bind(now + LEASE_MS, receiver.id, now)
    .all<Letter>();
  let isAway = false;
  for (const letter of results.toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))) {
    const why = isAway ? null : await push(bindings, receiver, letter);
    if (why === undefined) await taken(bindings.db, letter, now);
    else if (why === null) await putBack(bindings.db, letter, now);
    else {
      isAway = true;
      await failed(bindings.db, letter, why, now);
    }
  }
}

/** @returns Why it was not taken, in words; undefined if it was. */
async function push(bindings: Bindings, receiver: Receiver, letter: Letter): Promise<string | undefined> {
  const open = (sealed: string) => unseal(bindings, sealed, receiverContext(receiver.id));
  const token = await signedJwt(bindings, "ES256", "secevent+jwt", JSON.parse(letter.claims) as object);
  const { authorizationSealed } = receiver;
  try {
    await post(bindings, await open(receiver.addressSealed), token, {
      "Content-Type": "application/secevent+jwt",
      Accept: "application/json",
      ...(authorizationSealed === null ? {} : { Authorization: await open(authorizationSealed) }),
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof NotSent)) throw error;
    return error.message;
  }
}

const taken = (db: D1Database, { id }: Letter, now: number) =>
  db
    .prepare("UPDATE signal_letters SET due_at = NULL, taken_at = ?, why = NULL WHERE id = ?")
    .bind(now, id)
    .run();

const putBack = (db: D1Database, { id }: Letter, now: number) =>
  db.prepare("UPDATE signal_letters SET due_at = ? WHERE id = ?").bind(now, id).run();

const failed = (db: D1Database, { id, failures, createdAt }: Letter, why: string, now: number) =>
  db
    .prepare("UPDATE signal_letters SET due_at = ?, failures = ?, why = ? WHERE id = ?")
    .bind(nextTry(failures + 1, createdAt, now), failures + 1, why, id)
    .run();
