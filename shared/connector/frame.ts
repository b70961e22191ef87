import { err, ok, type Result } from "../base/result.ts";
import { FRAME_HEADER, MAX_DATA, MAX_DETAIL, MAX_HEAD, TUNNEL_VERSION } from "./limits.ts";

/**
 * The frames of a tunnel. Each binary WebSocket message is one frame: one byte with the version (high half) and the
 * type (low half), four bytes with the number of the stream (big endian, 0 for the tunnel itself), and a payload.
 * `docs/agent-protocol.md` describes the payloads.
 */
export type Frame =
  /** A new stream. The hub opens all streams. */
  | { readonly type: "open"; readonly stream: number; readonly head: Uint8Array }
  /** The head of the answer. */
  | { readonly type: "answer"; readonly stream: number; readonly head: Uint8Array }
  /** Bytes of a body or of a TCP connection. */
  | { readonly type: "data"; readonly stream: number; readonly bytes: Uint8Array }
  /** A part of a WebSocket message. */
  | {
      readonly type: "part";
      readonly stream: number;
      readonly bytes: Uint8Array;
      readonly isText: boolean;
      readonly isLast: boolean;
    }
  /** The sender sends no more on this stream, but still receives. */
  | { readonly type: "end"; readonly stream: number; readonly close: Close | null }
  /** The stream is over in both directions. */
  | {
      readonly type: "reset";
      readonly stream: number;
      readonly reason: ResetReason;
      readonly detail: string;
    }
  /** The receiver of this frame may send so many bytes of frames more. */
  | { readonly type: "credit"; readonly stream: number; readonly bytes: number }
  /** The sender takes no new streams. Streams that are open go on. */
  | { readonly type: "drain" };

/** How a WebSocket was closed (RFC 6455 §7.4). */
export interface Close {
  readonly code: number;
  readonly reason: string;
}

/** Why a stream was reset. The order gives the numbers on the wire: add new reasons at the end. */
export const RESET_REASONS = [
  /** Whoever asked does not want the answer any more. */
  "cancelled",
  /** The application can't be reached. Nothing of the request was sent to it. */
  "unreachable",
  /** The agent may not do this. */
  "refused",
  /** The connection to the application or to the agent broke. */
  "lost",
  /** The answer was not valid HTTP. */
  "malformed",
  /** There are too many streams. Nothing of the request was sent. */
  "overloaded",
  /** The peer broke the rules of the tunnel. */
  "violation",
] as const;
export type ResetReason = (typeof RESET_REASONS)[number];

const TYPES = ["open", "answer", "data", "part", "end", "reset", "credit", "drain"] as const;
const TEXT = 1;
const LAST = 2;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The bytes of a frame, in a buffer of its own. */
export function encodeFrame(frame: Frame): Uint8Array<ArrayBuffer> {
  switch (frame.type) {
    case "open":
    case "answer":
      return framed(frame.type, frame.stream, frame.head);
    case "data":
      return framed("data", frame.stream, frame.bytes);
    case "part": {
      const flags = (frame.isText ? TEXT : 0) | (frame.isLast ? LAST : 0);
      return framed("part", frame.stream, frame.bytes, [flags]);
    }
    case "end": {
      if (frame.close === null) return framed("end", frame.stream);
      const { code, reason } = frame.close;
      return framed("end", frame.stream, encoder.encode(reason), [code >> 8, code & 255]);
    }
    case "reset": {
      const detail = encoder.encode(frame.detail.slice(0, MAX_DETAIL)).subarray(0, MAX_DETAIL * 3);
      return framed("reset", frame.stream, detail, [RESET_REASONS.indexOf(frame.reason)]);
    }
    case "credit":
      return framed("credit", frame.stream, EMPTY, uint32(frame.bytes));
    case "drain":
      return framed("drain", 0);
  }
}

const EMPTY = new Uint8Array(0);

function framed(
  type: Frame["type"],
  stream: number,
  payload: Uint8Array = EMPTY,
  first: readonly number[] = [],
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(FRAME_HEADER + first.length + payload.length);
  bytes[0] = (TUNNEL_VERSION << 4) | TYPES.indexOf(type);
  bytes.set(uint32(stream), 1);
  bytes.set(first, FRAME_HEADER);
  bytes.set(payload, FRAME_HEADER + first.length);
  return bytes;
}

const uint32 = (number: number): number[] => [
  (number >>> 24) & 255,
  (number >>> 16) & 255,
  (number >>> 8) & 255,
  number & 255,
];

/** Reads a frame. The payload is a view of `bytes`. The error says in words what is wrong. */
export function decodeFrame(bytes: Uint8Array): Result<Frame, string> {
  if (bytes.length < FRAME_HEADER) return err("the frame is shorter than its header");
  const [first = 0] = bytes;
  if (first >> 4 !== TUNNEL_VERSION) return err(`the frame has version ${first >> 4}`);
  const type = TYPES[first & 15];
  if (type === undefined) return err(`the frame has the unknown type ${first & 15}`);
  const stream = readUint32(bytes, 1);
  if ((stream === 0) !== (type === "drain")) return err(`stream ${stream} has a frame ${type}`);
  return payloadOf(type, stream, bytes.subarray(FRAME_HEADER));
}

function payloadOf(type: Frame["type"], stream: number, payload: Uint8Array): Result<Frame, string> {
  const wrongLength = () => err(`a frame ${type} has ${payload.length} bytes of payload`);
  switch (type) {
    case "open":
    case "answer":
      return payload.length > MAX_HEAD ? wrongLength() : ok({ type, stream, head: payload });
    case "data":
      return payload.length > MAX_DATA ? wrongLength() : ok({ type, stream, bytes: payload });
    case "part": {
      const [flags = 0] = payload;
      if (payload.length < 1 || payload.length > MAX_DATA + 1 || flags > 3) return wrongLength();
      const isText = (flags & TEXT) !== 0;
      return ok({ type, stream, bytes: payload.subarray(1), isText, isLast: (flags & LAST) !== 0 });
    }
    case "end":
      return payload.length === 0 ? ok({ type, stream, close: null }) : endWithCode(stream, payload);
    case "reset": {
      const reason = RESET_REASONS[payload[0] ?? 255];
      const detail = textOf(payload.subarray(1, 1 + MAX_DETAIL * 3)) ?? "";
      return reason === undefined ? wrongLength() : ok({ type, stream, reason, detail });
    }
    case "credit":
      return payload.length === 4 ? ok({ type, stream, bytes: readUint32(payload, 0) }) : wrongLength();
    case "drain":
      return payload.length === 0 ? ok({ type }) : wrongLength();
  }
}

/** The reason of a close frame has at most 123 bytes (RFC 6455 §5.5). */
function endWithCode(stream: number, payload: Uint8Array): Result<Frame, string> {
  const reason = payload.length < 2 || payload.length > 125 ? null : textOf(payload.subarray(2));
  if (reason === null) return err(`the close of stream ${stream} is malformed`);
  const code = ((payload[0] ?? 0) << 8) | (payload[1] ?? 0);
  return ok({ type: "end", stream, close: { code, reason } });
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

const readUint32 = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] ?? 0) << 24) |
    ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0)) >>>
  0;

/** What a frame with these payload bytes uses up of the receiver's window. Even an empty frame costs its header. */
export const costOf = (payloadBytes: number): number => payloadBytes + FRAME_HEADER;
