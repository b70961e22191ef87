import { BoundedMap } from "../../shared/base/bounded-map.ts";
import { checkUpstream } from "../../shared/http/upstream.ts";
import type { UpstreamFault } from "../../shared/http/upstream-fault.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import { type Bindings, networkHosts } from "../platform/env.ts";
import { connectorUpstream } from "./connector-upstream.ts";
import type { PassFor } from "./pass.ts";
import { publicUpstream } from "./public-upstream.ts";

/**
 * One request in the form in which an upstream gets it: without headers that could speak for somebody, and with the
 * proof of who calls.
 */
export interface Outgoing {
  /** The request that came. It gives the method, and a body that can be sent in no other way. */
  readonly request: Request;
  /** Path and query as the upstream knows them. */
  readonly target: string;
  /** The host to ask for, where the connection can ask for another than the upstream's. Null for the upstream's. */
  readonly host: string | null;
  readonly headers: readonly [string, string][];
  /** The body to send, when the gateway itself passes the body on. */
  readonly body: ReadableStream | null;
  /** Whether the request asks for a WebSocket. */
  readonly opensSocket: boolean;
  /** Signs that this request was allowed, for the agent that is to dial the upstream. */
  readonly pass: PassFor;
}

/**
 * Where an app really runs: at an origin that the edge dials itself (`public`), or behind an agent that dials the app
 * (`connector`). Each kind only carries the exchange. What is sent, what comes back, and when both end is the same for
 * all kinds.
 */
export interface Upstream {
  readonly kind: "public" | "connector";
  /**
   * The origin by which the upstream knows itself. Headers to the upstream and its answers name its resources by this
   * origin.
   */
  readonly origin: string;
  /**
   * Sends a request and gives the answer, which may be a WebSocket, or says why no answer came. Never rejects.
   *
   * @param signal Aborted when the exchange is cut. Then everything that is open must break off, in both directions.
   *   Data that a source sends later goes nowhere. But a silent source that ignores the signal would keep the reader's
   *   connection open.
   */
  readonly open: (outgoing: Outgoing, signal: AbortSignal) => Promise<Response | UpstreamFault>;
  /** Gives what is missing of an answer that broke off. Left out when that can't be had in another way. */
  readonly rest?: (
    outgoing: Outgoing,
    answer: Response,
    received: number,
    signal: AbortSignal,
  ) => Promise<ReadableStream | null>;
}

const MAX_REMEMBERED = 5_000;
const remembered = new BoundedMap<string, Upstream | null>(MAX_REMEMBERED);

/**
 * The upstreams of an app that may be asked, in order. Leaves out those that are forbidden, even when the registry
 * lists them.
 */
export const upstreamsOf = (app: SnapshotApp, bindings: Bindings): Upstream[] =>
  app.upstreams
    .map((url) =>
      app.through.length > 0 ? connectorUpstream(url, app, bindings) : upstreamAt(url, app, bindings),
    )
    .filter((upstream) => upstream !== null);

/** The upstream of a URL that the edge dials. */
function upstreamAt(url: string, app: SnapshotApp, bindings: Bindings): Upstream | null {
  const key = `${app.hosts} ${url}`;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const checked = checkUpstream(url, {
    developmentHosts: bindings.developmentHosts,
    ownHosts: [...networkHosts(bindings), ...app.hosts],
  });
  const upstream = checked.ok ? publicUpstream(checked.value) : null;
  remembered.set(key, upstream);
  return upstream;
}
