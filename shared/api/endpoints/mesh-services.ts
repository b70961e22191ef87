import * as z from "zod/mini";
import type { Endpoint } from "../endpoint.ts";
import { listQuery, page } from "../fields.ts";
import * as m from "../mesh-services.ts";

/** Traffic with a name, for rules between nodes. */
export const MESH_SERVICE_ENDPOINTS = {
  "meshServices.list": {
    method: "GET",
    path: "/api/v1/mesh/services",
    role: "auditor",
    summary: "List services: traffic with a name",
    query: z.strictObject(listQuery),
    response: page(m.meshService),
  },
  "meshServices.create": {
    method: "POST",
    path: "/api/v1/mesh/services",
    role: "admin",
    summary: "Give traffic a name, for rules",
    body: m.meshServiceCreate,
    response: m.meshService,
    status: 201,
  },
  "meshServices.get": {
    method: "GET",
    path: "/api/v1/mesh/services/{meshService}",
    role: "auditor",
    summary: "Show a service",
    response: m.meshService,
  },
  "meshServices.update": {
    method: "PATCH",
    path: "/api/v1/mesh/services/{meshService}",
    role: "admin",
    summary: "Change a service, and with it the rules that name it",
    body: m.meshServiceUpdate,
    response: m.meshService,
    ifMatch: true,
  },
  "meshServices.delete": {
    method: "DELETE",
    path: "/api/v1/mesh/services/{meshService}",
    role: "admin",
    summary: "Delete a service that no rule names",
    response: null,
    ifMatch: true,
  },
} as const satisfies Record<string, Endpoint>;
