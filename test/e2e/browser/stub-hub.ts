import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, resolve } from "node:path";
import type * as z from "zod/mini";
import type { Endpoint } from "../../../shared/api/endpoint.ts";
import { type Answer, ENDPOINTS, type EndpointId } from "../../../shared/api/endpoints.ts";

/**
 * The built dashboard in front of answers that a test gives: states that a real network takes hours or thousands of
 * machines to reach. Every answer is checked against the schema of its endpoint.
 */

const FILES = resolve(import.meta.dirname, "../../../dist/dashboard");

const TYPES: Readonly<Record<string, string>> = {
  ".sh": "text/plain",
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'";

export interface StubCall {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: never;
}
/** By endpoint; undefined answers 404. */
export type Stubs = { readonly [Id in EndpointId]?: (call: StubCall) => Answer<Id> | undefined };

export interface StubHub {
  readonly origin: string;
  /** Writes that were asked for, as `<endpoint> <body>`. */
  readonly writes: readonly string[];
  close(): void;
}

export async function startStubHub(stubs: Stubs): Promise<StubHub> {
  const writes: string[] = [];
  const server: Server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://hub.localhost");
    let text = "";
    for await (const chunk of request) text += chunk;
    if (!url.pathname.startsWith("/api/")) {
      const file = join(FILES, url.pathname === "/" ? "index.html" : url.pathname.replaceAll("..", ""));
      if (!existsSync(file)) return void response.writeHead(404).end();
      response.writeHead(200, { "content-type": TYPES[extname(file)], "content-security-policy": CSP });
      return void response.end(readFileSync(file));
    }
    const answer = answerTo(stubs, request.method ?? "", url, text, writes);
    response.writeHead(answer === undefined ? 404 : answer === null ? 204 : 200, {
      "content-type": "application/json",
    });
    response.end(answer ? JSON.stringify(answer) : "");
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://hub.localhost:${port}`,
    writes,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function answerTo(stubs: Stubs, method: string, url: URL, text: string, writes: string[]): unknown {
  for (const [id, endpoint] of Object.entries(ENDPOINTS) as [EndpointId, Endpoint][]) {
    const pattern = endpoint.path.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)");
    const match = endpoint.method === method && new RegExp(`^${pattern}$`).exec(url.pathname);
    if (!match) continue;
    if (method !== "GET") writes.push(`${id} ${text}`);
    const call = {
      params: Object.fromEntries(
        Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
      ),
      query: url.searchParams,
      body: (text === "" ? undefined : endpoint.body?.parse(JSON.parse(text))) as never,
    };
    const answer = stubs[id]?.(call);
    if (answer === undefined || answer === null) return answer;
    return (endpoint.response as z.ZodMiniType).parse(answer);
  }
  return undefined;
}
