import { BoundedMap } from "../../shared/base/bounded-map.ts";
import { checkUpstream } from "../../shared/http/upstream.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import { type Bindings, networkHosts } from "../platform/env.ts";

const MAX_REMEMBERED = 5_000;
const remembered = new BoundedMap<string, string | null>(MAX_REMEMBERED);

/** The origin to dial for an upstream, or null when it may not be dialled, whatever the registry says. */
export function dialable(upstream: string, app: SnapshotApp, bindings: Bindings): string | null {
  const key = `${app.host} ${upstream}`;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const checked = checkUpstream(upstream, {
    developmentHosts: bindings.developmentHosts,
    ownHosts: [...networkHosts(bindings), app.host],
  });
  remembered.set(key, checked.ok ? checked.value : null);
  return checked.ok ? checked.value : null;
}
