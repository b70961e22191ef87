import type { RewrittenHeader } from "../../shared/access/second-resource.ts";
import { isTcpUpstream } from "../../shared/connector/private-upstream.ts";
import { withRules } from "../../shared/http/header-rules.ts";
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
import { type Cut, UPSTREAM_TIMEOUT } from "./stream-watch.ts";
import { uploaded } from "./upload.ts";
import type { Outgoing, Upstream } from "./upstream.ts";
import { noteOutcome } from "./upstream-health.ts";

/** Sends the request to the upstream and streams the answer back. Cuts both when the watch says so. */
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
  if (!forwarding.opensSocket && app.upstreams.some(isTcpUpstream))
    return noBecause(
      forwarding,
      "method_not_allowed",
      `This is a TCP service, no website: open it with \`rustronaut tcp ${app.host}\`.`,
    );
  const hostSetting = app.settings.upstreamHost;
  const upstreamHost = hostSetting === "upstream" ? null : hostSetting === "public" ? host : hostSetting;
  const headers = upstreamHeaders(forwarding, { ip: forwarding.clientIp, host, scheme }, via);
  watch.startLater(app.settings.upstreamTimeoutMs, request);
  const upload = hasMethodWithBody(request) ? uploaded(request, watch) : null;
  let fault: UpstreamFault = "forbidden";
  for (const upstream of tries(forwarding)) {
    const outgoing = {
      request,
      target: forwarding.target,
      host: upstreamHost,
      headers: withOwnHost(headers, forwarding.rewritten, upstream.origin),
      body: upload?.body ?? null,
      opensSocket: forwarding.opensSocket,
      pass: forwarding.pass,
    };
    const asked = await ask(outgoing, upstream, watch.signal);
    const gaveUp = watch.signal.aborted && (watch.signal.reason as Cut).reason === UPSTREAM_TIMEOUT;
    if (gaveUp) noteOutcome(app, upstream, "timeout");
    if (watch.signal.aborted) return cutBeforeAnswer(forwarding);
    noteOutcome(app, upstream, asked instanceof Response ? null : asked);
    if (asked instanceof Response) {
      const { rest } = upstream;
      const askForRest = rest ? (received: number) => rest(outgoing, asked, received, watch.signal) : null;
      return answer(forwarding, asked, upstream.origin, upload?.over ?? null, askForRest);
    }
    fault = asked;
  }
  return noFor(forwarding, fault);
}

/** Whether the request's body would be lost: the run-time forwards a GET or HEAD without its chunked body. */
const isBodyLost = (request: Request): boolean =>
  !hasMethodWithBody(request) && request.headers.get("transfer-encoding") !== null;

/**
 * The upstreams to ask, in turn, until one answers. A repeatable request goes to each upstream a second time, because
 * the upstream may have closed a kept connection in the moment when we used it (RFC 9112 §9.3.1). Any other request
 * goes only to the first upstream.
 */
function tries({ request, upstreams }: Forwarding): readonly Upstream[] {
  return isRepeatable(request) ? [...upstreams, ...upstreams] : upstreams.slice(0, 1);
}

function upstreamHeaders(
  { request, app, variables, identity, opensSocket }: Forwarding,
  client: ClientSide,
  via: string,
): [string, string][] {
  const { settings } = app;
  const sent = forRange(forwardableHeaders(headerList(request.headers), settings));
  const headers = variables ? withRules(sent, settings.requestHeaders, variables) : sent;
  headers.push(...forwardedHeaders(client), [VIA_HEADER, via]);
  if (settings.pathStrip !== "") headers.push(["x-forwarded-prefix", settings.pathStrip]);
  for (const [name, value] of identity) headers.push([name, value]);
  if (opensSocket) headers.push(["upgrade", "websocket"]);
  return headers;
}

/** Puts the upstream's own origin into the headers that name resources, because the upstream knows no other host. */
function withOwnHost(
  headers: [string, string][],
  rewritten: readonly RewrittenHeader[],
  origin: string,
): [string, string][] {
  if (rewritten.length === 0) return headers;
  const values = new Map(rewritten.map(({ name, parts }) => [name, parts.join(origin)]));
  return headers.map(([name, value]) => [name, values.get(name) ?? value]);
}

/**
 * Asks one upstream. When a part of a resource comes in a content coding, asks again for the whole resource, because
 * only the whole resource can be decoded.
 */
async function ask(
  outgoing: Outgoing,
  upstream: Upstream,
  signal: AbortSignal,
): Promise<Response | UpstreamFault> {
  const asked = await upstream.open(outgoing, signal);
  const isUnreadable = asked instanceof Response && asked.status === 206 && isUndoneByReading(asked.headers);
  if (!isUnreadable || !isRepeatable(outgoing.request)) return asked;
  await asked.body?.cancel();
  return upstream.open({ ...outgoing, headers: forWhole(outgoing.headers) }, signal);
}
