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
  "mesh.status": {
    method: "GET",
    path: "/api/v1/mesh/status",
    role: "auditor",
    summary: "The path in use of each pair of nodes, those that nothing passes first",
    query: z.strictObject(p.statusQuery),
    response: p.meshStatus,
  },
  "mesh.health": {
    method: "GET",
    path: "/api/v1/mesh/health",
    role: "auditor",
    summary: "How the mesh is, in figures",
    response: p.meshHealth,
  },
  "mesh.failures": {
    method: "GET",
    path: "/api/v1/mesh/failures",
    role: "auditor",
    summary: "What failed, who says so, and when it ended",
    query: z.strictObject(p.failureQuery),
    response: p.meshFailures,
  },
  "mesh.metrics": {
    method: "GET",
    path: "/api/v1/metrics",
    role: "auditor",
    summary: "The mesh's figures as text for Prometheus; `/metrics` is the same",
    response: "metrics",
  },
} as const satisfies Record<string, Endpoint>;
