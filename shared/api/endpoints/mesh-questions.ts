import * as z from "zod/mini";
import type { Endpoint } from "../endpoint.ts";
import * as m from "../mesh-questions.ts";

/** Questions about rules between nodes. */
export const MESH_QUESTION_ENDPOINTS = {
  "mesh.why": {
    method: "GET",
    path: "/api/v1/mesh/why",
    role: "auditor",
    summary: "Why a node reaches another, or does not",
    query: z.strictObject(m.whyQuery),
    response: m.whyAnswer,
  },
  "mesh.reach": {
    method: "GET",
    path: "/api/v1/mesh/reach",
    role: "auditor",
    summary: "Who can reach a node, or what a node can reach",
    query: z.strictObject(m.reachQuery),
    response: m.reachAnswer,
  },
} as const satisfies Record<string, Endpoint>;
