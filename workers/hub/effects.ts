import type { SessionEndReason } from "../../shared/access/sessions/types.ts";
import { withChanges } from "../../shared/audit/changes.ts";
import type { EventEntry } from "../../shared/audit/types.ts";
import { refreshMesh } from "../mesh/notify.ts";
import { recordEvents } from "../platform/audit.ts";
import type { Bindings } from "../platform/env.ts";
import { logError } from "../platform/log.ts";
import { coordinatorObject, meshObject } from "../platform/objects.ts";
import { freshId } from "../platform/random.ts";
import { savedEvent, settleEntries, settleEvents } from "../platform/saved-events.ts";
import { changesOf } from "../registry/history.ts";
import { loadPrincipals } from "../registry/principals.ts";
import { endUser } from "../session/end-sessions.ts";
import { indexEnded } from "../session/session-index.ts";
import type { Effects } from "./call.ts";

/** How many filters of sessions are carried out at the same time. */
const WIDTH = 10;
/** The most principals of one message. A group of a provider may have 10,000 members. */
const TOLD_AT_ONCE = 1_000;

/**
 * Performs the effects of a saved change. All effects may be repeated. Sessions are told even while the audit
 * log can't be reached, because revoking is more urgent. Rejects if an effect could not even begin.
 *
 * @returns How many objects could not be told yet. They are told later.
 */
export async function perform(
  bindings: Bindings,
  effects: Effects,
  event: EventEntry,
  isMeshChanged: boolean,
): Promise<number> {
  const [recorded, propagated] = await Promise.allSettled([
    recordChanges(bindings, event).then(() => settleEntries(bindings, effects.saved ?? [])),
    propagate(bindings, effects, event, isMeshChanged),
  ]);
  if (propagated.status === "rejected") throw propagated.reason;
  if (recorded.status === "rejected") throw recorded.reason;
  return propagated.value;
}

/** Records who did what, with each changed thing before and after the change. */
async function recordChanges(bindings: Bindings, event: EventEntry): Promise<void> {
  await recordEvents(bindings, withChanges(event, await changesOf(bindings.db, event.id)));
}

async function propagate(
  bindings: Bindings,
  effects: Effects,
  event: EventEntry,
  isMeshChanged: boolean,
): Promise<number> {
  if (effects.confirms) {
    const { segmentId, revision } = effects.confirms;
    // `confirm` returns false if an earlier attempt already published the change, or if the change grew in
    // the meantime. In the second case it is still shown as held back.
    await meshObject(bindings, segmentId).confirm(revision);
  }
  const told = await Promise.allSettled([
    tellSessions(bindings, effects, event),
    isMeshChanged ? refreshMesh(bindings) : 0,
    tellDevices(bindings, effects.devices ?? []),
  ]);
  return told.reduce((pending, result) => {
    if (result.status === "rejected") throw result.reason;
    return pending + result.value;
  }, 0);
}

async function tellDevices(bindings: Bindings, devices: NonNullable<Effects["devices"]>): Promise<number> {
  await Promise.all(
    devices.map(({ segmentId, nodeId }) => meshObject(bindings, segmentId).deviceStated(nodeId)),
  );
  return 0;
}

/** @returns How many session objects could not be told yet. */
async function tellSessions(bindings: Bindings, effects: Effects, event: EventEntry): Promise<number> {
  const coordinator = coordinatorObject(bindings);
  const pending = new Set<string>();
  const note = (told: { readonly pending: readonly string[] }) => {
    for (const owner of told.pending) pending.add(owner);
  };
  // A write that an older release saved doesn't say what it changed, so it counts as a change of policies.
  const concernsPolicies = effects.policies !== false;
  await Promise.all([
    concernsPolicies ? coordinator.publish().then(note) : null,
    effects.userIds.length > 0 ? tellOf(bindings, effects.userIds).then(note) : null,
  ]);
  const ended = await inTurns(effects.ends, async ({ filter, reason }) => {
    const first = filter.by === "user" ? await endUser(bindings, filter.id, reason) : [];
    const over = await coordinator.endEverywhere(null, filter, reason);
    note(over);
    await indexEnded(bindings.db, over.ended, reason);
    return [...first, ...over.ended].map((id) => ({ id, reason }));
  });
  await noteEnded(bindings, event, new Map(ended.flat().map(({ id, reason }) => [id, reason])));
  return pending.size;
}

/**
 * Records in the audit log how many sessions a change ended, and why. The entry is saved first, so it is sent
 * later if the log can't be reached. A repeated attempt ends and records only the remaining sessions.
 *
 * @param ended The sessions, with the reason for their end.
 */
async function noteEnded(
  bindings: Bindings,
  { actor, target }: EventEntry,
  ended: ReadonlyMap<string, SessionEndReason>,
): Promise<void> {
  if (ended.size === 0) return;
  const reasons = [...ended.values()];
  const entries = [...new Set(reasons)].map((reason) =>
    savedEvent(bindings.db, {
      kind: "session",
      id: freshId("audit"),
      at: Date.now(),
      actor,
      action: "session.end",
      target,
      detail: { ended: reasons.filter((one) => one === reason).length, reason },
    }),
  );
  await bindings.db.batch(entries);
  await settleEvents(bindings, target).catch((error: unknown) => logError("ending_told_later", error, {}));
}

/** Deleted users have no principal. Their sessions are ended instead. */
async function tellOf(bindings: Bindings, userIds: readonly string[]): Promise<{ pending: string[] }> {
  const coordinator = coordinatorObject(bindings);
  const pending = new Set<string>();
  const ids = userIds.length > TOLD_AT_ONCE ? await signedInFirst(bindings.db, userIds) : userIds;
  for (let at = 0; at < ids.length; at += TOLD_AT_ONCE) {
    const principals = await loadPrincipals(bindings.db, ids.slice(at, at + TOLD_AT_ONCE));
    for (const owner of (await coordinator.tell(principals)).pending) pending.add(owner);
  }
  return { pending: [...pending] };
}

/** Whoever may have a live session is told of first. All are: a session may be opened at this moment. */
async function signedInFirst(db: D1Database, userIds: readonly string[]): Promise<string[]> {
  const { results } = await db
    .prepare(
      `SELECT DISTINCT user_id FROM sessions_index
       WHERE ended_at IS NULL AND user_id IN (SELECT value FROM json_each(?))`,
    )
    .bind(JSON.stringify(userIds))
    .all<{ user_id: string }>();
  return [...new Set([...results.map(({ user_id }) => user_id), ...userIds])];
}

async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let at = 0; at < items.length; at += WIDTH) {
    done.push(...(await Promise.all(items.slice(at, at + WIDTH).map(work))));
  }
  return done;
}
