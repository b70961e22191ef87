import { lookup as dnsLookup } from "node:dns";
import type { IncomingMessage, RequestOptions } from "node:http";
import type { LookupFunction } from "node:net";
import { Readable } from "node:stream";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";

/** Seconds of silence before the hub counts as away. Followed streams set no limit once they have begun. */
const SILENCE_MS = 30_000;

/**
 * A small `fetch` over node:http(s) that reaches `*.localhost` at 127.0.0.1 with the right Host header: browsers
 * resolve those names, Node does not (RFC 6761 §6.3). It never follows a redirect, so the token stays with the hub.
 */
export async function localFetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  const body = request.body ? Buffer.from(await request.arrayBuffer()) : null;
  const headers: Record<string, string> = Object.fromEntries(request.headers);
  if (body) headers["content-length"] = String(body.byteLength);
  const answer = await send(new URL(request.url), body, {
    method: request.method,
    headers,
    lookup,
    signal: request.signal,
  });
  return toResponse(answer, request.method);
}

async function send(url: URL, body: Buffer | null, options: RequestOptions): Promise<IncomingMessage> {
  // Each takes as long to load as many commands that call no hub do.
  const { request } = url.protocol === "https:" ? await import("node:https") : await import("node:http");
  return new Promise((resolve, reject) => {
    const outgoing = request(url, options);
    outgoing.setTimeout(SILENCE_MS, () =>
      outgoing.destroy(new Error(`no answer within ${SILENCE_MS / 1000} s`)),
    );
    outgoing.once("error", (error) => reject(unreachable(error)));
    outgoing.once("response", (answer) => {
      outgoing.setTimeout(0);
      resolve(answer);
    });
    outgoing.end(body);
  });
}

/** Refused, no such name, an untrusted certificate, no HTTP: Node's errors for these have no one shape. */
const unreachable = (error: Error): Failure =>
  new Failure(EXIT.unavailable, "The hub can't be reached", {
    detail: error.message || ("code" in error ? String(error.code) : error.name),
    hint: "Check the network and the hub's address, then try again.",
  });

function toResponse(answer: IncomingMessage, method: string): Response {
  const headers = new Headers();
  for (let i = 0; i + 1 < answer.rawHeaders.length; i += 2) {
    headers.append(answer.rawHeaders[i] ?? "", answer.rawHeaders[i + 1] ?? "");
  }
  const status = answer.statusCode ?? 502;
  const hasBody = method !== "HEAD" && status !== 204 && status !== 304;
  if (!hasBody) answer.resume();
  const body = hasBody ? (Readable.toWeb(answer) as ReadableStream<Uint8Array>) : null;
  return new Response(body, { status, statusText: answer.statusMessage ?? "", headers });
}

export const lookup: LookupFunction = (hostname, options, callback) => {
  if (!hostname.endsWith(".localhost")) return dnsLookup(hostname, options, callback);
  if (options.all) return callback(null, [{ address: "127.0.0.1", family: 4 }]);
  return callback(null, "127.0.0.1", 4);
};
