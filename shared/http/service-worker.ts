import type { Sent } from "./navigation.ts";

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
