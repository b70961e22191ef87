import * as z from "zod/mini";
import type { Endpoint } from "../endpoint.ts";
import { page } from "../fields.ts";
import * as s from "../suggestions.ts";

/** What recorded traffic suggests. */
export const SUGGESTION_ENDPOINTS = {
  "suggestions.make": {
    method: "POST",
    path: "/api/v1/mesh/suggestions",
    role: "admin",
    summary: "Suggest microsegments and rules by the flows that are recorded; replaces the open suggestions",
    body: s.suggestionsMake,
    response: s.suggestionsMade,
  },
  "suggestions.list": {
    method: "GET",
    path: "/api/v1/mesh/suggestions",
    role: "auditor",
    summary: "List suggestions, the surest first",
    query: z.strictObject(s.suggestionQuery),
    response: page(s.suggestion),
  },
  "suggestions.get": {
    method: "GET",
    path: "/api/v1/mesh/suggestions/{suggestion}",
    role: "auditor",
    summary: "Show a suggestion with its evidence",
    response: s.suggestion,
  },
  "suggestions.accept": {
    method: "POST",
    path: "/api/v1/mesh/suggestions/{suggestion}/accept",
    role: "admin",
    summary: "Make what is suggested, as it is or with changes, in one change that `undo` takes back",
    body: s.suggestionAccept,
    response: s.suggestion,
    ifMatch: true,
  },
  "suggestions.reject": {
    method: "POST",
    path: "/api/v1/mesh/suggestions/{suggestion}/reject",
    role: "admin",
    summary: "Turn a suggestion down; it comes back only when much more speaks for it",
    response: s.suggestion,
    ifMatch: true,
  },
  "suggestions.undo": {
    method: "POST",
    path: "/api/v1/mesh/suggestions/{suggestion}/undo",
    role: "admin",
    summary: "Take an accepted suggestion back as a whole, as long as nothing of it was changed since",
    response: s.suggestion,
    ifMatch: true,
  },
  "microsegments.effectiveness": {
    method: "GET",
    path: "/api/v1/mesh/effectiveness",
    role: "auditor",
    summary:
      "How far what microsegments and home segments permit is used, what was tried in vain, and how far a break-in would reach",
    response: s.effectiveness,
  },
} as const satisfies Record<string, Endpoint>;
