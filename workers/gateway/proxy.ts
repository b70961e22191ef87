import { refusal } from "../../shared/errors/catalogue.ts";
import { forwardableHeaders, forwardedHeaders, nextVia, VIA_HEADER } from "../../shared/http/headers.ts";
import { scrubbedResponseHeaders } from "../../shared/http/response.ts";
import { checkUpstream } from "../../shared/http/upstream.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../env.ts";
import { type RefusalContext, refuse } from "./refusal-response.ts";
import { type Cut, type StreamWatch, WATCH_AFTER_MS } from "./stream-watch.ts";
import { bridgeSockets } from "./websocket.ts";

export interface Forwarding {
  readonly request: Request;
  readonly bindings: Bindings;
  readonly ctx: ExecutionContext;
  readonly app: SnapshotApp;
  /** Canonical path and query. */
  readonly target: string;
  readonly identity: readonly (readonly [string, string])[];
  readonly clientIp: string | null;
  readonly watch: StreamWatch;
  readonly refusalContext: RefusalContext;
}

/** Repeating these changes nothing, so another upstream may be tried. */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS"]);

/** Sends the request on, streams the answer back, and cuts both when the watch says so. */
export async function forward(forwarding: Forwarding): Promise<Response> {
  const { request, bindings, app, target, watch } = forwarding;
  const via = nextVia(request.headers.get(VIA_HEADER), new URL(bindings.authOrigin).host);
  if (via === null)
    return no(forwarding, "loop_detected", "The application's upstream leads back to this gateway.");
  const timer = setTimeout(() => void watch.start(), WATCH_AFTER_MS);
  const headers = upstreamHeaders(forwarding, via);
  const attempts = IDEMPOTENT.has(request.method) ? app.upstreams : app.upstreams.slice(0, 1);
  try {
    for (const upstream of attempts) {
      const checked = checkUpstream(upstream, {
        developmentHosts: bindings.developmentHosts,
        ownHosts: [new URL(bindings.authOrigin).hostname, new URL(bindings.hubOrigin).hostname, app.host],
      });
      if (!checked.ok) continue;
      const response = await ask(forwarding, checked.value + target, headers);
      if (response === "timeout")
        return no(forwarding, "upstream_timeout", "Try again; if it persists, tell the application's owner.");
      if (response !== "failed") return await answer(forwarding, response, checked.value);
      if (watch.signal.aborted) return cutBeforeAnswer(forwarding);
    }
  } finally {
    clearTimeout(timer);
  }
  return no(forwarding, "upstream_unreachable", "Try again; if it persists, tell the application's owner.");
}

function upstreamHeaders({ request, app, identity, clientIp }: Forwarding, via: string): Headers {
  const url = new URL(request.url);
  const headers = new Headers();
  for (const [name, value] of forwardableHeaders(request.headers, {
    methodOverride: app.settings.methodOverride,
  }))
    headers.append(name, value);
  const client = { ip: clientIp, host: url.host, scheme: url.protocol.slice(0, -1) };
  for (const [name, value] of [...forwardedHeaders(client), ...identity]) headers.set(name, value);
  headers.set(VIA_HEADER, via);
  if (app.settings.preserveHost) headers.set("host", url.host);
  if (request.headers.get("upgrade")?.toLowerCase() === "websocket") headers.set("upgrade", "websocket");
  return headers;
}

async function ask(
  { request, app, watch }: Forwarding,
  url: string,
  headers: Headers,
): Promise<Response | "failed" | "timeout"> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), app.settings.upstreamTimeoutMs);
  const hasBody = request.method !== "GET" && request.method !== "HEAD";
  try {
    return await fetch(url, {
      method: request.method,
      headers,
      ...(hasBody ? { body: request.body } : {}),
      redirect: "manual",
      signal: AbortSignal.any([late.signal, watch.signal]),
    });
  } catch {
    return late.signal.aborted ? "timeout" : "failed";
  } finally {
    clearTimeout(timer);
  }
}

async function answer(forwarding: Forwarding, response: Response, upstreamOrigin: string): Promise<Response> {
  const { request, app, watch, ctx } = forwarding;
  const { origin } = new URL(request.url);
  const headers = new Headers();
  for (const [name, value] of scrubbedResponseHeaders(response.headers, {
    host: app.host,
    origin,
    upstreamOrigin,
  })) {
    headers.append(name, value);
  }
  if (response.webSocket) {
    await watch.start();
    if (watch.signal.aborted) return cutBeforeAnswer(forwarding);
    return new Response(null, { status: 101, headers, webSocket: bridgeSockets(response.webSocket, watch) });
  }
  if (watch.signal.aborted) return cutBeforeAnswer(forwarding);
  const init = { status: response.status, statusText: response.statusText, headers };
  if (!response.body || request.method === "HEAD") {
    watch.close();
    return new Response(null, init);
  }
  return new Response(cuttable(response, watch, ctx), init);
}

/** The body, byte for byte as it comes, until it ends or is cut. */
function cuttable(response: Response, watch: StreamWatch, ctx: ExecutionContext): ReadableStream | null {
  if (!response.body) return null;
  const isLive = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
  const timer = setTimeout(() => void watch.start(), isLive ? 0 : WATCH_AFTER_MS);
  const length = response.headers.get("content-length");
  const { readable, writable } =
    length === null ? new IdentityTransformStream() : new FixedLengthStream(Number(length));
  const flowing = response.body.pipeTo(writable, { signal: watch.signal }).then(
    () => undefined,
    () => undefined,
  );
  ctx.waitUntil(
    flowing.then(() => {
      clearTimeout(timer);
      watch.close();
    }),
  );
  return readable;
}

function cutBeforeAnswer(forwarding: Forwarding): Response {
  const { code } = forwarding.watch.signal.reason as Cut;
  const denied = code === 4403;
  return no(
    forwarding,
    denied ? "denied_by_policy" : "session_ended",
    denied ? "Access changed while this was sent." : "Sign in again.",
  );
}

function no(
  { request, refusalContext, watch }: Forwarding,
  code: Parameters<typeof refusal>[0],
  detail: string,
): Response {
  watch.close();
  return refuse(request, refusal(code, detail), refusalContext);
}
