import * as z from "zod/mini";
import type { Endpoint } from "../endpoint.ts";
import * as p from "../policy-life.ts";

/** What is asked about a policy before it changes, and afterwards. */
export const POLICY_LIFE_ENDPOINTS = {
  "policies.review": {
    method: "POST",
    path: "/api/v1/policies/review",
    role: "auditor",
    summary: "What a change of a policy would do: problems, warnings, failing tests, who is locked out",
    body: p.policyReview,
    response: p.policyReviewed,
    safe: true,
  },
  "policies.replay": {
    method: "POST",
    path: "/api/v1/policies/replay",
    role: "auditor",
    summary: "Which recorded requests would be decided otherwise with these drafts",
    body: p.policyReplay,
    response: p.policyReplayed,
    safe: true,
  },
  "policies.coverage": {
    method: "GET",
    path: "/api/v1/policy-coverage",
    role: "auditor",
    summary: "How many decisions each policy determined, and which determined none",
    query: z.strictObject(p.coverageQuery),
    response: p.policyCoverage,
  },
} as const satisfies Record<string, Endpoint>;
