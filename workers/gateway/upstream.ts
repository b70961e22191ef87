import { BoundedMap } from "../../shared/base/bounded-map.ts";
import { checkUpstream } from "../../shared/http/upstream.ts";
import type { UpstreamFault } from "../../shared/http/upstream-fault.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import { type Bindings, networkHosts } from "../platform/env.ts";
import { publicUpstream } from "./public-upstream.ts";

/** One request as an upstream is to get it: what could speak for somebody is out of it, the caller's proof is in. */
export interface Outgoing {
  /** The request that came: its method, and a body that can be sent in no other way. */
  readonly request: Request;
  /** Canonical path and query. */
  readonly target: string;
  readonly headers: readonly [string, string][];
  /** The body as it is to be sent, where the gateway passes it on itself. */
  readonly body: ReadableStream | null;
}

/**
 * Where an app really is: at an origin that the edge dials itself (`public`), or behind an agent that dials it
 * (`connector`). Each kind only carries; what is sent, what comes back and when both end is the same for all.
 */
export interface Upstream {
  readonly kind: "public" | "connector";
  /** The origin under which the upstream knows itself: headers name its resources so, and its answers do. */
  readonly origin: string;
  /**
   * Sends a request and gives what answers it, a WebSocket included; or why nothing did. Never rejects.
   *
   * @param signal Aborted when the exchange is cut: what is open must break off then, in both directions. What a source
   *   says after it goes nowhere, but a silent one that takes no notice would keep the reader's connection open.
   */
  readonly open: (outgoing: Outgoing, signal: AbortSignal) => Promise<Response | UpstreamFault>;
}

const MAX_REMEMBERED = 5_000;
const remembered = new BoundedMap<string, Upstream | null>(MAX_REMEMBERED);

/** The upstreams of an app that may be asked, in order; those that may not be, whatever the registry says, are left out. */
export const upstreamsOf = (app: SnapshotApp, bindings: Bindings): Upstream[] =>
  app.upstreams.map((url) => upstreamAt(url, app, bindings)).filter((upstream) => upstream !== null);

/** The one place that chooses a kind. */
function upstreamAt(url: string, app: SnapshotApp, bindings: Bindings): Upstream | null {
  const key = `${app.host} ${url}`;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const checked = checkUpstream(url, {
    developmentHosts: bindings.developmentHosts,
    ownHosts: [...networkHosts(bindings), app.host],
  });
  const upstream = checked.ok ? publicUpstream(checked.value) : null;
  remembered.set(key, upstream);
  return upstream;
}
