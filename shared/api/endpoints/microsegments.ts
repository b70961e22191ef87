import * as z from "zod/mini";
import type { Endpoint } from "../endpoint.ts";
import { listQuery, page } from "../fields.ts";
import * as m from "../microsegments.ts";

/** Microsegments: named sets of nodes, by criteria. */
export const MICROSEGMENT_ENDPOINTS = {
  "microsegments.list": {
    method: "GET",
    path: "/api/v1/microsegments",
    role: "auditor",
    summary: "List microsegments",
    query: z.strictObject(listQuery),
    response: page(m.microsegment),
  },
  "microsegments.create": {
    method: "POST",
    path: "/api/v1/microsegments",
    role: "admin",
    summary: "Create a microsegment",
    body: m.microsegmentCreate,
    response: m.microsegment,
    status: 201,
  },
  "microsegments.get": {
    method: "GET",
    path: "/api/v1/microsegments/{microsegment}",
    role: "auditor",
    summary: "Show a microsegment",
    response: m.microsegment,
  },
  "microsegments.update": {
    method: "PATCH",
    path: "/api/v1/microsegments/{microsegment}",
    role: "admin",
    summary: "Change a microsegment",
    body: m.microsegmentUpdate,
    response: m.microsegment,
    ifMatch: true,
  },
  "microsegments.delete": {
    method: "DELETE",
    path: "/api/v1/microsegments/{microsegment}",
    role: "admin",
    summary: "Delete a microsegment that no rule names",
    response: null,
    ifMatch: true,
  },
  "microsegments.members": {
    method: "GET",
    path: "/api/v1/microsegments/{microsegment}/members",
    role: "auditor",
    summary: "List the nodes of a microsegment, and why each is in",
    query: z.strictObject(m.memberQuery),
    response: page(m.microsegmentMember),
  },
  "microsegments.why": {
    method: "GET",
    path: "/api/v1/microsegments/{microsegment}/why",
    role: "auditor",
    summary: "Why a node is in a microsegment, or is not",
    query: z.strictObject(m.whyQuery),
    response: m.microsegmentMember,
  },
} as const satisfies Record<string, Endpoint>;
