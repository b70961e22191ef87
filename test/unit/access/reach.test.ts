import { policyToJson } from "@cedar-policy/cedar-wasm/nodejs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePolicies, decide } from "../../../shared/access/policy/index.ts";
import { ACTIONS, type PrincipalFacts, type RequestFacts } from "../../../shared/access/policy/request.ts";
import { Reachability, type ReachedApp } from "../../../shared/access/reach.ts";
import { drawn, SEED } from "../../support/sample.ts";

const NOW = 1_796_000_000_000;
const app = (name: string, more: Partial<ReachedApp> = {}): ReachedApp => ({
  ...{
    id: `app_${name}`,
    name,
    host: `${name}.example`,
    hosts: [`${name}.example`],
    segmentName: "main",
    tags: [],
    anonymous: false,
  },
  ...more,
});
const user = (name: string, groups: readonly string[] = []): PrincipalFacts => ({
  ...{ type: "User", id: `usr_${name}`, email: `${name}@example.com`, emailVerified: true, name, groups },
});
const ANYONE: PrincipalFacts = { type: "Anonymous" };
const registered = { groupParents: { ops: ["staff"] }, apps: [], segments: ["main"] };

function statements(...sources: string[]) {
  return sources.map((source, i) => {
    const json = policyToJson(source);
    if (json.type === "failure") throw new Error(JSON.stringify(json.errors));
    return { id: `p#${i + 1}`, policy: json.json };
  });
}

const reach = (sources: string[], caller: PrincipalFacts, of = app("wiki")) =>
  new Reachability(statements(...sources), registered, NOW).ofApp(of, [caller])[0]?.actions.read;

const STAFF = `permit (principal in Group::"staff", action, resource == App::"wiki");`;
const NO_ADMIN = `forbid (principal, action, resource) when { context.request.path like "/admin*" };`;
const BY_OTP = `permit (principal, action, resource) when { context has authentication && context.authentication.amr.contains("otp") };`;

describe("who can reach what", () => {
  it("follows groups and what is above them, and says by which statement", () => {
    expect(reach([STAFF], user("ann", ["ops"]))).toEqual({ answer: "yes", by: ["p#1"], unless: [] });
    expect(reach([STAFF], user("bob", ["sales"]))).toEqual({ answer: "no", by: [], unless: [] });
    expect(reach([STAFF], user("ann", ["ops"]), app("chat"))).toMatchObject({ answer: "no" });
  });

  it("depends where a statement turns on what only a request says, and names it", () => {
    expect(reach([STAFF, NO_ADMIN], user("ann", ["ops"]))).toEqual({
      ...{ answer: "depends", by: ["p#1"], unless: ["p#2"] },
    });
    expect(reach([BY_OTP], user("bob"))).toEqual({ answer: "depends", by: [], unless: ["p#1"] });
    // Nobody signs a service token in, so that what it asks of the sign-in is known.
    const token: PrincipalFacts = { type: "ServiceToken", id: "svc_1", name: "ci", groups: [] };
    expect(reach([BY_OTP], token)).toMatchObject({ answer: "no" });
  });

  it("is no where a forbid holds whatever the request says, and for strangers where the app wants a sign-in", () => {
    const locked = `forbid (principal == User::"ann@example.com", action, resource);`;
    expect(reach([STAFF, locked], user("ann", ["ops"]))).toEqual({ answer: "no", by: ["p#2"], unless: [] });
    const open = "permit (principal, action, resource);";
    expect(reach([open], ANYONE)).toMatchObject({ answer: "no" });
    expect(reach([open], ANYONE, app("wiki", { anonymous: true }))).toMatchObject({ answer: "yes" });
  });

  it("knows the time that is asked about", () => {
    const until = `permit (principal, action, resource) when { context.time.now < datetime("2026-11-20T00:00:00Z") };`;
    const at = (now: number) =>
      new Reachability(statements(until), registered, now).ofApp(app("wiki"), [user("ann")])[0]?.answer;
    expect([at(Date.UTC(2026, 10, 19)), at(Date.UTC(2026, 10, 21))]).toEqual(["yes", "no"]);
  });

  it("never says yes or no where the gateway would say otherwise to some request", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom(...SOURCES), { minLength: 1, maxLength: 6 }),
        CALLER,
        REQUEST,
        (sources, caller, request) => {
          const made = statements(...sources);
          const asked: RequestFacts = {
            ...{
              principal: caller,
              resource: { app: "wiki", segment: "main", tags: [] },
              device: null,
              risk: 0,
              now: NOW,
            },
            ...{ action: request.action, network: request.network },
            request: { host: "wiki.example", method: request.method, path: request.path },
            authentication: caller.type === "User" ? request.authentication : null,
          };
          const { decision } = decide(compilePolicies(made, registered), asked);
          const [told] = new Reachability(made, registered, NOW).ofApp(app("wiki", { anonymous: true }), [
            caller,
          ]);
          const { answer } = told?.actions[request.action] ?? { answer: "depends" };
          if (answer !== "depends") expect(decision).toBe(answer === "yes" ? "allow" : "deny");
          const other = new Reachability(made, registered, NOW).ofCaller(caller, [
            app("wiki", { anonymous: true }),
          ]);
          expect(other[0]).toEqual(told);
        },
      ),
      { seed: SEED, numRuns: drawn(500, 20_000) },
    );
  });
});

const SOURCES = [
  STAFF,
  NO_ADMIN,
  BY_OTP,
  "permit (principal, action, resource);",
  `permit (principal == User::"ann@example.com", action == Action::"read", resource);`,
  `permit (principal is ServiceToken, action, resource in Segment::"main");`,
  `forbid (principal, action == Action::"delete", resource) unless { principal in Group::"ops" };`,
  `forbid (principal, action, resource) when { context.request.method == "TRACE" };`,
  `permit (principal, action, resource) when { context.network has country && context.network.country == "CH" };`,
  `forbid (principal, action, resource) when { context.network has ip && !context.network.ip.isInRange(ip("10.0.0.0/8")) };`,
  `permit (principal, action, resource) when { context.request.host == "wiki.example" } when { principal is User };`,
  `permit (principal, action, resource) when { principal is User && principal.emailVerified } unless { context.time.hour > 25 };`,
  `forbid (principal, action, resource) when { context has device };`,
  `forbid (principal, action, resource) when { context.authentication.age > 60 };`,
  `permit (principal, action, resource) when { context.request.path == "/" || true };`,
];
const CALLER = fc.constantFrom<PrincipalFacts>(
  user("ann", ["ops"]),
  user("bob"),
  { type: "ServiceToken", id: "svc_1", name: "ci", groups: ["staff"] },
  ANYONE,
);
const REQUEST = fc.record({
  action: fc.constantFrom(...ACTIONS),
  method: fc.constantFrom("GET", "POST", "TRACE"),
  path: fc.constantFrom("/", "/admin", "/a"),
  network: fc.constantFrom(
    { ip: null, country: null, asn: null },
    { ip: "10.0.0.1", country: "CH", asn: 1 },
    { ip: "192.0.2.1", country: "DE", asn: 2 },
  ),
  authentication: fc.constantFrom(
    { provider: "idp_1", acr: null, amr: [], ageSeconds: 0 },
    { provider: "idp_1", acr: null, amr: ["otp"], ageSeconds: 600 },
  ),
});
