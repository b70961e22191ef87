import { refusal } from "../../shared/base/errors/catalogue.ts";
import { startPath, upstreamPath } from "../../shared/http/path-rewrite.ts";
import type { Target } from "../../shared/http/target.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import { refusalResponse } from "./refusal-response.ts";

/**
 * The answer for a path that belongs to no path of the app's upstream. Whoever comes to the host itself is led to the
 * app's first page. Null for every other path.
 */
export function misplaced(request: Request, app: SnapshotApp, target: Target): Response | null {
  const path = upstreamPath(target, app.settings);
  if (path === "ambiguous") {
    const detail =
      "The application may read this path as one that nobody judged. Ask for it without `..` and `;`.";
    return refusalResponse(request, refusal("invalid_target", detail), { app });
  }
  if (path !== "outside") return null;
  const start = startPath(app.settings);
  if (request.method === "GET" && (target.path === "/" || `${target.path}/` === start)) {
    const headers = { location: start + target.query, "cache-control": "no-store" };
    return new Response(null, { status: 302, headers });
  }
  return refusalResponse(request, refusal("not_found", `This application's pages are below ${start}.`), {
    app,
  });
}
