import { ExpiringMap } from "../../shared/base/bounded-map.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Vouched } from "../session/current-session.ts";

/**
 * What an object vouched for, reused for at most a second by GET and HEAD of sub-resources, so that a page's burst of
 * assets costs one hop. Policies are evaluated on each request all the same; only "this session lives" is reused.
 * Denials are never kept. The key is the cookie as it was sent, so that nothing is hashed for an asset.
 */
const leases = new ExpiringMap<string, Vouched>(5_000);

/** What a page loads by itself: never a navigation, a script's own request, a write or an upgrade. */
const ASSETS = new Set(["audio", "font", "image", "manifest", "script", "style", "track", "video"]);

export function mayLease(request: Request, app: SnapshotApp): boolean {
  return (
    app.settings.leaseMs > 0 &&
    (request.method === "GET" || request.method === "HEAD") &&
    ASSETS.has(request.headers.get("sec-fetch-dest") ?? "")
  );
}

/** A lease is of one app in one segment: where the app moved, its sessions are others. */
const keyOf = (app: SnapshotApp, cookie: string): string => `${app.id} ${app.segmentId} ${cookie}`;

export function leased(app: SnapshotApp, cookie: string): Vouched | null {
  return leases.get(keyOf(app, cookie), Date.now()) ?? null;
}

/** @param askedAt When the session object was asked: what it says may be as old as that. */
export function lease(app: SnapshotApp, cookie: string, vouched: Vouched, askedAt: number): void {
  const leaseMs = Math.min(1_000, app.settings.leaseMs);
  const until = Math.min(askedAt + leaseMs, vouched.session.expiresAt);
  leases.set(keyOf(app, cookie), vouched, until);
}
