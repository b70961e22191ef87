import { randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import { lookup } from "./http.ts";

/**
 * As much of a WebSocket (RFC 6455) as short messages need. Node's own brings a whole HTTP client that nothing else here
 * uses, and can't send the headers by which the hub knows the node.
 */
export interface WebSocketEvents {
  readonly onText: (text: string) => void;
  readonly onClose: () => void;
}

export interface OpenWebSocket {
  /** @param text At most 125 bytes. */
  readonly send: (text: string) => void;
  readonly close: () => void;
}

const TIMEOUT_MS = 20_000;
/** Longer messages have another form, which the hub never sends. */
const MAX_PAYLOAD = 125;
const [TEXT, CLOSE, PING, PONG] = [1, 8, 9, 10];

/** Null when whoever answers doesn't upgrade, or nobody does. */
export function openWebSocket(
  url: URL,
  headers: Readonly<Record<string, string>>,
  events: WebSocketEvents,
): Promise<OpenWebSocket | null> {
  const secure = url.protocol === "https:";
  return new Promise((resolve) => {
    const outgoing = (secure ? httpsRequest : httpRequest)(url, {
      agent: false,
      lookup,
      ...(secure ? { minVersion: "TLSv1.3" as const } : {}),
      headers: {
        ...headers,
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": randomBytes(16).toString("base64"),
      },
    });
    outgoing.setTimeout(TIMEOUT_MS, () => outgoing.destroy());
    outgoing.on("error", () => resolve(null));
    outgoing.on("response", (answer) => {
      answer.destroy();
      resolve(null);
    });
    outgoing.on("upgrade", (_, socket: Socket, head: Buffer) => {
      socket.setTimeout(0);
      resolve(converse(socket, head, events));
    });
    outgoing.end();
  });
}

function converse(socket: Socket, head: Buffer, { onText, onClose }: WebSocketEvents): OpenWebSocket {
  let unread = head;
  const read = () => {
    for (;;) {
      const [first = 0, second = 0] = unread;
      if (second > MAX_PAYLOAD) return void socket.destroy();
      if (unread.length < 2 + second) return;
      const payload = unread.subarray(2, 2 + second);
      unread = unread.subarray(2 + second);
      const kind = first & 15;
      if (kind === TEXT) onText(payload.toString("utf8"));
      else if (kind === PING) socket.write(frame(PONG, payload));
      else if (kind === CLOSE) return void socket.end(frame(CLOSE, payload));
    }
  };
  socket.on("data", (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk]);
    read();
  });
  socket.on("error", () => socket.destroy());
  socket.on("close", onClose);
  read();
  return {
    send: (text) => void socket.write(frame(TEXT, Buffer.from(text))),
    close: () => void socket.destroy(),
  };
}

/** One whole message, masked as a client's must be. */
function frame(kind: number, payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const masked = payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0));
  return Buffer.concat([Buffer.of(0x80 | kind, 0x80 | payload.length), mask, masked]);
}
