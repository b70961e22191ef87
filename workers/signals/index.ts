import { SIGNALS } from "../../shared/access/signals/paths.ts";
import type { Bindings } from "../platform/env.ts";
import { receiveSignal } from "./receive.ts";

/** Serves what the auth host has for shared signals. Null for any other address. */
export async function serveSignals(
  request: Request,
  { pathname }: URL,
  bindings: Bindings,
  ctx: ExecutionContext,
): Promise<Response | null> {
  if (pathname.startsWith(SIGNALS) && request.method === "POST")
    return receiveSignal(request, bindings, ctx, pathname.slice(SIGNALS.length));
  return null;
}
