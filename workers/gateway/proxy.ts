import type { RewrittenHeader } from "../../shared/access/second-resource.ts";
import {
  type ClientSide,
  forwardableHeaders,
  forwardedHeaders,
  nextVia,
  VIA_HEADER,
} from "../../shared/http/headers.ts";
import { forRange, forWhole, isUndoneByReading } from "../../shared/http/representation.ts";
import type { UpstreamFault } from "../../shared/http/upstream-fault.ts";
import { answer } from "./answer.ts";
import {
  cutBeforeAnswer,
  type Forwarding,
  hasMethodWithBody,
  isRepeatable,
  noBecause,
  noFor,
} from "./forwarding.ts";
import { headerList } from "./header-fields.ts";
import { type Upload, uploaded } from "./upload.ts";
import type { Upstream } from "./upstream.ts";

/** Sends the request on, streams the answer back, and cuts both when the watch says so. */
export async function forward(forwarding: Forwarding): Promise<Response> {
  const { request, bindings, app, watch } = forwarding;
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
  for (const upstream of tries(forwarding)) {
    const asked = await ask(
      forwarding,
      upstream,
      withOwnHost(headers, forwarding.rewritten, upstream.origin),
      upload,
    );
    if (watch.signal.aborted) return cutBeforeAnswer(forwarding);
    if (asked instanceof Response) return answer(forwarding, asked, upstream.origin, upload?.over ?? null);
    fault = asked;
  }
  return noFor(forwarding, fault);
}

/** The run-time forwards a chunked body of GET as none. */
const isBodyLost = (request: Request): boolean =>
  !hasMethodWithBody(request) && request.headers.get("transfer-encoding") !== null;

/**
 * The upstreams to ask, in turn, until one answers. What may be repeated is sent once more to each, since a kept
 * connection may have been closed by the upstream in the moment in which it was used (RFC 9112 §9.3.1).
 */
function tries({ request, upstreams }: Forwarding): readonly Upstream[] {
  return isRepeatable(request) ? [...upstreams, ...upstreams] : upstreams.slice(0, 1);
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

/** Asks; and for the whole where a part came in a coding, which only the whole can be read out of. */
async function ask(
  { request, target, watch }: Forwarding,
  upstream: Upstream,
  headers: [string, string][],
  upload: Upload | null,
): Promise<Response | UpstreamFault> {
  const outgoing = { request, target, headers, body: upload?.body ?? null };
  const asked = await upstream.open(outgoing, watch.signal);
  const isUnreadable = asked instanceof Response && asked.status === 206 && isUndoneByReading(asked.headers);
  if (!isUnreadable || !isRepeatable(request)) return asked;
  await asked.body?.cancel();
  return upstream.open({ ...outgoing, headers: forWhole(headers) }, watch.signal);
}
