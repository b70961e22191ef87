import * as z from "zod/mini";
import type { Endpoint } from "../endpoint.ts";
import * as h from "../history.ts";
import * as s from "../search.ts";

/** Finding things; what they were, who changed them, and who could reach what. */
export const HISTORY_ENDPOINTS = {
  "search.all": {
    method: "GET",
    path: "/api/v1/search",
    role: "auditor",
    summary: "Find people, apps, nodes, groups, policies, sessions, decisions and events by one text",
    query: z.strictObject(s.searchQuery),
    response: s.searchResult,
  },
  "history.list": {
    method: "GET",
    path: "/api/v1/history",
    role: "auditor",
    summary: "Who changed what, when and why, with what it was before, newest first",
    query: z.strictObject(h.historyQuery),
    response: h.historyPage,
  },
  "reach.app": {
    method: "GET",
    path: "/api/v1/reach/apps/{app}",
    role: "auditor",
    summary: "Who can reach an app, or could at a time, and why",
    query: z.strictObject(h.reachQuery),
    response: h.appReach,
  },
  "reach.user": {
    method: "GET",
    path: "/api/v1/reach/users/{user}",
    role: "auditor",
    summary: "What a person can reach, or could at a time, and why",
    query: z.strictObject(h.reachQuery),
    response: h.userReach,
  },
} as const satisfies Record<string, Endpoint>;
