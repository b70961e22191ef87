import type { RewrittenHeader } from "../../shared/access/second-resource.ts";
import {
  type ClientSide,
  forwardableHeaders,
  forwardedHeaders,
  nextVia,
  VIA_HEADER,
} from "../../shared/http/headers.ts";
import { forRange, forWhole, isUndoneByReading } from "../../shared/http/representation.ts";
import { faultOfError, type UpstreamFault } from "../../shared/http/upstream-fault.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../platform/env.ts";
import { answer } from "./answer.ts";
import { dialable } from "./dialable.ts";
import { cutBeforeAnswer, type Forwarding, isRepeatable, noBecause, noFor } from "./forwarding.ts";
import { headerFields, headerList } from "./header-fields.ts";
import { type Upload, uploaded } from "./upload.ts";

/** What one person may see is never kept for the next at the edge (S-31). */
const UNCACHED: RequestInitCfProperties = { cacheTtlByStatus: { "100-599": -1 } };

/** Sends the request on, streams the answer back, and cuts both when the watch says so. */
export async function forward(forwarding: Forwarding): Promise<Response> {
  const { request, bindings, app, target, watch } = forwarding;
  const [scheme = "", host = ""] = forwarding.origin.split("://");
  const via = nextVia(request.headers.get(VIA_HEADER), bindings.authOrigin.replace(/^https?:\/\//, ""));
  if (via === null)
    return noBecause(forwarding, "loop_detected", "The application's upstream leads back to this gateway.");
  if (isBodyLost(request))
    return noBecause(
      forwarding,
      "body_not_forwarded",
      "A body of GET or HEAD is forwarded only with a Content-Length. Send it with one, or by POST.",
    );
  const headers = upstreamHeaders(forwarding, { ip: forwarding.clientIp, host, scheme }, via);
  watch.startLater(app.settings.upstreamTimeoutMs, request);
  const upload = hasMethodWithBody(request) ? uploaded(request, watch) : null;
  let fault: UpstreamFault = "forbidden";
  for (const origin of tries(request, app, bindings)) {
    const asked = await askFor(
      forwarding,
      origin + target,
      withOwnHost(headers, forwarding.rewritten, origin),
      upload,
    );
    if (watch.signal.aborted) return cutBeforeAnswer(forwarding);
    if (asked instanceof Response) return answer(forwarding, asked, origin, upload?.over ?? null);
    fault = asked;
  }
  return noFor(forwarding, fault);
}

/** Methods with which the run-time sends a body that we made; with the others only one that came with the request. */
const hasMethodWithBody = ({ method }: Request): boolean => method !== "GET" && method !== "HEAD";

/** The run-time forwards a chunked body of GET as none. */
const isBodyLost = (request: Request): boolean =>
  !hasMethodWithBody(request) && request.headers.get("transfer-encoding") !== null;

/**
 * The origins to ask, in turn, until one answers. What may be repeated is sent once more to each, since a kept
 * connection may have been closed by the upstream in the moment in which it was used (RFC 9112 §9.3.1).
 */
function tries(request: Request, app: SnapshotApp, bindings: Bindings): string[] {
  const origins = app.upstreams
    .map((upstream) => dialable(upstream, app, bindings))
    .filter((origin) => origin !== null);
  return isRepeatable(request) ? [...origins, ...origins] : origins.slice(0, 1);
}

function upstreamHeaders(
  { request, app, identity, opensSocket }: Forwarding,
  client: ClientSide,
  via: string,
): [string, string][] {
  const headers = forRange(forwardableHeaders(headerList(request.headers), app.settings));
  headers.push(...forwardedHeaders(client), [VIA_HEADER, via]);
  for (const [name, value] of identity) headers.push([name, value]);
  if (opensSocket) headers.push(["upgrade", "websocket"]);
  return headers;
}

/** The headers that name resources name them by the upstream's own host, since it knows no other. */
function withOwnHost(
  headers: [string, string][],
  rewritten: readonly RewrittenHeader[],
  origin: string,
): [string, string][] {
  if (rewritten.length === 0) return headers;
  const values = new Map(rewritten.map(({ name, parts }) => [name, parts.join(origin)]));
  return headers.map(([name, value]) => [name, values.get(name) ?? value]);
}

/** As `ask`; and for the whole where a part came in a coding, which only the whole can be read out of. */
async function askFor(
  forwarding: Forwarding,
  url: string,
  headers: readonly [string, string][],
  upload: Upload | null,
): Promise<Response | UpstreamFault> {
  const asked = await ask(forwarding, url, headers, upload);
  const isUnreadable = asked instanceof Response && asked.status === 206 && isUndoneByReading(asked.headers);
  if (!isUnreadable || !isRepeatable(forwarding.request)) return asked;
  await asked.body?.cancel();
  return ask(forwarding, url, forWhole(headers), upload);
}

async function ask(
  { request, watch }: Forwarding,
  url: string,
  headers: readonly [string, string][],
  upload: Upload | null,
): Promise<Response | UpstreamFault> {
  const init = {
    headers: headerFields(headers),
    redirect: "manual",
    signal: watch.signal,
    cf: UNCACHED,
  } as const;
  try {
    if (hasMethodWithBody(request) || isRepeatable(request))
      return await fetch(url, { ...init, method: request.method, body: upload?.body ?? null });
    // The body of GET or HEAD stays where it is, in a request made from the one that came.
    return await fetch(new Request(new Request(url, request), init));
  } catch (error) {
    return faultOfError(error);
  }
}
