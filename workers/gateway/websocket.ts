import { Lane } from "./lane.ts";
import type { Cut, StreamWatch } from "./stream-watch.ts";

/** Joins the application's socket with a new socket for the client, until one of them ends or the watch cuts both. */
export function bridgeSockets(upstream: WebSocket, watch: StreamWatch): WebSocket {
  const { 0: client, 1: server } = new WebSocketPair();
  for (const socket of [upstream, server]) {
    // Otherwise binary messages come as `Blob`s, and a `Blob` can't be sent on as it is.
    socket.binaryType = "arraybuffer";
    socket.accept();
  }
  relay(upstream, server, watch, "down");
  relay(server, upstream, watch, "up");
  watch.signal.addEventListener("abort", () => {
    const { code, reason } = watch.signal.reason as Cut;
    close(server, code, reason);
    close(upstream, GOING_AWAY, "");
  });
  return client;
}

/**
 * Passes messages on. While the session may only read, messages from the client go nowhere, and the connection stays
 * open for what the application says. (A client that closed with an error would connect again at once.)
 */
function relay(from: WebSocket, to: WebSocket, watch: StreamWatch, direction: "up" | "down"): void {
  const lane = new Lane(watch.hold);
  const pass = (data: string | ArrayBuffer, bytes: number) => {
    if (direction === "up" && watch.isReadOnly) return;
    watch.touch(direction, bytes);
    try {
      to.send(data);
    } catch {
      close(from, GOING_AWAY, "");
    }
  };
  // An end is the last of what this side said, so it waits behind the frames.
  const end = (code: number, reason: string) =>
    lane.next(reason.length, () => {
      watch.close();
      close(to, code, reason);
    });
  from.addEventListener("message", ({ data }) => {
    const bytes = bytesOf(data);
    lane.next(bytes, () => pass(data, bytes));
  });
  from.addEventListener("close", ({ code, reason }) => end(code, reason));
  from.addEventListener("error", () => end(1011, ""));
}

const encoder = new TextEncoder();

/** The length of a message in bytes. Most texts are ASCII, and need no copy to be measured. */
function bytesOf(data: string | ArrayBuffer): number {
  if (typeof data !== "string") return data.byteLength;
  return /\P{ASCII}/u.test(data) ? encoder.encode(data).byteLength : data.length;
}

/**
 * Closes a socket with the code that came from the other side. Some codes are never in a close frame (RFC 6455 §7.4.1).
 * For 1005 ("no code"), no code is sent. For any other such code, "going away" is sent.
 */
function close(socket: WebSocket, code: number, reason: string): void {
  try {
    if (code === NO_CODE) socket.close();
    else if (isSendable(code)) socket.close(code, reason);
    else socket.close(GOING_AWAY, "");
  } catch {
    // The socket is already closed.
  }
}

const GOING_AWAY = 1001;
const NO_CODE = 1005;

const isSendable = (code: number): boolean =>
  (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
