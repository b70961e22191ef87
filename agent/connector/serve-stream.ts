import type { DialTarget } from "../../shared/connector/dial-list.ts";
import { decodeOpenHead } from "../../shared/connector/heads.ts";
import type { TunnelStream } from "../../shared/connector/tunnel-stream.ts";
import { messageOf } from "../failure.ts";
import type { Log } from "../log.ts";
import { dialOf } from "./dial.ts";
import type { Hits } from "./hits.ts";
import { exchangeHttp } from "./http-exchange.ts";
import type { Passes } from "./passes.ts";
import { exchangeSocket } from "./socket-exchange.ts";
import { exchangeTcp } from "./tcp-exchange.ts";

export interface ServeOptions {
  readonly app: string;
  readonly passes: Passes;
  readonly hits: Hits;
  readonly dialList: readonly DialTarget[];
  readonly log: Log;
}

/**
 * Serves a stream that the hub opened. Before anything is dialled, the pass must prove that the gateway allowed exactly
 * this, and this machine's own list must name the upstream. So a hub that was broken into can reach nothing else.
 */
export async function serveStream(
  stream: TunnelStream,
  head: Uint8Array,
  options: ServeOptions,
): Promise<void> {
  const { app, passes, hits, dialList, log } = options;
  const open = decodeOpenHead(head);
  if (!open) return stream.reset("refused", "the head of the request is malformed");
  const { kind, method, target, upstream, pass } = open;
  try {
    const dial = dialOf(upstream, dialList);
    if ((kind === "tcp") !== (dial.scheme === "tcp")) throw new Error(`${upstream} is not for ${kind}`);
    const { rid, sub } = await passes.demand(pass, { app, kind, method, target, upstream });
    if (stream.fault) return;
    hits.note({ decision: rid, app, caller: sub, method });
    if (kind === "http") exchangeHttp(stream, open, dial);
    else if (kind === "socket") exchangeSocket(stream, open, dial);
    else exchangeTcp(stream, dial);
  } catch (error) {
    log.warn(`A request for ${app} is refused: ${messageOf(error)}`);
    stream.reset("refused", messageOf(error));
  }
}
