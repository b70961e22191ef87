import type { Endpoint } from "../endpoint.ts";
import * as p from "../passkeys.ts";

/** The passkeys of people. Only their owner adds one. */
export const PASSKEY_ENDPOINTS = {
  "passkeys.get": {
    method: "GET",
    path: "/api/v1/users/{user}/passkeys",
    role: "auditor",
    summary: "Show a person's passkeys",
    response: p.passkeys,
  },
  "passkeys.invite": {
    method: "POST",
    path: "/api/v1/users/{user}/passkeys/invite",
    role: "admin",
    summary: "Let a person enrol a first passkey from everywhere, once",
    body: p.passkeyInvite,
    response: p.passkeys,
  },
  "passkeys.reset": {
    method: "DELETE",
    path: "/api/v1/users/{user}/passkeys",
    role: "admin",
    summary: "Remove all passkeys of a person and end their sessions, so that they can add a first one anew",
    response: p.passkeys,
  },
  "passkeys.remove": {
    method: "DELETE",
    path: "/api/v1/users/{user}/passkeys/{passkey}",
    role: "admin",
    summary: "Remove one passkey of a person and end their sessions",
    response: p.passkeys,
  },
} as const satisfies Record<string, Endpoint>;
