import * as z from "zod/mini";
import { DOCUMENT_BYTES } from "../document.ts";
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
  "mesh.difference": {
    method: "POST",
    path: "/api/v1/mesh/difference",
    role: "auditor",
    summary: "Which traffic between which nodes a change of rules would open, and which it would end",
    body: m.differenceAsk,
    bodyBytes: DOCUMENT_BYTES,
    response: m.difference,
    safe: true,
  },
  "mesh.check": {
    method: "GET",
    path: "/api/v1/mesh/check",
    role: "auditor",
    summary: "Rules without effect: shadowed, redundant, contradicted, of nobody, ended, or never hit",
    response: m.checkAnswer,
  },
  "mesh.matrix": {
    method: "GET",
    path: "/api/v1/mesh/matrix",
    role: "auditor",
    summary: "Who reaches whom, by segments or tags",
    query: z.strictObject(m.matrixQuery),
    response: m.matrixAnswer,
  },
} as const satisfies Record<string, Endpoint>;
