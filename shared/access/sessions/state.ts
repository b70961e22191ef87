import type { Device, ProvenDevice } from "../device/device.ts";
import type { Principal, Session, SessionEndReason, SessionRisk } from "./types.ts";

/** A live session, together with the facts that only its owner object knows. */
export interface LiveSession {
  readonly session: Session;
  readonly secretHash: string;
  readonly idleMs: number;
}

/** What is kept of an ended session, so that a request with its cookie gets the reason. */
export interface Tombstone {
  readonly id: string;
  readonly secretHash: string;
  readonly appId: string | null;
  readonly reason: SessionEndReason;
  /** When the cookie would have expired. The tombstone may be deleted then. */
  readonly until: number;
}

/**
 * The facts that a decision about sessions depends on. The object loads only the rows that a command can
 * concern. The tests hold all rows.
 */
export interface SessionsState {
  readonly epoch: number;
  readonly live: ReadonlyMap<string, LiveSession>;
  readonly ended: ReadonlyMap<string, Tombstone>;
  /**
   * The newest principals that the coordinator pushed, by user. They are kept because a new session may have
   * been prepared with an older principal.
   */
  readonly principals: ReadonlyMap<string, Principal>;
  /** The newest devices that were pushed, by id, for the same reason. */
  readonly devices: ReadonlyMap<string, Device>;
}

export type SessionEvent =
  | { readonly type: "created"; readonly live: LiveSession }
  | { readonly type: "seen"; readonly id: string; readonly at: number }
  | {
      readonly type: "ended";
      readonly session: Session;
      readonly tombstone: Tombstone;
      readonly at: number;
    }
  | { readonly type: "principal_pushed"; readonly principal: Principal }
  | { readonly type: "principal_replaced"; readonly id: string; readonly principal: Principal }
  /** The person showed anew who they are. The session has another secret since. */
  | { readonly type: "raised"; readonly live: LiveSession }
  /** A request showed something new of its sender. */
  | { readonly type: "risk_noted"; readonly id: string; readonly risk: SessionRisk }
  | { readonly type: "device_pushed"; readonly device: Device }
  /** The session rests on another device, or its device changed. */
  | { readonly type: "device_noted"; readonly id: string; readonly device: ProvenDevice }
  | { readonly type: "epoch_raised"; readonly epoch: number };

/** The state after an event. */
export function apply(state: SessionsState, event: SessionEvent): SessionsState {
  switch (event.type) {
    case "created":
    case "raised":
      return { ...state, live: withEntry(state.live, event.live.session.id, event.live) };
    case "seen":
      return updateSession(state, event.id, { lastSeenAt: event.at });
    case "ended":
      return {
        ...state,
        live: without(state.live, event.session.id),
        ended: withEntry(state.ended, event.session.id, event.tombstone),
      };
    case "principal_pushed":
      return {
        ...state,
        principals: withEntry(state.principals, event.principal.userId, event.principal),
      };
    case "principal_replaced":
      return updateSession(state, event.id, { principal: event.principal });
    case "risk_noted":
      return updateSession(state, event.id, { risk: event.risk });
    case "device_pushed":
      return { ...state, devices: withEntry(state.devices, event.device.id, event.device) };
    case "device_noted":
      return updateSession(state, event.id, { device: event.device });
    case "epoch_raised":
      return { ...state, epoch: event.epoch };
  }
}

function updateSession(state: SessionsState, id: string, change: Partial<Session>): SessionsState {
  const live = state.live.get(id);
  if (!live) return state;
  return {
    ...state,
    live: withEntry(state.live, id, { ...live, session: { ...live.session, ...change } }),
  };
}

function withEntry<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
  return new Map(map).set(key, value);
}

function without<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}
