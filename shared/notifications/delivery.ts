import { backoffMs } from "../base/async/retry.ts";
import type { Notice } from "./notice.ts";

/** How far a destination has been told, and what is under way. Times are milliseconds since the Unix epoch. */
export interface Delivery {
  /** Every notice up to this one was told, or was none for it. */
  readonly doneUntil: number;
  /** The end of the message under way; a retry tells the same again, under the same id. */
  readonly sendingUntil: number | null;
  /** When the message under way was first tried. */
  readonly sendingSince: number | null;
  /** Nothing is sent before. */
  readonly notBefore: number;
  /** Tries in a row that failed. */
  readonly failures: number;
  /** The first failure since something was last taken. */
  readonly failingSince: number | null;
  readonly lastSuccessAt: number | null;
  readonly lastFailureAt: number | null;
  /** Why, in words. */
  readonly lastFailure: string | null;
}

export type DeliveryEvent =
  | { readonly type: "begun"; readonly until: number; readonly at: number }
  /** Nothing up to here was for it. */
  | { readonly type: "skipped"; readonly until: number }
  | { readonly type: "delivered"; readonly at: number }
  | { readonly type: "failed"; readonly at: number; readonly why: string }
  /** The message under way is not tried again by itself. */
  | { readonly type: "given_up" };

export type DeliveryStep =
  | { readonly type: "wait" }
  | { readonly type: "skip"; readonly until: number }
  | { readonly type: "send"; readonly until: number; readonly notices: readonly Notice[] };

/** After a message nothing is said for so long: what comes meanwhile is said together. */
export const QUIET_MS = 5 * 60_000;
/** A try that is not done by then is taken for dead, and made again. */
export const LEASE_MS = 2 * 60_000;
const FIRST_RETRY_MS = 60_000;
const LAST_RETRY_MS = 60 * 60_000;
/** A message that is not taken within this time is given up, so that it does not hold up the next. */
export const GIVE_UP_MS = 24 * 60 * 60_000;
/** A destination that takes nothing for so long is switched off. */
export const SWITCH_OFF_MS = 5 * 24 * 60 * 60_000;

export const newDelivery = (doneUntil: number): Delivery => ({
  doneUntil,
  sendingUntil: null,
  sendingSince: null,
  notBefore: 0,
  failures: 0,
  failingSince: null,
  lastSuccessAt: null,
  lastFailureAt: null,
  lastFailure: null,
});

/**
 * What is to be told now.
 *
 * @param events That the destination wants.
 * @param notices All with an id above `doneUntil`, in their order; perhaps only the first of them.
 */
export function nextStep(
  delivery: Delivery,
  events: ReadonlySet<string>,
  notices: readonly Notice[],
  now: number,
): DeliveryStep {
  if (now < delivery.notBefore) return { type: "wait" };
  const last = delivery.sendingUntil ?? notices.at(-1)?.id;
  if (last === undefined || last <= delivery.doneUntil) return { type: "wait" };
  const wanted = notices.filter(
    ({ id, event }) => id > delivery.doneUntil && id <= last && events.has(event),
  );
  return wanted.length === 0 ? { type: "skip", until: last } : { type: "send", until: last, notices: wanted };
}

/** @param quietMs For how long nothing is sent after a message. */
export function applyDelivery(delivery: Delivery, event: DeliveryEvent, quietMs = QUIET_MS): Delivery {
  switch (event.type) {
    case "begun":
      return {
        ...delivery,
        sendingUntil: event.until,
        sendingSince: delivery.sendingSince ?? event.at,
        notBefore: event.at + LEASE_MS,
      };
    case "skipped":
      return { ...delivery, doneUntil: event.until, ...NOTHING_UNDER_WAY };
    case "delivered":
      return {
        ...delivery,
        doneUntil: delivery.sendingUntil ?? delivery.doneUntil,
        ...NOTHING_UNDER_WAY,
        notBefore: event.at + quietMs,
        failures: 0,
        failingSince: null,
        lastSuccessAt: event.at,
      };
    case "failed": {
      const failures = delivery.failures + 1;
      return {
        ...delivery,
        failures,
        failingSince: delivery.failingSince ?? event.at,
        notBefore: event.at + backoffMs(failures, FIRST_RETRY_MS, LAST_RETRY_MS),
        lastFailureAt: event.at,
        lastFailure: event.why,
      };
    }
    case "given_up":
      return { ...delivery, doneUntil: delivery.sendingUntil ?? delivery.doneUntil, ...NOTHING_UNDER_WAY };
  }
}

const NOTHING_UNDER_WAY = { sendingUntil: null, sendingSince: null } as const;

/** Whether the message under way was tried for long enough. */
export const isToBeGivenUp = ({ sendingSince }: Delivery, now: number): boolean =>
  sendingSince !== null && now - sendingSince >= GIVE_UP_MS;

/** Whether the destination took nothing for so long that nobody seems to be there. */
export const isToBeSwitchedOff = ({ failingSince }: Delivery, now: number): boolean =>
  failingSince !== null && now - failingSince >= SWITCH_OFF_MS;

/** The id of the message under way: the same for each try, so that whoever got it twice can tell. */
export const messageIdOf = (destination: string, until: number): string => `msg_${destination}_${until}`;
