import { BoundedMap } from "../../shared/base/bounded-map.ts";
import type { UpstreamFault } from "../../shared/http/upstream-fault.ts";
import { upstreamsInOrder } from "../../shared/http/upstream-order.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import { logInfo } from "../platform/log.ts";
import type { Upstream } from "./upstream.ts";

/**
 * What this isolate found out about upstreams by asking them. A closed connection that was kept is no news, so one
 * failure counts for nothing.
 */
const REST_AFTER = 2;
const failures = new BoundedMap<string, { readonly count: number; readonly restsUntil: number }>(5_000);

const keyOf = (app: SnapshotApp, { origin }: Upstream) => `${app.id} ${origin}`;

/** Notes whether an upstream answered. Apps with one upstream have no choice, so nothing is noted of theirs. */
export function noteOutcome(app: SnapshotApp, upstream: Upstream, fault: UpstreamFault | null): void {
  if (app.upstreams.length < 2) return;
  const key = keyOf(app, upstream);
  if (fault === null) {
    failures.delete(key);
    return;
  }
  const count = (failures.get(key)?.count ?? 0) + 1;
  const restsUntil = count >= REST_AFTER ? Date.now() + app.settings.upstreamRestSeconds * 1_000 : 0;
  failures.set(key, { count, restsUntil });
  logInfo("upstream_gave_no_answer", { app: app.id, upstream: upstream.origin, fault, count });
}

/** The upstreams in the order in which a request asks them. @param key What decides: the session's id, or a lot. */
export function ordered(app: SnapshotApp, upstreams: readonly Upstream[], key: string): readonly Upstream[] {
  if (upstreams.length < 2) return upstreams;
  const now = Date.now();
  const isResting = (upstream: Upstream) => now < (failures.get(keyOf(app, upstream))?.restsUntil ?? 0);
  return upstreamsInOrder(upstreams, app.upstreams, app.settings, key, isResting);
}
