import * as z from "zod/mini";
import type { Endpoint } from "../endpoint.ts";
import { listQuery, page } from "../fields.ts";
import * as r from "../risk.ts";

/** The risk of people, as it is set from outside. */
export const RISK_ENDPOINTS = {
  "risk.list": {
    method: "GET",
    path: "/api/v1/risk",
    role: "auditor",
    summary: "List people of whom something speaks for risk",
    query: z.strictObject(listQuery),
    response: page(r.userRisk),
  },
  "risk.get": {
    method: "GET",
    path: "/api/v1/users/{user}/risk",
    role: "auditor",
    summary: "Show a person's risk and what it comes from",
    response: r.userRisk,
  },
  "risk.set": {
    method: "PUT",
    path: "/api/v1/users/{user}/risk",
    role: "admin",
    summary: "Set a person's risk; their open sessions are graded anew within a second",
    body: r.riskSet,
    response: r.userRisk,
  },
  "risk.clear": {
    method: "DELETE",
    path: "/api/v1/users/{user}/risk",
    role: "admin",
    summary: "Take back all that was set about a person's risk",
    response: r.userRisk,
  },
} as const satisfies Record<string, Endpoint>;
