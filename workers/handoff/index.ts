import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../env.ts";
import { redeemCode } from "./redeem.ts";
import { refuse } from "./refuse.ts";
import { serveSignOut } from "./sign-out.ts";

/**
 * What the sign-in needs on an app's host (and the hub's): `/.rustronaut/callback` and `/.rustronaut/sign-out`.
 * Everything else below `/.rustronaut/` that the caller does not serve itself is answered 404 here.
 */
export async function serveReserved(
  request: Request,
  app: SnapshotApp,
  bindings: Bindings,
  _ctx: ExecutionContext,
): Promise<Response> {
  const { pathname } = new URL(request.url);
  const reads = request.method === "GET" || request.method === "HEAD";
  switch (pathname) {
    case "/.rustronaut/callback":
      if (request.method !== "GET") return wrongMethod("GET");
      return redeemCode(request, app, bindings);
    case "/.rustronaut/sign-out":
      if (!reads && request.method !== "POST") return wrongMethod("GET, POST");
      return serveSignOut(request, app, bindings);
    default:
      return refuse("not_found", "This address names no page.", {
        retryUrl: "/",
        retryLabel: "Open the app",
      });
  }
}

function wrongMethod(allowed: string): Response {
  return refuse("method_not_allowed", `Use ${allowed}.`, { headers: { Allow: allowed } });
}
