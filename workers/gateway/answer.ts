import { withCors } from "../../shared/http/cors.ts";
import { withRules } from "../../shared/http/header-rules.ts";
import type { HeaderList } from "../../shared/http/headers.ts";
import { framedLength, headersOfPassed } from "../../shared/http/representation.ts";
import { scrubbedResponseHeaders } from "../../shared/http/response.ts";
import { faultOfAnswer } from "../../shared/http/upstream-fault.ts";
import { cutBeforeAnswer, type Forwarding, noBecause, noFor } from "./forwarding.ts";
import { headerFields, headerList } from "./header-fields.ts";
import { heartbeat } from "./heartbeat.ts";
import { type AskForRest, admit, passage, passedOn } from "./passage.ts";
import type { StreamWatch } from "./stream-watch.ts";
import { bridgeSockets } from "./websocket.ts";

/**
 * A body with a known length of up to this many bytes fits into one packet. When the whole body arrives in one piece,
 * nothing flows any more that could be cut.
 */
const AT_ONCE_BYTES = 1_200;
/**
 * A body with a known length of up to this many bytes is watched, but its chunks are not inspected. So such a body does
 * not keep the session from idling out, and is cut where a longer one would be held.
 */
const UNTOUCHED_BYTES = 16_384;
/** Answers with these statuses have no body, whatever the upstream sent (Fetch standard §2.2.3). */
const BODILESS = new Set([204, 205, 304]);
/**
 * Headers of a refused handshake that the client gets: they say why, when to try again, where to go, and in which
 * version.
 */
const OF_REFUSED_SOCKET = new Set(["retry-after", "www-authenticate", "location", "sec-websocket-version"]);

/**
 * Passes the upstream's answer on, and watches everything that still flows in either direction.
 * @param uploading Settles when the request's body is over. Null when the request had no body.
 * @param askForRest Gives the rest of an answer that breaks off. Null when nobody can.
 */
export async function answer(
  forwarding: Forwarding,
  response: Response,
  upstreamOrigin: string,
  uploading: Promise<void> | null,
  askForRest: AskForRest | null,
): Promise<Response> {
  const { app, origin, variables, watch } = forwarding;
  const { settings } = app;
  const { pathStrip, pathPrefix } = settings;
  watch.answered(response);
  if (!(await watch.mayPass())) return cutBeforeAnswer(forwarding);
  const scrubbed = withCors(
    scrubbedResponseHeaders(
      variables
        ? withRules(headerList(response.headers), settings.responseHeaders, variables)
        : headerList(response.headers),
      { host: app.host, origin, upstreamOrigin, pathStrip, pathPrefix },
    ),
    forwarding.request.headers.get("origin"),
    origin,
    settings,
  );
  if (response.webSocket) {
    await watch.start();
    if (!(await watch.mayPass())) return cutBeforeAnswer(forwarding);
    const webSocket = bridgeSockets(response.webSocket, watch);
    return new Response(null, { status: 101, headers: headerFields(scrubbed), webSocket });
  }
  const fault = faultOfAnswer(response.status, response.headers.get("server"));
  if (fault || forwarding.opensSocket) await response.body?.cancel();
  if (fault) return noFor(forwarding, fault);
  return forwarding.opensSocket
    ? refusedSocket(forwarding, response, scrubbed)
    : answerWithBody(forwarding, response, scrubbed, uploading, askForRest);
}

/**
 * The caller was allowed to open a connection. That does not allow the caller to read a plain answer. So the caller
 * learns why the connection was refused, and nothing else.
 */
function refusedSocket(
  forwarding: Forwarding,
  { status, statusText }: Response,
  scrubbed: HeaderList,
): Response {
  if (status < 300)
    return noBecause(
      forwarding,
      "upstream_malformed",
      "The application did not open the connection. Tell its owner.",
    );
  forwarding.watch.close();
  const headers = headerFields(scrubbed.filter(([name]) => OF_REFUSED_SOCKET.has(name)));
  return new Response(null, { status, statusText, headers });
}

async function answerWithBody(
  forwarding: Forwarding,
  response: Response,
  scrubbed: HeaderList,
  uploading: Promise<void> | null,
  askForRest: AskForRest | null,
): Promise<Response> {
  const { request, watch, ctx } = forwarding;
  const { status, statusText } = response;
  const init = { status, statusText, headers: headerFields(headersOfPassed(scrubbed, response.headers)) };
  const length = framedLength(response.headers);
  const hasBody = response.body !== null && request.method !== "HEAD" && !BODILESS.has(status);
  if (!hasBody) {
    if (uploading === null) watch.close();
    else ctx.waitUntil(uploading.finally(() => watch.close()));
    return new Response(null, init);
  }
  let begun: Uint8Array | null = null;
  if (uploading === null && length !== null && length <= AT_ONCE_BYTES) {
    const first = await firstOf(response.body);
    if (!(await watch.mayPass())) return cutBeforeAnswer(forwarding);
    if (first === null) return noFor(forwarding, "lost");
    watch.flow.note("down", first.byteLength, Date.now());
    if (first.byteLength === length) {
      watch.close();
      return new Response(first, init);
    }
    begun = first;
  }
  const isEvents = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
  const { readable, over } = cuttable(response.body, begun, length, isEvents, watch, askForRest);
  ctx.waitUntil(Promise.all([over, uploading]).finally(() => watch.close()));
  return new Response(readable, init);
}

/**
 * The first chunk of a body. Empty when the body has no bytes, null when the body breaks off before its first chunk.
 */
async function firstOf(body: ReadableStream): Promise<Uint8Array<ArrayBuffer> | null> {
  const reader = body.getReader();
  try {
    return (await reader.read()).value ?? new Uint8Array(0);
  } catch {
    return null;
  } finally {
    reader.releaseLock();
  }
}

/**
 * The body, byte for byte, until it ends or is cut. A cut download must look broken, because half a file would
 * otherwise look like a whole file. An event is always whole, so a cut event stream just ends.
 * @param begun The bytes that were already read from the body, or null.
 */
function cuttable(
  upstream: ReadableStream,
  begun: Uint8Array | null,
  length: number | null,
  isEvents: boolean,
  watch: StreamWatch,
  askForRest: AskForRest | null,
): { readonly readable: ReadableStream; readonly over: Promise<void> } {
  const { readable, writable } = passage(length);
  const { signal } = watch;
  const brokeOff = async (error: unknown) => {
    if (isEvents) await (signal.aborted ? writable.close() : writable.abort(error));
  };
  const isUse = length === null || length > UNTOUCHED_BYTES;
  const telling = { watch, direction: "down", isUse } as const;
  const beat = isEvents ? heartbeat((bytes) => admit(telling, bytes)) : null;
  const passed = () => {
    if (beat) {
      const body = upstream.pipeThrough(beat.stream);
      return body.pipeTo(writable, { signal, preventAbort: true });
    }
    if (isUse || watch.countsAll)
      return passedOn(upstream, writable, telling, begun === null ? askForRest : null);
    watch.isUnstoppable = true;
    return upstream.pipeTo(writable, { signal });
  };
  const over = (begun === null ? passed() : written(writable, begun).then(passed))
    .catch(brokeOff)
    .catch(() => undefined)
    .finally(() => beat?.stop());
  return { readable, over };
}

async function written(writable: WritableStream, bytes: Uint8Array): Promise<void> {
  const writer = writable.getWriter();
  await writer.write(bytes);
  writer.releaseLock();
}
