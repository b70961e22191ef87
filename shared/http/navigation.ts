/**
 * What a browser says about how it will use an answer (W3C Fetch Metadata), and what older browsers say
 * instead.
 */

/** The parts of a request that tell how the answer will be used. */
export interface Sent {
  readonly method: string;
  readonly headers: { get(name: string): string | null };
}

/** Whether a browser shows the answer to a person. A person needs a page, a script needs data. */
export function showsPage({ method, headers }: Sent): boolean {
  if (headers.get("upgrade") !== null) return false;
  const mode = headers.get("sec-fetch-mode");
  if (mode !== null) return mode === "navigate" || mode === "nested-navigate";
  // Scripts send `XMLHttpRequest` in this header. An Android WebView sends the name of its application, also
  // on navigations.
  if (/^xmlhttprequest$/i.test(headers.get("x-requested-with") ?? "")) return false;
  return /^(?:GET|HEAD|POST)$/.test(method) && (headers.get("accept")?.includes("text/html") ?? false);
}

/** Whether the page fills a tab or window itself, and is not framed by another page. */
export function isTopLevel({ headers }: Pick<Sent, "headers">): boolean {
  const destination = headers.get("sec-fetch-dest");
  return destination === null || destination === "document";
}

/**
 * Whether the browser only prefetches something that the person hasn't asked for yet (`Sec-Purpose`, or the
 * older `Purpose` and `X-Moz`).
 */
const isAhead = ({ headers }: Sent): boolean =>
  ["sec-purpose", "purpose", "x-purpose", "x-moz"].some((name) =>
    /^(?:prefetch|preview)/i.test(headers.get(name) ?? ""),
  );

/** Whether the browser can go to the sign-in and come back without losing data: a tab that opens a page. */
export function maySignIn(asked: Sent): boolean {
  const reads = asked.method === "GET" || asked.method === "HEAD";
  return reads && showsPage(asked) && isTopLevel(asked) && !isAhead(asked);
}

/**
 * Whether a request is a WebSocket handshake (RFC 6455 §4.1). Any other `Upgrade` is not forwarded. The
 * application then gets a plain request with the same method, so the request is judged as such.
 */
export const opensWebSocket = ({ method, headers }: Sent): boolean =>
  method === "GET" && /^websocket$/i.test(headers.get("upgrade") ?? "");

/**
 * Whether a browser fetches the script of a service worker that may control the whole host. The scope of a
 * script is its own directory, unless `Service-Worker-Allowed` widens it (Service Workers, "Path
 * restriction").
 *
 * @param path The canonical path of the script.
 */
export function isRootServiceWorker({ headers }: Pick<Sent, "headers">, path: string): boolean {
  const isWorker =
    headers.get("service-worker") !== null || headers.get("sec-fetch-dest") === "serviceworker";
  return isWorker && path.lastIndexOf("/") === 0;
}
