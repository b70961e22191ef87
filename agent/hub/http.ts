import { lookup as dnsLookup } from "node:dns";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";

export interface HttpRequest {
  readonly method: "GET" | "POST";
  /** Path and query. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly timeoutMs: number;
  /** An answer with more is given up while it is read. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly header: (name: string) => string;
  readonly body: Uint8Array;
}

/** The hub did not give an answer that counts. */
export class HubAway extends Error {
  override readonly name = "HubAway";
  /** Milliseconds that the hub provably asked to wait, or 0. */
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs = 0) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

export type Send = (request: HttpRequest) => Promise<HttpAnswer>;

/**
 * Speaks to one origin over kept connections. Redirects are not followed and encodings not asked for: what is read is
 * what was sent, and there is nothing to unpack.
 */
export function senderTo(origin: string): Send {
  const secure = origin.startsWith("https:");
  const options = { keepAlive: true, maxSockets: 4, scheduling: "lifo" as const };
  const agent = secure ? new HttpsAgent({ ...options, minVersion: "TLSv1.3" }) : new HttpAgent(options);
  return ({ method, target, headers = {}, body, timeoutMs, maxBytes, signal }) =>
    new Promise((resolve, reject) => {
      const away = (error: Error) =>
        reject(error instanceof HubAway ? error : new HubAway(`The hub can't be reached: ${error.message}`));
      const outgoing = (secure ? httpsRequest : httpRequest)(
        new URL(target, origin),
        {
          agent,
          method,
          lookup,
          ...(signal ? { signal } : {}),
          headers: {
            accept: "application/json",
            ...headers,
            ...(body ? { "content-length": String(body.length) } : {}),
          },
        },
        (incoming) => void readBounded(incoming, maxBytes).then(resolve, away),
      );
      const timer = setTimeout(
        () => outgoing.destroy(new HubAway("The hub did not answer in time")),
        timeoutMs,
      );
      outgoing.on("close", () => clearTimeout(timer));
      outgoing.on("error", away);
      outgoing.end(body);
    });
}

/** Names below `localhost` that the system does not know are this machine (RFC 6761 §6.3): the hub of `npm start`. */
export const lookup: LookupFunction = (hostname, options, callback) =>
  dnsLookup(hostname, options, (error, ...found) => {
    if (error === null || !hostname.endsWith(".localhost")) callback(error, ...found);
    else if (options.all) callback(null, [{ address: "127.0.0.1", family: 4 }]);
    else callback(null, "127.0.0.1", 4);
  });

async function readBounded(incoming: IncomingMessage, maxBytes: number): Promise<HttpAnswer> {
  const { statusCode: status = 0, headers } = incoming;
  const header = (name: string): string => {
    const value = headers[name];
    return typeof value === "string" ? value : "";
  };
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new HubAway(`The hub's answer has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  if (status >= 300 && status < 400 && status !== 304)
    throw new HubAway(`The hub's address redirects to ${JSON.stringify(header("location").slice(0, 200))}`);
  return { status, header, body: Uint8Array.from(Buffer.concat(chunks)) };
}
