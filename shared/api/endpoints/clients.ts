import * as z from "zod/mini";
import * as c from "../clients.ts";
import type { Endpoint } from "../endpoint.ts";
import { listQuery, page } from "../fields.ts";

/** Programs that ask people for access to apps (OAuth). */
export const CLIENT_ENDPOINTS = {
  "clients.list": {
    method: "GET",
    path: "/api/v1/clients",
    role: "auditor",
    summary: "List the programs that may ask people for access to apps",
    query: z.strictObject(listQuery),
    response: page(c.oauthClient),
  },
  "clients.create": {
    method: "POST",
    path: "/api/v1/clients",
    role: "admin",
    summary: "Register a program; its id is its `client_id`, and it has no secret",
    body: c.oauthClientCreate,
    response: c.oauthClient,
    status: 201,
  },
  "clients.get": {
    method: "GET",
    path: "/api/v1/clients/{client}",
    role: "auditor",
    summary: "Show a program",
    response: c.oauthClient,
  },
  "clients.update": {
    method: "PATCH",
    path: "/api/v1/clients/{client}",
    role: "admin",
    summary: "Change a program that an administrator registered",
    body: c.oauthClientUpdate,
    response: c.oauthClient,
    ifMatch: true,
  },
  "clients.delete": {
    method: "DELETE",
    path: "/api/v1/clients/{client}",
    role: "admin",
    summary: "Delete a program, and end all sessions that it holds",
    response: null,
    ifMatch: true,
  },
} as const satisfies Record<string, Endpoint>;
