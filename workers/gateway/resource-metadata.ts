import { describedPath, resourceMetadata } from "../../shared/access/oauth/metadata.ts";
import type { SnapshotApp } from "../../shared/registry/snapshot.ts";
import type { Bindings } from "../platform/env.ts";

/**
 * What an app that takes OAuth clients says of itself, for the whole host or for one path (RFC 9728 §3). Null if the app
 * takes none, or if the request asks for something else: then the path is the application's own.
 *
 * @param path The canonical path.
 */
export function describeResource(
  request: Request,
  app: SnapshotApp,
  origin: string,
  path: string,
  { authOrigin }: Bindings,
): Response | null {
  if (app.settings.oauthClients === "none") return null;
  const described = describedPath(path);
  if (described === null || (request.method !== "GET" && request.method !== "HEAD")) return null;
  return Response.json(resourceMetadata(origin + described, authOrigin, app.title), {
    headers: {
      "cache-control": "public, max-age=300",
      "access-control-allow-origin": "*",
      "x-rustronaut-response": "resource_metadata",
    },
  });
}
