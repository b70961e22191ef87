import { type ApprovedRoute, overlapOf, parseRoute } from "../../shared/segments/approved-routes.ts";
import { throwRefusal } from "../platform/refused.ts";
import type { MeshState } from "./state.ts";

/** The approved routes of all nodes except one. */
export async function routesOfOthers(db: D1Database, node: string): Promise<ApprovedRoute[]> {
  const { results } = await db
    .prepare(
      "SELECT n.name AS node, r.prefix FROM node_routes r JOIN nodes n ON n.id = r.node_id WHERE r.node_id <> ?",
    )
    .bind(node)
    .all<ApprovedRoute>();
  return results;
}

/**
 * Checks each prefix by itself and against the routes of every other node. Gives the prefixes without duplicates,
 * sorted.
 */
export function checkRoutes(
  overlay: MeshState["overlay"],
  prefixes: readonly string[],
  others: readonly ApprovedRoute[],
): string[] {
  const routes = [...new Set(prefixes)];
  for (const [at, route] of routes.entries()) {
    const path = `/approvedRoutes/${at}`;
    const parsed = parseRoute(route, overlay);
    if (!parsed.ok) {
      throwRefusal("invalid_input", `${path}: ${parsed.error}.`, {
        issues: [{ path, message: parsed.error }],
      });
    }
    const before = routes.slice(0, at).map((prefix) => ({ node: "this node", prefix }));
    const other = overlapOf(route, [...before, ...others]);
    if (other) {
      const message = `${route} overlaps with ${other.prefix} of ${other.node}`;
      throwRefusal("route_overlaps", `${message}. Withdraw one of the two.`, { issues: [{ path, message }] });
    }
  }
  return routes.sort();
}
