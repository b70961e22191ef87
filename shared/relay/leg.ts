import { isFor } from "./mac1.ts";
import { messageOf } from "./wireguard-message.ts";

/**
 * What a blind relay does with the datagrams of one pair. It has none of their keys. It learns where an end is, behind
 * whatever address translator, from their handshakes: the answer of one end proves that the other end is where the
 * question came from, since WireGuard answers nobody else. Nothing else moves an end, and each datagram that comes in goes
 * out at most once.
 */

/** 0 and 1 are the two nodes of a pair. */
export type End = 0 | 1;

export interface Leg {
  readonly ends: readonly [LegEnd, LegEnd];
  /** The relay forwards nothing from this moment on: milliseconds since the Unix epoch. */
  readonly notAfter: number;
}

export interface LegEnd {
  /** What `mac1Key` gives for the node. */
  readonly mac1Key: Uint8Array;
  /** `address:port` where the signed config says that the node may be, best first. */
  readonly endpoints: readonly string[];
}

export interface LegState {
  /** Where each end was proven to be. */
  readonly proven: readonly [string | null, string | null];
  /** Where it was before. */
  readonly former: readonly [string | null, string | null];
  /** While nothing is proven of an end: from where something came last that may be its own. */
  readonly supposed: readonly [string | null, string | null];
  /** Those under way, and those that led to a session, newest last. */
  readonly handshakes: readonly Handshake[];
}

interface Handshake {
  readonly initiator: End;
  readonly from: string;
  readonly sender: number;
  readonly answer: { readonly from: string; readonly sender: number } | null;
  /** Whether the initiator has used the session. */
  readonly isDone: boolean;
}

export const NEW_LEG: LegState = {
  proven: [null, null],
  former: [null, null],
  supposed: [null, null],
  handshakes: [],
};

export type DropReason = "expired" | "not_wireguard" | "unknown_source" | "nowhere_to_go";

/** `to` is the one address that the datagram goes on to. */
export type Forwarding = { readonly to: string; readonly state: LegState } | { readonly dropped: DropReason };

/**
 * How many handshakes are remembered: a session and its predecessor, attempts from where an end may be, and attempts from
 * elsewhere, so that strangers don't push out the others.
 */
const MOST = { done: 2, likely: 4, unlikely: 4 } as const;

/** Decides about one datagram that came in from `source` at `now`. */
export function forward(
  leg: Leg,
  state: LegState,
  source: string,
  datagram: Uint8Array,
  now: number,
): Forwarding {
  if (now >= leg.notAfter) return { dropped: "expired" };
  const message = messageOf(datagram);
  if (message === null) return { dropped: "not_wireguard" };
  switch (message.kind) {
    case "initiation":
      return onInitiation(leg, state, source, datagram, message.sender);
    case "response":
      return onResponse(leg, state, source, datagram, message);
    case "cookie":
      return onCookie(state, source, message.receiver);
    case "data":
      return onData(leg, state, source, message.receiver);
  }
}

/** Anybody may try, as at WireGuard itself. What comes of it says whether it was the node. */
function onInitiation(
  leg: Leg,
  state: LegState,
  source: string,
  datagram: Uint8Array,
  sender: number,
): Forwarding {
  const receiver = ENDS.find((end) => isFor(leg.ends[end].mac1Key, datagram));
  if (receiver === undefined) return { dropped: "unknown_source" };
  const to = placeOf(leg, state, receiver);
  if (to === null) return { dropped: "nowhere_to_go" };
  const attempt: Handshake = {
    initiator: other(receiver),
    from: source,
    sender,
    answer: null,
    isDone: false,
  };
  return { to, state: { ...state, handshakes: bounded(leg, [...state.handshakes, attempt]) } };
}

/**
 * An answer names the attempt by a number that only its receiver has seen. Somebody who made up both would come from
 * places where the ends can't be.
 */
function onResponse(
  leg: Leg,
  state: LegState,
  source: string,
  datagram: Uint8Array,
  { sender, receiver }: { readonly sender: number; readonly receiver: number },
): Forwarding {
  const asked = state.handshakes.findLast((one) => one.sender === receiver && !one.isDone);
  if (!asked || !isFor(leg.ends[asked.initiator].mac1Key, datagram)) return { dropped: "unknown_source" };
  const answerer = other(asked.initiator);
  const isVouched =
    isKnown(leg, state, answerer, source) || (sharesAddress(leg, answerer, source) && isLikely(leg, asked));
  if (!isVouched) return { dropped: "unknown_source" };
  const answered: Handshake = { ...asked, answer: { from: source, sender } };
  const handshakes = state.handshakes.map((one) => (one === asked ? answered : one));
  return { to: asked.from, state: { ...state, handshakes } };
}

/** A busy receiver asks for one more attempt (WireGuard whitepaper §5.4.7). */
function onCookie(state: LegState, source: string, receiver: number): Forwarding {
  const asked = state.handshakes.findLast((one) => one.sender === receiver);
  return asked && asked.from !== source ? { to: asked.from, state } : { dropped: "unknown_source" };
}

function onData(leg: Leg, state: LegState, source: string, receiver: number): Forwarding {
  const answered = state.handshakes.find((one) => !one.isDone && one.answer?.sender === receiver);
  if (answered?.answer && answered.from === source)
    return onFirstUse(leg, state, answered, answered.answer.from);
  const proven =
    ENDS.find((end) => state.proven[end] === source) ??
    ENDS.find((end) => isKnown(leg, state, end, source) && isOfSession(state, end, receiver));
  if (proven !== undefined) return towards(leg, moved(state, proven, source), other(proven));
  // Two ends come with a session that is older than this relay, or than what it knows of them.
  const supposed = ENDS.find((end) => state.proven[end] === null && sharesAddress(leg, end, source));
  if (supposed === undefined) return { dropped: "unknown_source" };
  const seen = { ...state, supposed: replaced(state.supposed, supposed, source) };
  return towards(leg, state.supposed[supposed] === source ? state : seen, other(supposed));
}

function towards(leg: Leg, state: LegState, end: End): Forwarding {
  const to = placeOf(leg, state, end);
  return to === null ? { dropped: "nowhere_to_go" } : { to, state };
}

/** The initiator uses the session. So it has believed the answer, and both ends are where they said. */
function onFirstUse(leg: Leg, state: LegState, answered: Handshake, answeredFrom: string): Forwarding {
  const done = state.handshakes.map((one) => (one === answered ? { ...one, isDone: true } : one));
  const settled = { ...state, handshakes: bounded(leg, done) };
  const { initiator, from } = answered;
  return { to: answeredFrom, state: moved(moved(settled, initiator, from), other(initiator), answeredFrom) };
}

const ENDS: readonly End[] = [0, 1];
const other = (end: End): End => (end === 0 ? 1 : 0);

/**
 * Where an end is. Before it is proven, its own last attempt says more than the config does, since a translator may give
 * it another port for each destination.
 */
function placeOf(leg: Leg, { proven, supposed, handshakes }: LegState, end: End): string | null {
  const lastAttempt = () => handshakes.findLast((one) => one.initiator === end && isLikely(leg, one))?.from;
  return proven[end] ?? lastAttempt() ?? supposed[end] ?? leg.ends[end].endpoints[0] ?? null;
}

const isKnown = (leg: Leg, state: LegState, end: End, source: string): boolean =>
  state.proven[end] === source || state.former[end] === source || leg.ends[end].endpoints.includes(source);

const sharesAddress = (leg: Leg, end: End, source: string): boolean =>
  leg.ends[end].endpoints.some((endpoint) => addressOf(endpoint) === addressOf(source));

const isLikely = (leg: Leg, { initiator, from }: Handshake): boolean => sharesAddress(leg, initiator, from);

const addressOf = (endpoint: string): string => endpoint.slice(0, endpoint.lastIndexOf(":"));

/** Whether data with this number belongs to a session in which `end` sends. */
const isOfSession = ({ handshakes }: LegState, end: End, receiver: number): boolean =>
  handshakes.some(
    ({ isDone, initiator, sender, answer }) =>
      isDone && (initiator === end ? answer?.sender : sender) === receiver,
  );

function moved(state: LegState, end: End, place: string): LegState {
  const before = state.proven[end];
  if (before === place) return state;
  return {
    ...state,
    proven: replaced(state.proven, end, place),
    former: replaced(state.former, end, before),
  };
}

const replaced = <T>(pair: readonly [T, T], end: End, value: T): readonly [T, T] =>
  end === 0 ? [value, pair[1]] : [pair[0], value];

function bounded(leg: Leg, handshakes: readonly Handshake[]): readonly Handshake[] {
  const done = handshakes.filter(({ isDone }) => isDone);
  const underWay = handshakes.filter(({ isDone }) => !isDone);
  const likely = underWay.filter((one) => isLikely(leg, one));
  const unlikely = underWay.filter((one) => !isLikely(leg, one));
  return [...done.slice(-MOST.done), ...unlikely.slice(-MOST.unlikely), ...likely.slice(-MOST.likely)];
}
