import * as z from "zod/mini";
import type { Endpoint } from "../endpoint.ts";
import * as p from "../mesh-paths.ts";

/** By which paths nodes reach each other. */
export const MESH_PATH_ENDPOINTS = {
  "mesh.paths": {
    method: "GET",
    path: "/api/v1/mesh/paths",
    role: "auditor",
    summary: "The paths between two nodes: what was measured, which one is used and why",
    query: z.strictObject(p.pathsQuery),
    response: p.pathsOfPair,
  },
} as const satisfies Record<string, Endpoint>;
