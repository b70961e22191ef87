import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Verdict } from "../../shared/sessions/types.ts";

type Allowed = Extract<Verdict, { ok: true }>;

/**
 * A session's verdict, reused for at most a second by GET and HEAD of sub-resources, so that a page's burst of assets
 * costs one hop. Policies are evaluated on each request all the same; only "this session lives" is reused. Denials
 * are never kept.
 */
const leases = new Map<string, { readonly until: number; readonly verdict: Allowed }>();
const MAX_LEASES = 5_000;

/** What a page loads by itself: never a navigation, a script's own request, a write or an upgrade. */
const ASSETS = new Set(["audio", "font", "image", "manifest", "script", "style", "track", "video"]);

export function mayLease(request: Request, app: SnapshotApp): boolean {
  return (
    app.settings.leaseMs > 0 &&
    (request.method === "GET" || request.method === "HEAD") &&
    ASSETS.has(request.headers.get("sec-fetch-dest") ?? "")
  );
}

export function leasedVerdict(appId: string, secretHash: string): Allowed | null {
  const lease = leases.get(`${appId} ${secretHash}`);
  return lease && Date.now() < lease.until ? lease.verdict : null;
}

/** @param askedAt When the session object was asked: what it says may be as old as that. */
export function rememberVerdict(
  app: SnapshotApp,
  secretHash: string,
  verdict: Allowed,
  askedAt: number,
): void {
  const leaseMs = Math.min(1_000, app.settings.leaseMs);
  const until = Math.min(askedAt + leaseMs, verdict.session.expiresAt);
  const key = `${app.id} ${secretHash}`;
  leases.delete(key);
  leases.set(key, { until, verdict });
  if (leases.size <= MAX_LEASES) return;
  const [oldest] = leases.keys();
  if (oldest !== undefined) leases.delete(oldest);
}
