import WebSocket from "ws";
import { SerialQueue } from "../../shared/base/async/serial-queue.ts";
import type { Close } from "../../shared/connector/frame.ts";
import { encodeHead, type OpenHead } from "../../shared/connector/heads.ts";
import { MAX_MESSAGE } from "../../shared/connector/limits.ts";
import { MessageParts } from "../../shared/connector/message-parts.ts";
import type { TunnelStream } from "../../shared/connector/tunnel-stream.ts";
import { messageOf } from "../failure.ts";
import type { Dial } from "./dial.ts";

const HANDSHAKE_MS = 10_000;
const NO_CODE = 1005;
const GOING_AWAY = 1001;

/** Opens a WebSocket to the application, and passes messages on in both directions. */
export function exchangeSocket(stream: TunnelStream, open: OpenHead, dial: Dial): void {
  const url = `${open.upstream.replace(/^http/, "ws")}${open.target}`;
  const socket = new WebSocket(url, [...open.protocols], {
    headers: { ...Object.fromEntries(open.headers), ...(open.host ? { host: open.host } : {}) },
    lookup: dial.lookup,
    handshakeTimeout: HANDSHAKE_MS,
    maxPayload: MAX_MESSAGE,
    perMessageDeflate: false,
    followRedirects: false,
  });
  let isOpen = false;
  const queue = new SerialQueue();
  socket.on("open", () => {
    isOpen = true;
    answer(stream, 101, [], socket.protocol);
    void passOn(stream, socket);
  });
  socket.on("unexpected-response", (request, response) => {
    answer(stream, response.statusCode ?? 0, refusalHeaders(response.headers), "");
    stream.end();
    stream.reset("cancelled");
    request.destroy();
  });
  socket.on("message", (data, isBinary) => {
    // The application is slowed down to what the client takes.
    socket.pause();
    void queue
      .run(() => stream.writeMessage(data as Buffer, !isBinary))
      .then(() => socket.resume())
      .catch(() => socket.terminate());
  });
  socket.on("close", (code, reason) => {
    void queue.run(async () => stream.end({ code, reason: reason.toString() })).catch(() => undefined);
    void queue.run(async () => stream.reset("lost"));
  });
  socket.on("error", (error) => {
    if (!isOpen) stream.reset("unreachable", messageOf(error));
  });
  stream.onOver(() => {
    if (stream.fault) socket.terminate();
  });
}

function answer(stream: TunnelStream, status: number, headers: [string, string][], protocol: string): void {
  const head = encodeHead({ status, headers, protocol });
  if (head && !stream.fault) stream.answer(head);
}

const refusalHeaders = (headers: Readonly<Record<string, string | string[] | undefined>>) =>
  Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    [value ?? []].flat().map((text) => [name, text]),
  );

async function passOn(stream: TunnelStream, socket: WebSocket): Promise<void> {
  const parts = new MessageParts(MAX_MESSAGE);
  try {
    for (let next = await stream.read(); next !== null; next = await stream.read()) {
      const message = parts.add(next);
      if (message === "too_big") return stream.reset("violation", "a message is too big");
      if (message) await sent(socket, message.bytes, !message.isText);
    }
    close(socket, stream.close ?? { code: NO_CODE, reason: "" });
  } catch {
    socket.terminate();
  }
}

const sent = (socket: WebSocket, bytes: Uint8Array, binary: boolean): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.send(bytes, { binary }, (error) => (error ? reject(error) : resolve()));
  });

/** Closes with a code that may stand in a close frame (RFC 6455 §7.4.1). */
function close(socket: WebSocket, { code, reason }: Close): void {
  try {
    if (code === NO_CODE) socket.close();
    else socket.close(code, reason);
  } catch {
    socket.close(GOING_AWAY);
  }
}
