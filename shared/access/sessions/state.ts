import type { Device, ProvenDevice } from "../device/device.ts";
import type { Parent, Principal, Session, SessionEndReason, SessionRisk } from "./types.ts";

/** A live session, together with the facts that only its owner object knows. */
export interface LiveSession {
  readonly session: Session;
  readonly secretHash: string;
  readonly idleMs: number;
  /** The number of the refresh token that is good now. Missing before the first was shown. */
  readonly renewals?: number;
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
  /** The session ends together with this one from now on. */
  | { readonly type: "put_below"; readonly id: string; readonly parent: Parent }
  /** The refresh token with the number before this one was shown. */
  | { readonly type: "renewed"; readonly id: string; readonly number: number }
  /** A request showed something new of its sender. */
  | { readonly type: "risk_noted"; readonly id: string; readonly risk: SessionRisk }
  | { readonly type: "device_pushed"; readonly device: Device }
  /** The session rests on another device, or its device changed. */
  | { readonly type: "device_noted"; readonly id: string; readonly device: ProvenDevice }
  | { readonly type: "epoch_raised"; readonly epoch: number };

/** The state after these events. A thousand sessions may end at once, so each map is copied once and not for each event. */
export function applyAll(state: SessionsState, events: readonly SessionEvent[]): SessionsState {
  const after = {
    epoch: state.epoch,
    live: new Map(state.live),
    ended: new Map(state.ended),
    principals: new Map(state.principals),
    devices: new Map(state.devices),
  };
  const update = (id: string, change: Partial<Session>) => {
    const live = after.live.get(id);
    if (live) after.live.set(id, { ...live, session: { ...live.session, ...change } });
  };
  for (const event of events) {
    switch (event.type) {
      case "created":
      case "raised":
        after.live.set(event.live.session.id, event.live);
        break;
      case "seen":
        update(event.id, { lastSeenAt: event.at });
        break;
      case "ended":
        after.live.delete(event.session.id);
        after.ended.set(event.session.id, event.tombstone);
        break;
      case "principal_pushed":
        after.principals.set(event.principal.userId, event.principal);
        break;
      case "principal_replaced":
        update(event.id, { principal: event.principal });
        break;
      case "put_below":
        update(event.id, { parentId: event.parent.id, parentOwner: event.parent.owner });
        break;
      case "renewed": {
        const live = after.live.get(event.id);
        if (live) after.live.set(event.id, { ...live, renewals: event.number });
        break;
      }
      case "risk_noted":
        update(event.id, { risk: event.risk });
        break;
      case "device_pushed":
        after.devices.set(event.device.id, event.device);
        break;
      case "device_noted":
        update(event.id, { device: event.device });
        break;
      case "epoch_raised":
        after.epoch = event.epoch;
    }
  }
  return after;
}
