import * as z from "zod/mini";
import { connector } from "../connectors.ts";
import type { Endpoint } from "../endpoint.ts";
import { listQuery, page } from "../fields.ts";

/** The agents of private apps. */
export const CONNECTOR_ENDPOINTS = {
  "connectors.list": {
    method: "GET",
    path: "/api/v1/connectors",
    role: "auditor",
    summary: "List private apps with their agents and how these are",
    query: z.strictObject(listQuery),
    response: page(connector),
  },
  "connectors.drain": {
    method: "POST",
    path: "/api/v1/connectors/{app}/{node}/drain",
    role: "admin",
    summary: "Give an agent no new requests of an app; what is open goes on",
    response: connector,
  },
  "connectors.undrain": {
    method: "POST",
    path: "/api/v1/connectors/{app}/{node}/undrain",
    role: "admin",
    summary: "Let an agent have requests of an app again",
    response: connector,
  },
} as const satisfies Record<string, Endpoint>;
