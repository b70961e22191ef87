import { refusal } from "../../shared/errors/catalogue.ts";
import {
  type ClientSide,
  forwardableHeaders,
  forwardedHeaders,
  type HeaderList,
  nextVia,
  VIA_HEADER,
} from "../../shared/http/headers.ts";
import { scrubbedResponseHeaders } from "../../shared/http/response.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../env.ts";
import { dialable } from "./dialable.ts";
import { headerFields } from "./header-fields.ts";
import { type RefusalContext, refuse } from "./refusal-response.ts";
import { type Cut, type StreamWatch, UPSTREAM_TIMEOUT } from "./stream-watch.ts";
import { bridgeSockets } from "./websocket.ts";

export interface Forwarding {
  readonly request: Request;
  readonly bindings: Bindings;
  readonly ctx: ExecutionContext;
  readonly app: SnapshotApp;
  /** The app's origin as the browser sees it. */
  readonly origin: string;
  /** Canonical path and query. */
  readonly target: string;
  readonly opensSocket: boolean;
  readonly identity: readonly (readonly [string, string])[];
  readonly clientIp: string | null;
  readonly watch: StreamWatch;
  readonly refusalContext: RefusalContext;
}

/** What one person may see is never kept for the next at the edge (S-31). */
const UNCACHED: RequestInitCfProperties = { cacheTtlByStatus: { "100-599": -1 } };

/** Repeating these changes nothing and needs no body again, so another upstream may be tried. */
const REPEATABLE = new Set(["GET", "HEAD"]);

/** A body of known length that fits into one packet is on its way at once: a cut could take back nothing of it. */
const UNWATCHED_BYTES = 1_200;
/** One of up to this many bytes is watched, but does not keep a session from idling out: nobody looks at its chunks. */
const UNTOUCHED_BYTES = 16_384;

/** Sends the request on, streams the answer back, and cuts both when the watch says so. */
export async function forward(forwarding: Forwarding): Promise<Response> {
  const { request, bindings, app, target, watch } = forwarding;
  const [scheme = "", host = ""] = forwarding.origin.split("://");
  const via = nextVia(request.headers.get(VIA_HEADER), bindings.authOrigin.replace(/^https?:\/\//, ""));
  if (via === null)
    return no(forwarding, "loop_detected", "The application's upstream leads back to this gateway.");
  const headers = upstreamHeaders(forwarding, { ip: forwarding.clientIp, host, scheme }, via);
  watch.startLater(app.settings.upstreamTimeoutMs);
  const upstreams = REPEATABLE.has(request.method) ? app.upstreams : app.upstreams.slice(0, 1);
  for (const upstream of upstreams) {
    const origin = dialable(upstream, app, bindings);
    if (origin === null) continue;
    const response = await ask(forwarding, origin + target, headers);
    if (watch.signal.aborted) return cutBeforeAnswer(forwarding);
    if (response) return answer(forwarding, response, origin);
  }
  return no(forwarding, "upstream_unreachable", "Try again; if it persists, tell the application's owner.");
}

function upstreamHeaders(
  { request, app, identity, opensSocket }: Forwarding,
  client: ClientSide,
  via: string,
): [string, string][] {
  const headers = forwardableHeaders(request.headers, app.settings);
  headers.push(...forwardedHeaders(client), [VIA_HEADER, via]);
  for (const [name, value] of identity) headers.push([name, value]);
  if (opensSocket) headers.push(["upgrade", "websocket"]);
  return headers;
}

/** The upstream's answer, or null when it gave none. */
async function ask(
  { request, watch }: Forwarding,
  url: string,
  headers: [string, string][],
): Promise<Response | null> {
  const body = REPEATABLE.has(request.method) ? null : uploaded(request, watch);
  try {
    const { signal } = watch;
    return await fetch(url, {
      method: request.method,
      headers: headerFields(headers),
      redirect: "manual",
      signal,
      cf: UNCACHED,
      body,
    });
  } catch {
    return null;
  }
}

/** The request's body as it comes, and of the same length; the application's time to answer begins after it. */
function uploaded(request: Request, watch: StreamWatch): ReadableStream | null {
  if (request.body === null) return null;
  const length = request.headers.get("content-length");
  const { readable, writable } = passage(length);
  // Where either side breaks off, the other one is told by the pipe itself.
  request.body
    .pipeThrough(touching(watch))
    .pipeTo(writable, { signal: watch.signal })
    .catch(() => undefined);
  return readable;
}

/** What goes in comes out, and where the length is known, the other side is told it. */
const passage = (length: string | null): IdentityTransformStream =>
  length === null ? new IdentityTransformStream() : new FixedLengthStream(Number(length));

async function answer(forwarding: Forwarding, response: Response, upstreamOrigin: string): Promise<Response> {
  const { request, app, origin, watch, ctx } = forwarding;
  watch.answered();
  const scrubbed = scrubbedResponseHeaders(response.headers, { host: app.host, origin, upstreamOrigin });
  const headers = headerFields(scrubbed);
  if (response.webSocket) {
    await watch.start();
    if (watch.signal.aborted) return cutBeforeAnswer(forwarding);
    return new Response(null, { status: 101, headers, webSocket: bridgeSockets(response.webSocket, watch) });
  }
  if (forwarding.opensSocket) {
    // It was allowed to connect, which is not leave to read a plain answer.
    await response.body?.cancel();
    return no(forwarding, "upstream_unreachable", "The application did not open the connection.");
  }
  const { status, statusText } = response;
  if (status < 200 || status > 599) {
    await response.body?.cancel();
    return no(
      forwarding,
      "upstream_unreachable",
      "The application answered with a status that does not exist; tell its owner.",
    );
  }
  const length = response.headers.get("content-length");
  const isUpTo = (bytes: number) => length !== null && Number(length) <= bytes;
  if (!response.body || request.method === "HEAD" || isUpTo(UNWATCHED_BYTES)) {
    watch.close();
    return new Response(request.method === "HEAD" ? null : response.body, { status, statusText, headers });
  }
  const isEvents = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
  const coding = response.headers.get("content-encoding");
  const body = isUpTo(UNTOUCHED_BYTES) ? response.body : response.body.pipeThrough(touching(watch));
  const readable = cuttable(body, coding === null ? length : null, isEvents, watch, ctx);
  return new Response(readable, {
    status,
    statusText,
    headers: headerFields(headersOfRead(scrubbed, coding)),
  });
}

/**
 * Reading a compressed body undoes these codings, so what is passed on has neither the coding nor its length. The
 * edge compresses anew for the browser; doing it here would hold back what streams.
 */
const UNDONE_BY_READING = new Set(["gzip", "br"]);

function headersOfRead(headers: HeaderList, coding: string | null): HeaderList {
  if (coding === null) return headers;
  const gone = UNDONE_BY_READING.has(coding) ? ["content-length", "content-encoding"] : ["content-length"];
  return headers.filter(([name]) => !gone.includes(name));
}

/**
 * The body, byte for byte as it comes, until it ends or is cut. A cut download must look broken, or half a file would
 * pass for a whole one; events are whole each, so their stream just ends.
 */
function cuttable(
  body: ReadableStream,
  length: string | null,
  isEvents: boolean,
  watch: StreamWatch,
  ctx: ExecutionContext,
): ReadableStream {
  const { readable, writable } = passage(length);
  const { signal } = watch;
  const flowing = body.pipeTo(writable, { signal, preventAbort: isEvents });
  const brokeOff = async (error: unknown) => {
    if (isEvents) await (signal.aborted ? writable.close() : writable.abort(error));
  };
  ctx.waitUntil(
    flowing
      .catch(brokeOff)
      .catch(() => undefined)
      .finally(() => watch.close()),
  );
  return readable;
}

/** Passes everything on, and tells the watch that real traffic flows, so that the session does not idle out. */
function touching(watch: StreamWatch): TransformStream {
  return new TransformStream({
    transform(chunk, controller) {
      watch.touch();
      controller.enqueue(chunk);
    },
  });
}

function cutBeforeAnswer(forwarding: Forwarding): Response {
  const { code, reason } = forwarding.watch.signal.reason as Cut;
  if (reason === UPSTREAM_TIMEOUT)
    return no(forwarding, "upstream_timeout", "Try again; if it persists, tell the application's owner.");
  if (code === 4403) return no(forwarding, "denied_by_policy", "Access changed while this was sent.");
  return no(forwarding, "session_ended", "Sign in again.");
}

function no(
  { request, refusalContext, watch }: Forwarding,
  code: Parameters<typeof refusal>[0],
  detail: string,
): Response {
  watch.close();
  return refuse(request, refusal(code, detail), refusalContext);
}
