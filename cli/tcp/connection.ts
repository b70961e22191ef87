import type { Duplex } from "node:stream";
import WebSocket from "ws";
import { TCP_END, tookText } from "../../shared/connector/tcp-messages.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { lookup } from "../http/fetch.ts";

/** So much may wait to be sent. Then the local side is not read any more. */
const HIGH_WATER = 1024 * 1024;
const TIMEOUT_MS = 20_000;
const ORDERLY = 1000;

/** One connection to a TCP app, as a WebSocket to the gateway. @throws Failure when the gateway refuses it. */
export function openConnection(app: URL, headers: Readonly<Record<string, string>>): Promise<WebSocket> {
  const url = new URL(app);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url, {
    headers,
    lookup,
    handshakeTimeout: TIMEOUT_MS,
    perMessageDeflate: false,
  });
  return new Promise((resolve, reject) => {
    socket.on("open", () => resolve(socket));
    socket.on("unexpected-response", (request, response) => {
      request.destroy();
      reject(refused(response.statusCode ?? 0, String(response.headers["x-rustronaut-response"] ?? "")));
    });
    socket.on("error", (error) =>
      reject(new Failure(EXIT.unavailable, "The app can't be reached", { detail: error.message })),
    );
  });
}

function refused(status: number, reason: string): Failure {
  const [code, what] =
    status === 401
      ? [EXIT.unauthorised, "The gateway does not know you"]
      : status === 403
        ? [EXIT.denied, "A policy does not allow this"]
        : [EXIT.unavailable, "The app did not answer"];
  return new Failure(code, what, { detail: `${status} ${reason}`.trim() });
}

/**
 * Joins a connection and a local stream. Either side may end first. Resolves when both have ended, with the reason if
 * the gateway cut the connection, or null.
 */
export function join(socket: WebSocket, local: Duplex): Promise<string | null> {
  let hasLocalEnded = false;
  let hasRemoteEnded = false;
  local.on("data", (chunk: Buffer) => {
    socket.send(chunk, { binary: true }, () => {
      if (socket.bufferedAmount < HIGH_WATER) local.resume();
    });
    if (socket.bufferedAmount >= HIGH_WATER) local.pause();
  });
  local.on("end", () => {
    hasLocalEnded = true;
    if (socket.readyState === WebSocket.OPEN) socket.send(TCP_END);
  });
  local.on("error", () => socket.terminate());
  local.on("close", () => {
    if (!hasLocalEnded) socket.terminate();
  });
  socket.on("message", (data, isBinary) => {
    if (!isBinary) {
      hasRemoteEnded = String(data) === TCP_END;
      if (hasRemoteEnded) local.end();
      return;
    }
    const bytes = data as Buffer;
    // The other side sends more only when this was taken.
    local.write(bytes, () => {
      if (socket.readyState === WebSocket.OPEN) socket.send(tookText(bytes.length));
    });
  });
  return new Promise((resolve) => {
    socket.on("close", (code, reason) => {
      if (!hasRemoteEnded) local.destroy();
      resolve(code === ORDERLY || hasRemoteEnded ? null : `${code} ${reason.toString()}`.trim());
    });
  });
}
