import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { lookupWith, resolveName } from "./addresses.ts";
import { nameOfProxy, proxyFor } from "./proxy.ts";

export interface HttpRequest {
  readonly method: "GET" | "POST";
  /** Path and query. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly timeoutMs: number;
  /** The agent stops reading an answer that is longer. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly header: (name: string) => string;
  readonly body: Uint8Array;
}

/** No valid answer of the hub came. */
export class HubAway extends Error {
  override readonly name = "HubAway";
  /** How many milliseconds the hub provably asked the node to wait, or 0. */
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs = 0) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

export type Send = (request: HttpRequest) => Promise<HttpAnswer>;

/** The way to the hub: its addresses, its proxy, and the connections that are kept open. */
export interface Way {
  readonly send: Send;
  /** For another client, such as the WebSocket's. */
  readonly socketOptions: { readonly agent: HttpAgent; readonly lookup: LookupFunction };
  /** The proxy in the form of `nameOfProxy`, or null. */
  readonly proxy: string | null;
  /**
   * Closes all connections. It is called when this machine has other addresses, since packets on the old connections
   * may be lost.
   */
  readonly reset: () => void;
}

/** The host that connections go to first: the proxy's host if there is a proxy, otherwise the origin's host. */
export const firstHostOf = (origin: string): string => (proxyFor(origin) ?? new URL(origin)).hostname;

/**
 * Speaks to one origin over connections that stay open. It follows no redirects and asks for no content encodings, so
 * the bytes that it reads are the bytes that were sent.
 * @throws Failure when the environment names an invalid proxy.
 */
export function wayTo(origin: string, lookup: LookupFunction = lookupName): Way {
  const secure = origin.startsWith("https:");
  const url = proxyFor(origin);
  const proxy = url && nameOfProxy(url);
  const options = {
    keepAlive: true,
    maxSockets: 4,
    scheduling: "lifo" as const,
    lookup,
    // The proxy is chosen only here, so that `proxy` below names the proxy in use.
    ...(url ? { proxyEnv: { HTTP_PROXY: url.href, HTTPS_PROXY: url.href } } : {}),
  };
  const agent = secure ? new HttpsAgent({ ...options, minVersion: "TLSv1.3" }) : new HttpAgent(options);
  const through = proxy === null ? "" : ` through the proxy ${proxy}`;
  const send: Send = ({ method, target, headers = {}, body, timeoutMs, maxBytes, signal }) =>
    new Promise((resolve, reject) => {
      const away = (error: Error) =>
        reject(
          error instanceof HubAway
            ? error
            : new HubAway(`The hub can't be reached${through}: ${error.message}`),
        );
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
        () => outgoing.destroy(new HubAway(`The hub did not answer in time${through}`)),
        timeoutMs,
      );
      outgoing.on("close", () => clearTimeout(timer));
      outgoing.on("error", away);
      outgoing.end(body);
    });
  return { send, socketOptions: { agent, lookup }, proxy, reset: () => agent.destroy() };
}

/** Gives a sender for a few requests. */
export const senderTo = (origin: string): Send => wayTo(origin).send;

const lookupName = lookupWith(resolveName);

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
