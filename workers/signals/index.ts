import { SIGNALS, SSF, SSF_CONFIGURATION } from "../../shared/access/signals/paths.ts";
import type { Bindings } from "../platform/env.ts";
import { receiveSignal } from "./receive.ts";
import { serveConfiguration, serveStream } from "./sent/stream.ts";

/** Serves what the auth host has for shared signals. Null for any other address. */
export async function serveSignals(
  request: Request,
  url: URL,
  bindings: Bindings,
  ctx: ExecutionContext,
): Promise<Response | null> {
  const { pathname } = url;
  if (pathname.startsWith(SIGNALS) && request.method === "POST")
    return receiveSignal(request, bindings, ctx, pathname.slice(SIGNALS.length));
  if (pathname.startsWith(SSF)) return serveStream(request, url, bindings, ctx);
  if (pathname === SSF_CONFIGURATION && request.method === "GET") return serveConfiguration(bindings);
  return null;
}
