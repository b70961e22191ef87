import * as z from "zod/mini";
import type { Endpoint } from "../endpoint.ts";
import { page } from "../fields.ts";
import * as g from "../grants.ts";

/** Requests for access and grants. Whoever is signed in sees their own, and those that they may answer. */
export const GRANT_ENDPOINTS = {
  "grants.list": {
    method: "GET",
    path: "/api/v1/grants",
    role: "signed_in",
    summary: "List requests for access and grants, the newest first",
    query: z.strictObject(g.grantQuery),
    response: page(g.accessGrant),
  },
  "grants.get": {
    method: "GET",
    path: "/api/v1/grants/{grant}",
    role: "signed_in",
    summary: "Show a request for access, with what an approver should know",
    response: g.grantDetail,
  },
  "grants.request": {
    method: "POST",
    path: "/api/v1/grants",
    role: "signed_in",
    summary: "Request access to an app, or let yourself in in an emergency",
    body: g.grantRequest,
    response: g.accessGrant,
    status: 201,
  },
  "grants.approve": {
    method: "POST",
    path: "/api/v1/grants/{grant}/approve",
    role: "signed_in",
    summary: "Approve a request; the last approval that is needed lets the person in",
    body: g.grantAnswer,
    response: g.accessGrant,
  },
  "grants.deny": {
    method: "POST",
    path: "/api/v1/grants/{grant}/deny",
    role: "signed_in",
    summary: "Deny a request",
    body: g.grantAnswer,
    response: g.accessGrant,
  },
  "grants.withdraw": {
    method: "POST",
    path: "/api/v1/grants/{grant}/withdraw",
    role: "signed_in",
    summary: "Take back a request of your own",
    response: g.accessGrant,
  },
  "grants.revoke": {
    method: "POST",
    path: "/api/v1/grants/{grant}/revoke",
    role: "signed_in",
    summary: "End a grant now; open streams are cut",
    response: g.accessGrant,
  },
  "grants.review": {
    method: "POST",
    path: "/api/v1/grants/{grant}/review",
    role: "signed_in",
    summary: "Acknowledge an emergency of somebody else",
    response: g.accessGrant,
  },
} as const satisfies Record<string, Endpoint>;
