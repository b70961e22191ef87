import * as z from "zod/mini";
import type { Endpoint } from "../endpoint.ts";
import { listQuery, page } from "../fields.ts";
import * as l from "../logs.ts";
import { logPart, logsQuery } from "../observation.ts";

export const LOG_ENDPOINTS = {
  "logs.read": {
    method: "GET",
    path: "/api/v1/logs",
    role: "auditor",
    summary: "Read the log in its order, oldest first, behind an entry",
    query: z.strictObject(logsQuery),
    response: logPart,
  },
  "logDestinations.list": {
    method: "GET",
    path: "/api/v1/log-destinations",
    role: "auditor",
    summary: "List where the log is sent, and how that went",
    query: z.strictObject(listQuery),
    response: page(l.logDestination),
  },
  "logDestinations.create": {
    method: "POST",
    path: "/api/v1/log-destinations",
    role: "admin",
    summary: "Send the log somewhere; the key of its signatures is in this answer only",
    body: l.logDestinationCreate,
    response: l.logDestinationMade,
    status: 201,
  },
  "logDestinations.get": {
    method: "GET",
    path: "/api/v1/log-destinations/{logDestination}",
    role: "auditor",
    summary: "Show one place that the log is sent to",
    response: l.logDestination,
  },
  "logDestinations.update": {
    method: "PATCH",
    path: "/api/v1/log-destinations/{logDestination}",
    role: "admin",
    summary: "Change where the log is sent, or which part of it",
    body: l.logDestinationUpdate,
    response: l.logDestination,
    ifMatch: true,
  },
  "logDestinations.rotate": {
    method: "POST",
    path: "/api/v1/log-destinations/{logDestination}/rotate",
    role: "admin",
    summary: "Give a destination a new key; the old one signs nothing more",
    response: l.logDestinationMade,
    ifMatch: true,
  },
  "logDestinations.delete": {
    method: "DELETE",
    path: "/api/v1/log-destinations/{logDestination}",
    role: "admin",
    summary: "Send the log there no more",
    response: null,
    ifMatch: true,
  },
} as const satisfies Record<string, Endpoint>;
