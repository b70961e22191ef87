/** What a browser says about what it does with an answer (W3C Fetch Metadata), and what older ones say instead. */

/** What of a request says what is done with its answer. */
export interface Sent {
  readonly method: string;
  readonly headers: { get(name: string): string | null };
}

/** Whether a browser shows the answer to a person, who then needs a page; a script needs data. */
export function showsPage({ method, headers }: Sent): boolean {
  if (headers.get("upgrade") !== null) return false;
  const mode = headers.get("sec-fetch-mode");
  if (mode !== null) return mode === "navigate" || mode === "nested-navigate";
  // Scripts name `XMLHttpRequest` here; an Android WebView names its application on navigations too.
  if (/^xmlhttprequest$/i.test(headers.get("x-requested-with") ?? "")) return false;
  return /^(?:GET|HEAD|POST)$/.test(method) && (headers.get("accept")?.includes("text/html") ?? false);
}

/** Whether the page is a tab's or a window's own, not one that another page frames. */
export function isTopLevel({ headers }: Pick<Sent, "headers">): boolean {
  const destination = headers.get("sec-fetch-dest");
  return destination === null || destination === "document";
}

/** Whether the browser only fetches ahead what nobody asked for yet (`Sec-Purpose`, and before it `Purpose`, `X-Moz`). */
const isAhead = ({ headers }: Sent): boolean =>
  ["sec-purpose", "purpose", "x-purpose", "x-moz"].some((name) =>
    /^(?:prefetch|preview)/i.test(headers.get(name) ?? ""),
  );

/** Whether the browser can be sent to the sign-in and back without losing anything: a tab that opens a page. */
export function maySignIn(asked: Sent): boolean {
  const reads = asked.method === "GET" || asked.method === "HEAD";
  return reads && showsPage(asked) && isTopLevel(asked) && !isAhead(asked);
}

/**
 * Whether a request is a WebSocket handshake (RFC 6455 §4.1). Any other `Upgrade` is not forwarded, so the request
 * is judged as what then reaches the application: a plain request of its method.
 */
export const opensWebSocket = ({ method, headers }: Sent): boolean =>
  method === "GET" && /^websocket$/i.test(headers.get("upgrade") ?? "");

/**
 * Whether a browser fetches the script of a service worker that may watch over the whole host (Service Workers,
 * "Path restriction": a script's scope is its own directory, unless `Service-Worker-Allowed` widens it).
 *
 * @param path Canonical path of the script.
 */
export function isRootServiceWorker({ headers }: Pick<Sent, "headers">, path: string): boolean {
  const isWorker =
    headers.get("service-worker") !== null || headers.get("sec-fetch-dest") === "serviceworker";
  return isWorker && path.lastIndexOf("/") === 0;
}
