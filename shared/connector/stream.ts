import { err, ok, type Result } from "../base/result.ts";
import { costOf, type Frame, type ResetReason } from "./frame.ts";
import { INITIAL_WINDOW, MAX_WINDOW } from "./limits.ts";

/**
 * One stream of a tunnel as one of its ends knows it. Each direction has its own flow control: a side sends only what
 * the other side has granted, as in HTTP/2 (RFC 9113 §5.2), and ends by itself. A reset ends both directions.
 */
export interface StreamState {
  /** The hub opens streams, and the agent accepts them. Only the opener gets an answer. */
  readonly role: "opener" | "acceptor";
  readonly isSending: boolean;
  readonly isReceiving: boolean;
  /** Whether the head of the answer has passed. */
  readonly isAnswered: boolean;
  /** What this side may still send. */
  readonly credit: number;
  /** What the other side may still send. */
  readonly window: number;
  /** What was received and not taken yet. */
  readonly held: number;
  /** What was taken, but not granted again yet. */
  readonly owed: number;
}

export type StreamCommand =
  /** Lets the other side send so much more than at the beginning. */
  | { readonly type: "widen"; readonly bytes: number }
  | { readonly type: "answer"; readonly head: Uint8Array }
  | { readonly type: "send"; readonly frame: Frame & { readonly type: "data" | "part" } }
  | { readonly type: "finish"; readonly frame: Frame & { readonly type: "end" } }
  /**
   * The consumer took bytes that were held.
   * `extra`: what the other side should be able to send beyond the initial window from now on.
   */
  | { readonly type: "take"; readonly cost: number; readonly extra: number }
  | { readonly type: "abort"; readonly reason: ResetReason; readonly detail: string }
  | { readonly type: "hear"; readonly frame: Frame };

export type StreamEvent =
  | { readonly type: "widened"; readonly bytes: number }
  | { readonly type: "answered" }
  | { readonly type: "sent"; readonly cost: number }
  | { readonly type: "finished" }
  | { readonly type: "received"; readonly cost: number }
  | { readonly type: "peer_finished" }
  | { readonly type: "granted"; readonly bytes: number }
  | { readonly type: "taken"; readonly cost: number }
  /** Of what was taken, so much is not granted again. */
  | { readonly type: "narrowed"; readonly bytes: number }
  | { readonly type: "repaid" }
  /** Both directions are over. What is held is dropped, unless all that the peer had to say has come. */
  | { readonly type: "over"; readonly isDropped: boolean };

export interface StreamDecision {
  readonly events: readonly StreamEvent[];
  /** The frames to send, in this order. */
  readonly frames: readonly Frame[];
  /** What the peer did wrong, or null. */
  readonly violation: string | null;
}

/** Why a command of this side can't be carried out. It changes nothing. */
export type StreamRefusal = "not_sending" | "no_credit" | "not_held" | "answered_already";

export const newStream = (role: StreamState["role"]): StreamState => ({
  role,
  isSending: true,
  isReceiving: true,
  isAnswered: false,
  credit: INITIAL_WINDOW,
  window: INITIAL_WINDOW,
  held: 0,
  owed: 0,
});

export const isOver = (state: StreamState): boolean => !state.isSending && !state.isReceiving;

/** What a frame uses up of the receiver's window. */
export const costOfFrame = (frame: Frame & { readonly type: "data" | "part" }): number =>
  costOf(frame.bytes.length + (frame.type === "part" ? 1 : 0));

/** @param stream The number of the stream, for the frames. */
export function decide(
  stream: number,
  state: StreamState,
  command: StreamCommand,
): Result<StreamDecision, StreamRefusal> {
  switch (command.type) {
    case "widen":
      return done([{ type: "widened", bytes: command.bytes }], [credit(stream, command.bytes)]);
    case "answer":
      if (!state.isSending) return err("not_sending");
      if (state.isAnswered) return err("answered_already");
      return done([{ type: "answered" }], [{ type: "answer", stream, head: command.head }]);
    case "send": {
      const cost = costOfFrame(command.frame);
      if (!state.isSending) return err("not_sending");
      if (cost > state.credit) return err("no_credit");
      return done([{ type: "sent", cost }], [command.frame]);
    }
    case "finish":
      return state.isSending ? done([{ type: "finished" }], [command.frame]) : err("not_sending");
    case "take":
      return command.cost > state.held ? err("not_held") : taken(stream, state, command);
    case "abort":
      return done(
        [{ type: "over", isDropped: true }],
        isOver(state) ? [] : [{ type: "reset", stream, reason: command.reason, detail: command.detail }],
      );
    case "hear":
      return ok(heard(stream, state, command.frame));
  }
}

const done = (events: readonly StreamEvent[], frames: readonly Frame[]): Result<StreamDecision, never> =>
  ok({ events, frames, violation: null });

const credit = (stream: number, bytes: number): Frame => ({ type: "credit", stream, bytes });

/** What the peer may send at all, were everything taken. */
const wholeOf = ({ window, held, owed }: StreamState): number => window + held + owed;

/** What the peer may send beyond the initial window. */
export const extraOf = (state: StreamState): number => wholeOf(state) - INITIAL_WINDOW;

/**
 * Grants what was taken again, as soon as it is worth a frame: a quarter of what the peer may send at all. It grants more
 * where that should grow, and less until it has shrunk to what it should be.
 */
function taken(
  stream: number,
  state: StreamState,
  { cost, extra }: StreamCommand & { readonly type: "take" },
): Result<StreamDecision, never> {
  const change = extra - extraOf(state);
  const narrowed = Math.min(Math.max(0, -change), state.owed + cost);
  const widened = Math.max(0, change);
  const owed = state.owed + cost - narrowed;
  const isWorthIt = state.isReceiving && (widened > 0 || owed * 4 >= wholeOf(state) - narrowed);
  return done(
    [
      { type: "taken", cost },
      ...(narrowed > 0 ? [{ type: "narrowed", bytes: narrowed } as const] : []),
      ...(isWorthIt ? [{ type: "repaid" } as const] : []),
      ...(isWorthIt && widened > 0 ? [{ type: "widened", bytes: widened } as const] : []),
    ],
    isWorthIt && owed + widened > 0 ? [credit(stream, owed + widened)] : [],
  );
}

function heard(stream: number, state: StreamState, frame: Frame): StreamDecision {
  switch (frame.type) {
    case "answer":
      if (state.role !== "opener" || state.isAnswered || !state.isReceiving)
        return violated(stream, state, "an answer came where none is due");
      return heardWell([{ type: "answered" }]);
    case "data":
    case "part": {
      const cost = costOfFrame(frame);
      const early = notYet(state);
      if (early !== null) return violated(stream, state, early);
      if (cost > state.window) return violated(stream, state, "more came than was granted");
      return heardWell([{ type: "received", cost }]);
    }
    case "end": {
      const early = notYet(state);
      return early === null ? heardWell([{ type: "peer_finished" }]) : violated(stream, state, early);
    }
    case "credit":
      return state.credit + frame.bytes > MAX_WINDOW
        ? violated(stream, state, "more was granted than may be")
        : heardWell([{ type: "granted", bytes: frame.bytes }]);
    case "reset":
      return heardWell([{ type: "over", isDropped: state.isReceiving }]);
    case "open":
    case "drain":
      return violated(stream, state, `a frame ${frame.type} came in an open stream`);
  }
}

const heardWell = (events: readonly StreamEvent[]): StreamDecision => ({
  events,
  frames: [],
  violation: null,
});

/** Why the peer may not send now, or null. */
function notYet(state: StreamState): string | null {
  if (!state.isReceiving) return "data came after the end";
  return state.role === "opener" && !state.isAnswered ? "data came before the answer" : null;
}

const violated = (stream: number, state: StreamState, violation: string): StreamDecision => ({
  events: [{ type: "over", isDropped: true }],
  frames: isOver(state) ? [] : [{ type: "reset", stream, reason: "violation", detail: violation }],
  violation,
});

export function apply(state: StreamState, event: StreamEvent): StreamState {
  switch (event.type) {
    case "widened":
      return { ...state, window: state.window + event.bytes };
    case "answered":
      return { ...state, isAnswered: true };
    case "sent":
      return { ...state, credit: state.credit - event.cost };
    case "finished":
      return { ...state, isSending: false };
    case "received":
      return { ...state, window: state.window - event.cost, held: state.held + event.cost };
    case "peer_finished":
      return { ...state, isReceiving: false };
    case "granted":
      return { ...state, credit: state.credit + event.bytes };
    case "taken":
      return { ...state, held: state.held - event.cost, owed: state.owed + event.cost };
    case "narrowed":
      return { ...state, owed: state.owed - event.bytes };
    case "repaid":
      return { ...state, window: state.window + state.owed, owed: 0 };
    case "over":
      return {
        ...state,
        isSending: false,
        isReceiving: false,
        ...(event.isDropped ? { held: 0, owed: 0 } : {}),
      };
  }
}
