import * as z from "zod/mini";
import type { Endpoint } from "../endpoint.ts";
import { listQuery, page, reference, said } from "../fields.ts";
import * as n from "../notifications.ts";

export const NOTIFICATION_ENDPOINTS = {
  "notifications.list": {
    method: "GET",
    path: "/api/v1/notifications",
    role: "auditor",
    summary: "List where notifications are sent, and how that went",
    query: z.strictObject(listQuery),
    response: page(n.notificationDestination),
  },
  "notifications.create": {
    method: "POST",
    path: "/api/v1/notifications",
    role: "admin",
    summary: "Add somewhere to send notifications; a webhook's secret is in this answer only",
    body: n.notificationDestinationCreate,
    response: n.notificationDestinationMade,
    status: 201,
  },
  "notifications.get": {
    method: "GET",
    path: "/api/v1/notifications/{destination}",
    role: "auditor",
    summary: "Show one place that notifications are sent to",
    response: n.notificationDestination,
  },
  "notifications.update": {
    method: "PATCH",
    path: "/api/v1/notifications/{destination}",
    role: "admin",
    summary: "Change where notifications are sent, or of what",
    body: n.notificationDestinationUpdate,
    response: n.notificationDestination,
    ifMatch: true,
  },
  "notifications.rotate": {
    method: "POST",
    path: "/api/v1/notifications/{destination}/rotate",
    role: "admin",
    summary: "Give a webhook a new secret; the old one signs beside it for a while",
    body: n.notificationRotate,
    response: n.notificationDestinationMade,
    ifMatch: true,
  },
  "notifications.test": {
    method: "POST",
    path: "/api/v1/notifications/{destination}/test",
    role: "admin",
    summary: "Send a message now that says that it is a test",
    response: null,
    safe: true,
  },
  "deadLetters.list": {
    method: "GET",
    path: "/api/v1/dead-letters",
    role: "auditor",
    summary: "List notifications that were given up after a day, the newest first",
    query: z.strictObject({
      ...listQuery,
      destination: z.optional(said(reference, "only those of this destination")),
    }),
    response: page(n.deadLetter),
  },
  "deadLetters.resend": {
    method: "POST",
    path: "/api/v1/dead-letters/{deadLetter}/resend",
    role: "admin",
    summary: "Send a notification again that was given up, under the same id",
    response: null,
  },
  "deadLetters.delete": {
    method: "DELETE",
    path: "/api/v1/dead-letters/{deadLetter}",
    role: "admin",
    summary: "Drop a notification that was given up",
    response: null,
  },
  "notifications.delete": {
    method: "DELETE",
    path: "/api/v1/notifications/{destination}",
    role: "admin",
    summary: "Send no more notifications there",
    response: null,
    ifMatch: true,
  },
} as const satisfies Record<string, Endpoint>;
