import type { AnswerHead } from "../../shared/connector/heads.ts";
import type { TunnelStream } from "../../shared/connector/tunnel-stream.ts";
import { framedLength } from "../../shared/http/representation.ts";

/** Answers with these statuses have no body (Fetch standard §2.2.3). */
const BODILESS = new Set([204, 205, 304]);
/** Headers of one connection (RFC 9110 §7.6.1). They say nothing of the connection to the gateway. */
const OF_CONNECTION = new Set(["connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade"]);

/** The application's answer as an answer of this object. Its body flows as fast as it is read. */
export function answerFrom(stream: TunnelStream, head: AnswerHead, method: string): Response {
  const headers = headersOf(head);
  const init = { status: head.status, headers, encodeBody: "manual" as const };
  if (method === "HEAD" || BODILESS.has(head.status)) {
    void discard(stream);
    return new Response(null, init);
  }
  const length = framedLength(headers);
  headers.delete("transfer-encoding");
  const { readable, writable } =
    length === null ? new IdentityTransformStream() : new FixedLengthStream(length);
  void pump(stream, writable);
  return new Response(readable, init);
}

/** Takes the end of a body that must be empty. */
async function discard(stream: TunnelStream): Promise<void> {
  try {
    if ((await stream.read()) !== null) stream.reset("cancelled");
  } catch {
    // The stream was reset, which ends it as well.
  }
}

function headersOf({ headers }: AnswerHead): Headers {
  const result = new Headers();
  for (const [name, value] of headers) {
    if (!OF_CONNECTION.has(name.toLowerCase()) && !/^x-rustronaut-/i.test(name)) result.append(name, value);
  }
  return result;
}

async function pump(stream: TunnelStream, writable: WritableStream): Promise<void> {
  const writer = writable.getWriter();
  // Whoever reads may leave while the application is silent.
  writer.closed.catch(() => stream.reset("cancelled"));
  try {
    for (;;) {
      const received = await stream.read();
      if (received === null) break;
      await writer.write(received.bytes);
    }
    await writer.close();
  } catch (error) {
    stream.reset("cancelled");
    await writer.abort(error).catch(() => undefined);
  }
}
