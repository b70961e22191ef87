import type { EventEntry } from "./types.ts";

/** A stream or request was cut because it may not go on. Each is one part of a receipt. */
export const SESSION_CUT = "session.cut";
/** A stream is held, since its session is paused: nothing passes any more. */
export const SESSION_HELD = "session.held";
/** A stream that was held goes on. */
export const SESSION_RESUMED = "session.resumed";
/** A request of a watched caller is over, with its size and time. */
export const WATCHED_REQUEST = "session.watched_request";

/** Records of traffic: there may be one for each request, so the registry keeps no index of them. */
export const isTraffic = ({ action }: Pick<EventEntry, "action">): boolean =>
  [SESSION_CUT, SESSION_HELD, SESSION_RESUMED, WATCHED_REQUEST].includes(action);

/** One stream that was cut. Times in milliseconds since the Unix epoch. */
export interface CutStream {
  readonly decision: string;
  /** `websocket`, `events`, `download`, `upload`, or `request` for one that was refused. */
  readonly stream: string;
  readonly triggeredAt: number;
  readonly cutAt: number;
  /** The most bytes that passed after the trigger. */
  readonly bytesAfter: number;
}

/** What shows that somebody was cut off: when the cause came about, and when each stream ended. */
export interface Receipt {
  /** The id of its first entry in the audit log. */
  readonly id: string;
  /** The session, or the decision of a caller without one. */
  readonly sessionId: string;
  readonly userId: string | null;
  readonly email: string | null;
  readonly appName: string;
  readonly reason: string;
  readonly triggeredAt: number;
  /** When the last stream ended. */
  readonly cutAt: number;
  readonly bytesAfter: number;
  readonly streams: readonly CutStream[];
}

/** Cuts of one session for one reason within this time (milliseconds) are one receipt. */
const ONE_CUT_MS = 10_000;

/** The receipts of entries of the log, newest first. Entries of other actions are left out. */
export function receiptsOf(entries: readonly EventEntry[]): Receipt[] {
  const receipts: Receipt[] = [];
  const cuts = entries.filter(({ action }) => action === SESSION_CUT).sort((a, b) => a.at - b.at);
  for (const entry of cuts) {
    const part = partOf(entry);
    const open = receipts.findLastIndex(
      (one) =>
        one.sessionId === entry.target &&
        one.reason === String(entry.detail.reason) &&
        Math.abs(part.triggeredAt - one.triggeredAt) <= ONE_CUT_MS,
    );
    const known = receipts[open];
    if (known) receipts[open] = joined(known, part);
    else receipts.push(begun(entry, part));
  }
  return receipts.reverse();
}

function partOf({ detail }: EventEntry): CutStream {
  const number = (value: unknown) => (typeof value === "number" ? value : 0);
  return {
    decision: String(detail.decision),
    stream: String(detail.stream),
    triggeredAt: number(detail.triggeredAt),
    cutAt: number(detail.cutAt),
    bytesAfter: number(detail.bytesAfter),
  };
}

const begun = ({ id, target, person, detail }: EventEntry, part: CutStream): Receipt => ({
  id,
  sessionId: target,
  userId: person?.id ?? null,
  email: person?.email ?? null,
  appName: String(detail.app),
  reason: String(detail.reason),
  triggeredAt: part.triggeredAt,
  cutAt: part.cutAt,
  bytesAfter: part.bytesAfter,
  streams: [part],
});

const joined = (receipt: Receipt, part: CutStream): Receipt => ({
  ...receipt,
  triggeredAt: Math.min(receipt.triggeredAt, part.triggeredAt),
  cutAt: Math.max(receipt.cutAt, part.cutAt),
  bytesAfter: receipt.bytesAfter + part.bytesAfter,
  streams: [...receipt.streams, part],
});
