import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import WebSocket from "ws";
import * as z from "zod";
import { TCP_END, tookText } from "../../shared/connector/tcp-messages.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { lookup } from "../http/fetch.ts";

/** So much may wait to be sent. Then the local side is not read any more. */
const HIGH_WATER = 1024 * 1024;
const TIMEOUT_MS = 20_000;
const ORDERLY = 1000;

export type Connection = WebSocket;

/** One connection to a TCP app, as a WebSocket to the gateway. @throws Failure when the gateway refuses it. */
export function openConnection(app: URL, headers: Readonly<Record<string, string>>): Promise<Connection> {
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
    socket.on("unexpected-response", (_request, response) => {
      // Once the answer is read, nothing else leads to its connection, which would keep this process.
      const { socket: connection } = response;
      void failureOf(response).then((failure) => {
        connection.destroy();
        reject(failure);
      });
    });
    socket.on("error", (error) =>
      reject(new Failure(EXIT.unavailable, "The app can't be reached", { detail: error.message })),
    );
  });
}

/** What a new sign-in changes. */
const SIGN_IN_AGAIN: ReadonlySet<string> = new Set([
  "sign_in_too_old",
  "step_up_required",
  "second_factor_required",
  "read_only",
  "absolute_timeout",
]);

async function failureOf(response: IncomingMessage): Promise<Failure> {
  const status = response.statusCode ?? 0;
  const reason = String(response.headers["x-rustronaut-response"] ?? "");
  const detail = await detailOf(response);
  const [code, what] = refusalOf(status, reason);
  return new Failure(code, what, {
    detail: [`${status} ${reason}`.trim(), detail].filter(Boolean).join(": "),
    ...(SIGN_IN_AGAIN.has(reason) ? { hint: "Run `rustronaut login` again." } : {}),
  });
}

function refusalOf(status: number, reason: string): readonly [ExitCode, string] {
  if (SIGN_IN_AGAIN.has(reason)) return [EXIT.denied, "The gateway wants a new sign-in"];
  if (status === 401) return [EXIT.unauthorised, "The gateway does not know you"];
  return status === 403
    ? [EXIT.denied, "A policy does not allow this"]
    : [EXIT.unavailable, "The app did not answer"];
}

const MOST_PROBLEM_BYTES = 16 * 1024;
const problem = z.object({ detail: z.string() });

/** What a refusal says of itself. Nothing where it is no problem document. */
async function detailOf(response: IncomingMessage): Promise<string> {
  let text = "";
  try {
    for await (const chunk of response.setEncoding("utf8") as AsyncIterable<string>) {
      text += chunk;
      if (text.length > MOST_PROBLEM_BYTES) return "";
    }
    return problem.parse(JSON.parse(text)).detail;
  } catch {
    return "";
  }
}

/**
 * Joins a connection and a local stream. Either side may end first. Resolves when both have ended, with the reason if
 * the gateway cut the connection, or null.
 */
export function join(socket: Connection, local: Duplex): Promise<string | null> {
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
  if (local.destroyed) socket.terminate();
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
