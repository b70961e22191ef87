import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the browser brought back, and the page that answers it. */
export interface Returned {
  readonly query: URLSearchParams;
  readonly show: (title: string, text: string) => void;
}

export interface Loopback {
  readonly redirectUri: string;
  /** The first answer that `isOurs` takes. */
  readonly returned: Promise<Returned>;
  readonly close: () => void;
}

/**
 * Listens on a port of this machine for the browser's return (RFC 8252 §7.3). Any program and any web page can send
 * something there. So what is not ours is refused, and the wait goes on.
 */
export async function listen(isOurs: (query: URLSearchParams) => boolean): Promise<Loopback> {
  const { promise: returned, resolve } = Promise.withResolvers<Returned>();
  // Loaded here, or every command would wait for it.
  const { createServer } = await import("node:http");
  const server = createServer((request, response) => {
    const query = queryOf(request, `127.0.0.1:${(server.address() as AddressInfo).port}`);
    if (query === null || !isOurs(query)) return answer(response, 400, "Nothing is expected here", "");
    resolve({ query, show: (title, text) => answer(response, 200, title, text) });
  });
  await new Promise<void>((done, fail) => {
    server.once("error", fail);
    server.listen(0, "127.0.0.1", done);
  });
  const { port } = server.address() as AddressInfo;
  return {
    redirectUri: `http://127.0.0.1:${port}/callback`,
    returned,
    close: () => {
      server.close();
      server.closeIdleConnections();
    },
  };
}

/** The query of a return. The host must be the one that we gave, or a page could use a name that leads here. */
function queryOf({ method, url = "", headers }: IncomingMessage, host: string): URLSearchParams | null {
  if (method !== "GET" || headers.host !== host || !URL.canParse(url, `http://${host}`)) return null;
  const { pathname, searchParams } = new URL(url, `http://${host}`);
  return pathname === "/callback" ? searchParams : null;
}

/** @param text Our own words: nothing of the request comes into the page. */
function answer(response: ServerResponse, status: number, title: string, text: string): void {
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    connection: "close",
  });
  response.end(
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><h1>${title}</h1><p>${text}</p></html>`,
  );
}
