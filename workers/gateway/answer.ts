import type { HeaderList } from "../../shared/http/headers.ts";
import { framedLength, headersOfPassed } from "../../shared/http/representation.ts";
import { scrubbedResponseHeaders } from "../../shared/http/response.ts";
import { faultOfAnswer } from "../../shared/http/upstream-fault.ts";
import { cutBeforeAnswer, type Forwarding, noBecause, noFor } from "./forwarding.ts";
import { headerFields, headerList } from "./header-fields.ts";
import { heartbeat } from "./heartbeat.ts";
import { passage, touching } from "./passage.ts";
import type { StreamWatch } from "./stream-watch.ts";
import { bridgeSockets } from "./websocket.ts";

/** A framed body of up to this length fits into one packet: where it comes as one, nothing flows that could be cut. */
const AT_ONCE_BYTES = 1_200;
/** One of up to this many bytes is watched, but does not keep a session from idling out: nobody looks at its chunks. */
const UNTOUCHED_BYTES = 16_384;
/** Statuses whose answers have no body, whatever was sent (Fetch standard §2.2.3). */
const BODILESS = new Set([204, 205, 304]);
/** What a refused handshake says to the client: why, when to come again, where else, and in which version. */
const OF_REFUSED_SOCKET = new Set(["retry-after", "www-authenticate", "location", "sec-websocket-version"]);

/**
 * Passes the upstream's answer on, and watches what still flows in either direction.
 * @param uploading Settles when the request's body is over; null when it had none.
 */
export async function answer(
  forwarding: Forwarding,
  response: Response,
  upstreamOrigin: string,
  uploading: Promise<void> | null,
): Promise<Response> {
  const { app, origin, watch } = forwarding;
  watch.answered();
  const scrubbed = scrubbedResponseHeaders(headerList(response.headers), {
    host: app.host,
    origin,
    upstreamOrigin,
  });
  if (response.webSocket) {
    await watch.start();
    if (watch.signal.aborted) return cutBeforeAnswer(forwarding);
    const webSocket = bridgeSockets(response.webSocket, watch);
    return new Response(null, { status: 101, headers: headerFields(scrubbed), webSocket });
  }
  const fault = faultOfAnswer(response.status, response.headers.get("server"));
  if (fault || forwarding.opensSocket) await response.body?.cancel();
  if (fault) return noFor(forwarding, fault);
  return forwarding.opensSocket
    ? refusedSocket(forwarding, response, scrubbed)
    : passedOn(forwarding, response, scrubbed, uploading);
}

/** The caller was allowed to connect, which is not leave to read a plain answer: it learns why, and nothing else. */
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

async function passedOn(
  forwarding: Forwarding,
  response: Response,
  scrubbed: HeaderList,
  uploading: Promise<void> | null,
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
    if (watch.signal.aborted) return cutBeforeAnswer(forwarding);
    if (first === null) return noFor(forwarding, "lost");
    if (first.byteLength === length) {
      watch.close();
      return new Response(first, init);
    }
    begun = first;
  }
  const isEvents = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
  const { readable, over } = cuttable(response.body, begun, length, isEvents, watch);
  ctx.waitUntil(Promise.all([over, uploading]).finally(() => watch.close()));
  return new Response(readable, init);
}

/** What comes first of a body, empty where nothing does; null where it breaks off before. */
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
 * The body, byte for byte as it comes, until it ends or is cut. A cut download must look broken, or half a file would
 * pass for a whole one; events are whole each, so their stream just ends.
 * @param begun What was read of it before, or null.
 */
function cuttable(
  upstream: ReadableStream,
  begun: Uint8Array | null,
  length: number | null,
  isEvents: boolean,
  watch: StreamWatch,
): { readonly readable: ReadableStream; readonly over: Promise<void> } {
  const { readable, writable } = passage(length);
  const { signal } = watch;
  const beat = isEvents ? heartbeat() : null;
  const isTouching = length === null || length > UNTOUCHED_BYTES;
  const touched = isTouching ? upstream.pipeThrough(touching(watch)) : upstream;
  const body = beat ? touched.pipeThrough(beat.stream) : touched;
  const brokeOff = async (error: unknown) => {
    if (isEvents) await (signal.aborted ? writable.close() : writable.abort(error));
  };
  const passed = () => body.pipeTo(writable, { signal, preventAbort: isEvents });
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
