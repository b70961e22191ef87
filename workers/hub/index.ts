import { serveAgentApi } from "../agent-api/index.ts";
import { JWKS_PATH, serveJwks } from "../gateway/jwks.ts";
import type { Bindings } from "../platform/env.ts";
import { hubApp } from "../session/hub-app.ts";
import { serveReserved } from "../session/index.ts";
import { serveApi } from "./api.ts";
import { serveDashboard } from "./dashboard.ts";
import { docsResponse, openApiResponse } from "./docs-page.ts";
import { isDownload, serveDownload } from "./downloads.ts";
import { isOAuth, serveOAuth } from "./oauth/index.ts";
import { isScim, serveScim } from "./scim/index.ts";

/** Where Prometheus looks, and where the API has it. */
const METRICS = { short: "/metrics", full: "/api/v1/metrics" } as const;

/**
 * Serves everything on the hub's host: the agents' API and programs, the admin API and its description, the
 * sign-in of command lines, the return from the sign-in, and the dashboard. `url` is the request's own URL.
 */
export async function serveHub(
  request: Request,
  url: URL,
  bindings: Bindings,
  ctx: ExecutionContext,
): Promise<Response> {
  const { pathname } = url;
  if (pathname.startsWith("/agent/v1/")) return serveAgentApi(request, bindings, url);
  if (isDownload(pathname)) return serveDownload(request, url, bindings);
  const reads = request.method === "GET" || request.method === "HEAD";
  if (reads && pathname === JWKS_PATH) return serveJwks(request, bindings);
  if (reads && pathname === "/api/v1/openapi.json") return openApiResponse();
  if (reads && pathname === "/api/v1/docs") return docsResponse();
  if (isScim(pathname)) return serveScim(request, bindings, ctx);
  if (reads && pathname === METRICS.short)
    return serveApi(new Request(new URL(METRICS.full, url), request), bindings, ctx);
  if (pathname === "/api" || pathname.startsWith("/api/")) return serveApi(request, bindings, ctx);
  const oauth = isOAuth(pathname) ? await serveOAuth(request, url, bindings) : null;
  if (oauth) return oauth;
  if (pathname.startsWith("/.rustronaut/")) return serveReserved(request, hubApp(bindings), bindings, ctx);
  return serveDashboard(request, bindings);
}
