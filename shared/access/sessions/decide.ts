import { constantTimeEqual } from "../../base/base64url.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { type Device, newestDevice, type ProvenDevice } from "../device/device.ts";
import type { Seen } from "../risk/whereabouts.ts";
import { effectsOf, type SessionEffect } from "./effects.ts";
import { expiryOf, MAX_ABSOLUTE_MS } from "./expiry.ts";
import { matches } from "./filter.ts";
import { noteSeen } from "./note-seen.ts";
import { raise } from "./raise.ts";
import type { LiveSession, SessionEvent, SessionsState, Tombstone } from "./state.ts";
import type {
  CreateSession,
  Parent,
  Principal,
  RaiseSession,
  Session,
  SessionEndReason,
  SessionFilter,
  Verdict,
} from "./types.ts";

export type SessionCommand =
  | { readonly type: "create"; readonly input: CreateSession }
  | {
      readonly type: "verify";
      readonly secretHash: string;
      readonly appId: string | null;
      readonly touch: boolean;
      /** What the request shows of its sender. */
      readonly seen?: Seen;
    }
  | { readonly type: "raise"; readonly input: RaiseSession }
  /** The same browser signed in once more: see `SegmentSessionsRpc`. */
  | { readonly type: "put_below"; readonly id: string; readonly parent: Parent }
  | { readonly type: "touch"; readonly id: string }
  /** A refresh token was shown. See `SegmentSessionsRpc`. */
  | {
      readonly type: "renew";
      readonly secretHash: string;
      readonly appId: string;
      readonly number: number;
    }
  | { readonly type: "end"; readonly filter: SessionFilter; readonly reason: SessionEndReason }
  | { readonly type: "bind_device"; readonly id: string; readonly proven: ProvenDevice }
  | {
      readonly type: "refresh";
      readonly epoch: number;
      readonly principals: readonly Principal[];
      readonly devices: readonly Device[];
    }
  /** Ends the sessions whose lifetime is over. */
  | { readonly type: "expire" };

export interface SessionDecision {
  readonly events: readonly SessionEvent[];
  readonly effects: readonly SessionEffect[];
}

/**
 * - `id_taken`: another session, live or ended, has this id or secret.
 * - `user_disabled`: the user was disabled after the caller had read the user.
 */
export type SessionRefusal = "id_taken" | "user_disabled";

/** Decides what a command changes at `now` (milliseconds). This function changes nothing itself. */
export function decide(
  state: SessionsState,
  command: SessionCommand,
  now: number,
): Result<SessionDecision, SessionRefusal> {
  const events = eventsOf(state, command, now);
  return events.ok ? ok({ events: events.value, effects: effectsOf(events.value) }) : events;
}

function eventsOf(
  state: SessionsState,
  command: SessionCommand,
  now: number,
): Result<SessionEvent[], SessionRefusal> {
  switch (command.type) {
    case "create":
      return create(state, command.input, now);
    case "verify": {
      const live = liveBySecret(state, command.secretHash, command.appId);
      if (!live) return ok([]);
      const used = command.touch ? touch(live, now) : expireOne(live, now);
      const isOver = used.some(({ type }) => type === "ended");
      return ok(isOver || !command.seen ? used : [...used, ...noteSeen(live.session, command.seen, now)]);
    }
    case "raise": {
      const live = state.live.get(command.input.id);
      if (!live) return ok([]);
      const expired = expireOne(live, now);
      return ok(expired.length > 0 ? expired : raise(live, command.input, now));
    }
    case "put_below": {
      const live = state.live.get(command.id);
      if (live?.session.kind !== "sign_in") return ok([]);
      const expired = expireOne(live, now);
      return ok(
        expired.length > 0 ? expired : [{ type: "put_below", id: command.id, parent: command.parent }],
      );
    }
    case "touch": {
      const live = state.live.get(command.id);
      return ok(live ? touch(live, now) : []);
    }
    case "renew": {
      const live = liveBySecret(state, command.secretHash, command.appId);
      return ok(live ? renew(live, command.number, now) : []);
    }
    case "end":
      return ok(
        [...state.live.values()]
          .filter((live) => matches(live.session, command.filter))
          .map((live) => ended(live, expiryOf(live, now) ?? command.reason, now)),
      );
    case "bind_device": {
      const live = state.live.get(command.id);
      if (!live) return ok([]);
      const expired = expireOne(live, now);
      if (expired.length > 0) return ok(expired);
      return ok([{ type: "device_noted", id: command.id, device: newestOf(command.proven, state) }]);
    }
    case "refresh":
      return ok([
        ...refresh(state, command.epoch, command.principals, now),
        ...refreshDevices(state, command.devices),
      ]);
    case "expire":
      return ok([...state.live.values()].flatMap((live) => expireOne(live, now)));
  }
}

/**
 * The answer to `verify`. The answer is read from the state after the events of `verify`: a session that is
 * live there is valid. A caller that asks for the wrong app learns nothing. The caller doesn't even learn
 * that the secret exists.
 */
export function verdictOf(state: SessionsState, secretHash: string, appId: string | null): Verdict {
  const live = liveBySecret(state, secretHash, appId);
  if (live) return { ok: true, session: live.session, epoch: state.epoch };
  const tombstone = [...state.ended.values()].find((one) => fits(one, one.appId, secretHash, appId));
  return { ok: false, reason: tombstone?.reason ?? "unknown", epoch: state.epoch };
}

function create(
  state: SessionsState,
  input: CreateSession,
  now: number,
): Result<SessionEvent[], SessionRefusal> {
  const existing = state.live.get(input.id);
  if (existing && constantTimeEqual(existing.secretHash, input.secretHash)) return ok([]); // a retried call
  if (isTaken(state, input)) return err("id_taken");

  const principal = newest(input.principal, state.principals.get(input.principal.userId));
  if (principal.status === "disabled") return err("user_disabled");

  const live: LiveSession = {
    session: {
      id: input.id,
      kind: input.kind,
      appId: input.appId,
      ...(input.host === undefined ? {} : { host: input.host }),
      parentId: input.parentId,
      parentOwner: input.parentOwner,
      principal,
      authentication: input.authentication,
      createdAt: now,
      lastSeenAt: now,
      expiresAt: now + Math.min(input.lifetime.absoluteSeconds * 1000, MAX_ABSOLUTE_MS),
      ip: input.ip,
      userAgent: input.userAgent,
      ...(input.risk ? { risk: input.risk } : {}),
      ...(input.device ? { device: newestOf(input.device, state) } : {}),
      ...(input.client ? { client: input.client } : {}),
    },
    secretHash: input.secretHash,
    idleMs: input.lifetime.idleSeconds * 1000,
  };
  return ok([...makeRoom(state, input, now), { type: "created", live }]);
}

function isTaken(state: SessionsState, { id, secretHash }: CreateSession): boolean {
  return (
    state.live.has(id) ||
    state.ended.has(id) ||
    [...state.live.values(), ...state.ended.values()].some((one) =>
      constantTimeEqual(one.secretHash, secretHash),
    )
  );
}

/**
 * Ends sessions of the same user for the same purpose (one host of an app, or signing in) until one more session fits
 * under the cap. The session that was unused for the longest time ends first, so that a session in use
 * doesn't end to make room for a new one.
 */
function makeRoom(state: SessionsState, input: CreateSession, now: number): SessionEvent[] {
  const mine = [...state.live.values()]
    .filter(({ session }) => isForSame(session, input))
    .filter(({ session }) => session.principal.userId === input.principal.userId);
  const expired = mine.flatMap((live) => expireOne(live, now));
  const alive = mine.filter((live) => expiryOf(live, now) === null).sort(byUse);
  const excess = Math.max(0, alive.length - Math.max(1, Math.floor(input.maxPerUser)) + 1);
  return [...expired, ...alive.slice(0, excess).map((live) => ended(live, "replaced", now))];
}

const isForSame = (session: Session, input: CreateSession): boolean =>
  session.kind === input.kind && session.appId === input.appId && session.host === input.host;

function byUse({ session: a }: LiveSession, { session: b }: LiveSession): number {
  return a.lastSeenAt - b.lastSeenAt || a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1);
}

function refresh(
  state: SessionsState,
  epoch: number,
  principals: readonly Principal[],
  now: number,
): SessionEvent[] {
  const pushed = principals.filter((one) => one.version > (state.principals.get(one.userId)?.version ?? -1));
  const byUser = new Map(pushed.map((principal) => [principal.userId, principal]));
  const events: SessionEvent[] = pushed.map((principal) => ({ type: "principal_pushed", principal }));
  for (const live of state.live.values()) {
    const principal = byUser.get(live.session.principal.userId);
    if (!principal || principal.version <= live.session.principal.version) continue;
    events.push(
      principal.status === "disabled"
        ? ended(live, expiryOf(live, now) ?? "user_disabled", now)
        : { type: "principal_replaced", id: live.session.id, principal },
    );
  }
  if (epoch > state.epoch) events.push({ type: "epoch_raised", epoch });
  return events;
}

/** Sessions keep when they proved a device. What is known of the device is replaced by what is newer. */
function refreshDevices(state: SessionsState, devices: readonly Device[]): SessionEvent[] {
  const pushed = devices.filter((one) => one.version > (state.devices.get(one.id)?.version ?? -1));
  const byId = new Map(pushed.map((device) => [device.id, device]));
  const noted = [...state.live.values()].flatMap(({ session }): SessionEvent[] => {
    const device = session.device && byId.get(session.device.device.id);
    if (!session.device || !device || device.version <= session.device.device.version) return [];
    return [{ type: "device_noted", id: session.id, device: { ...session.device, device } }];
  });
  return [...pushed.map((device): SessionEvent => ({ type: "device_pushed", device })), ...noted];
}

const newestOf = (proven: ProvenDevice, { devices }: SessionsState): ProvenDevice => ({
  ...proven,
  device: newestDevice(proven.device, devices.get(proven.device.id)),
});

function touch(live: LiveSession, now: number): SessionEvent[] {
  const expired = expireOne(live, now);
  if (expired.length > 0 || now <= live.session.lastSeenAt) return expired;
  return [{ type: "seen", id: live.session.id, at: now }];
}

/** A token that is not the newest one was shown before: by its client, or by a thief. */
function renew(live: LiveSession, number: number, now: number): SessionEvent[] {
  const used = touch(live, now);
  if (used.some(({ type }) => type === "ended")) return used;
  if (number !== (live.renewals ?? 0)) return [ended(live, "token_replayed", now)];
  return [...used, { type: "renewed", id: live.session.id, number: number + 1 }];
}

function expireOne(live: LiveSession, now: number): SessionEvent[] {
  const reason = expiryOf(live, now);
  return reason === null ? [] : [ended(live, reason, now)];
}

function ended(live: LiveSession, reason: SessionEndReason, now: number): SessionEvent {
  const { session, secretHash } = live;
  const tombstone: Tombstone = {
    id: session.id,
    secretHash,
    appId: session.appId,
    reason,
    until: session.expiresAt,
  };
  return { type: "ended", session, tombstone, at: now };
}

function newest(given: Principal, pushed: Principal | undefined): Principal {
  return pushed && pushed.version > given.version ? pushed : given;
}

function liveBySecret(
  state: SessionsState,
  secretHash: string,
  appId: string | null,
): LiveSession | undefined {
  return [...state.live.values()].find((live) => fits(live, live.session.appId, secretHash, appId));
}

function fits(
  one: { readonly secretHash: string },
  ownAppId: string | null,
  secretHash: string,
  appId: string | null,
): boolean {
  return constantTimeEqual(one.secretHash, secretHash) && ownAppId === appId;
}
