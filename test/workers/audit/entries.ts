import { UNKNOWN_NETWORK } from "../../../shared/access/policy/request.ts";
import type { DecisionEntry, EventEntry } from "../../../shared/audit/types.ts";

/** Entries as the Workers write them, with what a test does not care about filled in. */

export const decision = (n: number, change: Partial<DecisionEntry> = {}): DecisionEntry => ({
  kind: "decision",
  id: `dec_${n}`,
  at: 60_000 * n,
  decision: "allow",
  reason: "policy",
  epoch: 1,
  appId: "app_wiki",
  appName: "wiki",
  sessionId: "ses_1",
  facts: {
    principal: {
      type: "User",
      id: "usr_ann",
      email: "ann@example.com",
      emailVerified: true,
      name: "Ann",
      groups: [],
    },
    action: "read",
    resource: { app: "wiki", segment: "main", tags: [] },
    request: { method: "GET", host: "wiki.example.com", path: "/" },
    network: { ...UNKNOWN_NETWORK, ip: "203.0.113.7", country: "CH", asn: 64_500 },
    authentication: null,
    device: null,
    risk: 0,
    now: 60_000 * n,
  },
  determining: ["allow-wiki#0"],
  erroring: [],
  ...change,
});

export const event = (n: number, change: Partial<EventEntry> = {}): EventEntry => ({
  kind: "admin",
  id: `aud_${n}`,
  at: 60_000 * n,
  actor: "user:usr_ann",
  action: "app.create",
  target: `app_${n}`,
  detail: {},
  ...change,
});
