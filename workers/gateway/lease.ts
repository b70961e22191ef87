import { ExpiringMap } from "../../shared/base/bounded-map.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Vouched } from "../session/current-session.ts";
import { seenOf } from "../session/seen.ts";

/**
 * A verdict of an object that is reused for at most a second, by GET and HEAD requests of sub-resources. So the many
 * assets of a page cost one call. Policies are still evaluated on each request. Only the fact that the session lives is
 * reused. Denials are never kept. The key is the cookie as the browser sent it, so that no asset costs a hash, and what
 * the request shows of its sender: the object must see a request that comes from somewhere else.
 */
const leases = new ExpiringMap<string, Vouched>(5_000);

/**
 * The destinations of requests that a page makes by itself. A navigation, a request of a script, a write or an upgrade
 * is not among them.
 */
const ASSETS = new Set(["audio", "font", "image", "manifest", "script", "style", "track", "video"]);

export function mayLease(request: Request, app: SnapshotApp): boolean {
  return (
    app.settings.leaseMs > 0 &&
    (request.method === "GET" || request.method === "HEAD") &&
    ASSETS.has(request.headers.get("sec-fetch-dest") ?? "")
  );
}

/** A lease belongs to one host of one app in one segment. When the app moves, its sessions are different ones. */
function keyOf(request: Request, app: SnapshotApp, cookie: string): string {
  const { country, asn, agent } = seenOf(request);
  return `${app.id} ${app.host} ${app.segmentId} ${cookie} ${country} ${asn} ${agent}`;
}

export function leased(request: Request, app: SnapshotApp, cookie: string): Vouched | null {
  return leases.get(keyOf(request, app, cookie), Date.now()) ?? null;
}

/**
 * @param askedAt When the session object was asked. The lease counts from this time, since the answer describes that
 *   moment.
 */
export function lease(
  request: Request,
  app: SnapshotApp,
  cookie: string,
  vouched: Vouched,
  askedAt: number,
): void {
  const leaseMs = Math.min(1_000, app.settings.leaseMs);
  const until = Math.min(askedAt + leaseMs, vouched.session.expiresAt);
  leases.set(keyOf(request, app, cookie), vouched, until);
}
