import { headersOfRest, isRest, type Resumption, resumptionOf } from "../../shared/connector/resume.ts";
import type { UpstreamFault } from "../../shared/http/upstream-fault.ts";

/** How many times one download may go on elsewhere without a single byte in between. */
const MOST_TRIES = 3;

/** Asks for the rest of a download, with these headers instead of the request's own `Range`. */
type AskForRest = (headers: readonly [string, string][]) => Promise<Response | UpstreamFault>;

/**
 * The answer, with a body that goes on at another agent when the one that sends it is lost. An answer of which the rest
 * can't be had for certain stays as it is.
 */
export function resumable(answer: Response, signal: AbortSignal, askForRest: AskForRest): Response {
  const resumption = answer.body === null ? null : resumptionOf(answer.status, answer.headers);
  if (resumption === null || answer.body === null) return answer;
  const { readable, writable } = new FixedLengthStream(resumption.last - resumption.start + 1);
  void pump(answer.body, writable, resumption, signal, askForRest);
  return new Response(readable, answer);
}

async function pump(
  first: ReadableStream,
  writable: WritableStream,
  resumption: Resumption,
  signal: AbortSignal,
  askForRest: AskForRest,
): Promise<void> {
  const writer = writable.getWriter();
  let received = 0;
  let body: ReadableStream | null = first;
  for (let tries = 0; body !== null && tries < MOST_TRIES; tries++) {
    const before = received;
    const outcome = await copied(body, writer, (bytes) => {
      received += bytes;
    });
    if (outcome !== "source_broke") return;
    if (signal.aborted) break;
    if (received > before) tries = 0;
    body = await rest(resumption, received, askForRest);
  }
  await writer.abort(new Error("the download broke off")).catch(() => undefined);
}

/** Passes a body on. Says whether it is all over, or only this source broke. */
async function copied(
  body: ReadableStream,
  writer: WritableStreamDefaultWriter,
  onBytes: (bytes: number) => void,
): Promise<"over" | "source_broke"> {
  const reader = body.getReader();
  // Whoever reads may leave while the source is silent.
  writer.closed.catch(() => reader.cancel().catch(() => undefined));
  for (;;) {
    const read = await reader.read().catch(() => null);
    if (read === null) return "source_broke";
    try {
      if (read.done) await writer.close();
      else await writer.write(read.value);
    } catch {
      await reader.cancel().catch(() => undefined);
      return "over";
    }
    if (read.done) return "over";
    onBytes(read.value.byteLength);
  }
}

async function rest(
  resumption: Resumption,
  received: number,
  askForRest: AskForRest,
): Promise<ReadableStream | null> {
  const answer = await askForRest(headersOfRest(resumption, received));
  if (!(answer instanceof Response)) return null;
  if (isRest(resumption, received, answer.status, answer.headers)) return answer.body;
  await answer.body?.cancel();
  return null;
}
