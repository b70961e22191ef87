import { SerialQueue } from "../../shared/base/async/serial-queue.ts";
import type { Close } from "../../shared/connector/frame.ts";
import { MAX_MESSAGE } from "../../shared/connector/limits.ts";
import { MessageParts } from "../../shared/connector/message-parts.ts";
import { TCP_END, tookBytes, Untaken } from "../../shared/connector/tcp-messages.ts";
import type { TunnelStream } from "../../shared/connector/tunnel-stream.ts";

/**
 * A WebSocket can't be slowed down. What a client sends faster than the application takes it is held up to this many
 * bytes, and then the connection ends.
 */
const MOST_WAITING = 2 * MAX_MESSAGE;
const TOO_BIG = 1009;
const TOO_FAST = 1013;
const LOST = 1011;
const LIED = 1008;
const NO_CODE = 1005;

/** How bytes of a stream and messages of a WebSocket become each other. */
interface Manner {
  /** Sends a message of the client into the stream. */
  readonly up: (stream: TunnelStream, message: string | ArrayBuffer) => Promise<void>;
  /** Takes a text that must not wait behind messages before it. */
  readonly aside?: (text: string) => "taken" | "not_aside" | "lie";
  /** Passes what comes from the stream to the client, until the stream ends. */
  readonly down: (stream: TunnelStream, socket: WebSocket) => Promise<void>;
}

/** The gateway's side of a connection that goes through a stream. */
export function bridge(stream: TunnelStream, kind: "socket" | "tcp"): WebSocket {
  const { 0: client, 1: server } = new WebSocketPair();
  server.binaryType = "arraybuffer";
  server.accept();
  const manner = MANNERS[kind]();
  void descend(stream, server, manner);
  ascend(stream, server, manner);
  return client;
}

function ascend(stream: TunnelStream, socket: WebSocket, manner: Manner): void {
  const queue = new SerialQueue();
  let waiting = 0;
  socket.addEventListener("message", ({ data }) => {
    const aside = typeof data === "string" ? manner.aside?.(data) : undefined;
    if (aside === "taken") return;
    if (aside === "lie") {
      stream.reset("cancelled", "the client says that it took more than it was sent");
      return close(socket, { code: LIED, reason: "" });
    }
    const size = typeof data === "string" ? data.length : data.byteLength;
    waiting += size;
    if (size > MAX_MESSAGE || waiting > MOST_WAITING) {
      stream.reset("cancelled", "the client sends too much");
      return close(socket, { code: size > MAX_MESSAGE ? TOO_BIG : TOO_FAST, reason: "" });
    }
    void queue
      .run(async () => manner.up(stream, data))
      .then(() => {
        waiting -= size;
      })
      .catch(() => undefined);
  });
  socket.addEventListener("close", ({ code, reason }) => {
    void queue.run(async () => stream.end({ code, reason }));
    close(socket, { code, reason });
  });
  socket.addEventListener("error", () => stream.reset("cancelled"));
}

async function descend(stream: TunnelStream, socket: WebSocket, manner: Manner): Promise<void> {
  try {
    await manner.down(stream, socket);
  } catch {
    stream.reset("cancelled");
    close(socket, { code: LOST, reason: "" });
  }
}

const MANNERS: Readonly<Record<"socket" | "tcp", () => Manner>> = {
  socket: () => ({
    up: (stream, message) => {
      const isText = typeof message === "string";
      return stream.writeMessage(isText ? encoder.encode(message) : new Uint8Array(message), isText);
    },
    down: async (stream, socket) => {
      const parts = new MessageParts(MAX_MESSAGE);
      for (let next = await stream.read(); next !== null; next = await stream.read()) {
        const message = parts.add(next);
        if (message === "too_big") {
          stream.reset("cancelled", "a message is too big");
          return close(socket, { code: TOO_BIG, reason: "" });
        }
        if (message) socket.send(message.isText ? decoder.decode(message.bytes) : message.bytes);
      }
      // The application closed. Nothing that the client still sends would reach it.
      close(socket, stream.close ?? { code: NO_CODE, reason: "" });
      stream.end();
    },
  }),
  tcp: () => {
    const untaken = new Untaken();
    let wake = () => {};
    const hasRoom = () =>
      new Promise<void>((resolve) => {
        wake = resolve;
      });
    return {
      up: async (stream, message) => {
        if (typeof message !== "string") return stream.write(new Uint8Array(message));
        if (message === TCP_END) stream.end();
      },
      aside: (text) => {
        const bytes = tookBytes(text);
        if (bytes === null) return "not_aside";
        if (!untaken.took(bytes)) return "lie";
        wake();
        return "taken";
      },
      down: async (stream, socket) => {
        stream.onOver(() => wake());
        for (let next = await stream.read(); next !== null; next = await stream.read()) {
          while (untaken.isFull && !stream.fault) await hasRoom();
          untaken.sent(next.bytes.length);
          socket.send(next.bytes);
        }
        socket.send(TCP_END);
        stream.onOver(() => close(socket, { code: 1000, reason: "" }));
      },
    };
  },
};

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

/** Closes with a code that may stand in a close frame (RFC 6455 §7.4.1). */
function close(socket: WebSocket, { code, reason }: Close): void {
  const isSendable = (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || code >= 3000;
  try {
    if (code === NO_CODE) socket.close();
    else socket.close(isSendable ? code : 1001, isSendable ? reason : "");
  } catch {
    // The socket is closed already.
  }
}
