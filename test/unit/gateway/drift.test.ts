import { describe, expect, it } from "vitest";
import { environmentOf } from "../../../shared/access/policy/entities.ts";
import { compilePolicies, decide } from "../../../shared/access/policy/index.ts";
import { Inventory, type Registered } from "../../../shared/access/policy/inventory.ts";
import { CEDAR_SCHEMA } from "../../../shared/access/policy/schema.ts";
import { readQuestion } from "../../../shared/access/question.ts";
import type { Session } from "../../../shared/access/sessions/types.ts";
import { DEFAULT_APP_SETTINGS } from "../../../shared/registry/app-settings.ts";
import type { SnapshotApp } from "../../../shared/registry/snapshot.ts";
import type { Caller } from "../../../workers/gateway/caller.ts";
import { askedBy, judge } from "../../../workers/gateway/judge.ts";
import { randomFrom } from "../../support/random.ts";
import { askCedar, entitiesJson, jsonOf } from "../access/policy/support.ts";
import { device } from "../access/sessions/fixtures.ts";

/** Schema, facts and environment are three descriptions of one request: Cedar itself says whether they agree. */

const REGISTERED: Registered = {
  groupParents: { staff: ["all"], engineering: ["staff"], sales: ["staff"] },
  apps: [
    { app: "wiki", segment: "main", tags: ["docs"] },
    { app: "shop", segment: "outer", tags: [] },
  ],
  segments: ["main", "outer", "empty"],
};
const ACTIONS = ["access", "read", "write", "delete", "connect"];
const GROUPS = ["all", "staff", "engineering", "sales", "foreign"];

const APP: SnapshotApp = {
  ...{
    id: "app_1",
    name: "wiki",
    title: "Wiki",
    host: "wiki.example",
    hosts: ["wiki.example"],
    upstreams: [],
    through: [],
  },
  ...{
    segmentId: "seg_1",
    segmentName: "main",
    tags: ["docs"],
    settings: { ...DEFAULT_APP_SETTINGS, clientCertificates: true },
  },
};

const session = {
  principal: {
    ...{ userId: "usr_1", email: "ann@example.com", emailVerified: true, name: "Ann" },
    groups: ["engineering", "foreign"],
  },
  authentication: { providerId: "idp_1", acr: "gold", amr: ["pwd", "otp"], authTime: 1_700_000_000 },
} as unknown as Session;

const token = { id: "svc_1", name: "robot", groups: ["sales"] };
const CALLERS = {
  user: { kind: "user", session, owner: "o", epoch: 1 },
  "user of whom less is known": {
    ...{ kind: "user", owner: "o", epoch: 1 },
    session: { ...session, authentication: { ...session.authentication, acr: null, amr: [] } },
  },
  service: { kind: "service", token, proof: { kind: "secret", hash: "" }, epoch: 1 },
  "service by a platform": {
    ...{ kind: "service", token, epoch: 1 },
    proof: { kind: "access", access: { claims: ["ref=main", "sub=ci"] } },
  },
  "user on a device": {
    ...{ kind: "user", owner: "o", epoch: 1 },
    session: {
      ...session,
      device: {
        ...{ provenAt: 1_764_000_000_000 - 60_000, sameAddress: true },
        device: device({
          ...{ id: "nod_1", ownerId: "usr_1" },
          stated: [{ source: "intune", fact: "compliant", at: 0, expiresAt: 1_800_000_000_000 }],
        }),
      },
    },
  },
  "user by a program": {
    ...{ kind: "user", owner: "o", epoch: 1 },
    session: { ...session, client: { id: "ocl_1", isRegistered: false } },
  },
  anonymous: { kind: "anonymous", epoch: 1 },
} as unknown as Readonly<Record<string, Caller>>;

/** As Cloudflare states it. */
const CERTIFICATE = {
  ...{ certPresented: "1", certVerified: "SUCCESS", certRevoked: "0", certSerial: "0A1B" },
  ...{
    certFingerprintSHA256: "AB".repeat(32),
    certSubjectDNRFC2253: "CN=build-7",
    certIssuerDNRFC2253: "CN=Acme CA",
  },
};

const REQUESTS = {
  plain: new Request("https://wiki.example/"),
  "one from somewhere": Object.assign(
    new Request("https://wiki.example/", { headers: { "cf-connecting-ip": "2001:DB8::1" } }),
    { cf: { country: "NL", asn: 64_500 } },
  ),
  "one with a certificate": Object.assign(new Request("https://wiki.example/"), {
    cf: { tlsClientAuth: CERTIFICATE },
  }),
  write: new Request("https://wiki.example/", {
    method: "POST",
    headers: { "cf-connecting-ip": "192.0.2.1" },
  }),
  removal: new Request("https://wiki.example/", { method: "DELETE" }),
  handshake: new Request("https://wiki.example/", { headers: { upgrade: "websocket" } }),
};

/** What some of them bring to an MCP server. */
const MESSAGES: Readonly<Record<string, { method: string; tool: string | null }>> = {
  write: { method: "tools/call", tool: "add" },
  removal: { method: "tools/list", tool: null },
};

/** The facts that the gateway judges, for every kind of caller and request. */
const JUDGED = Object.entries(CALLERS).flatMap(([who, caller]) =>
  Object.entries(REQUESTS).map(([what, request]) => {
    const question = readQuestion(askedBy(request, APP), APP, "/a/b");
    if (!question.ok) throw new Error("it is forwarded");
    const snapshot = { policies: compilePolicies([], REGISTERED) } as Parameters<typeof judge>[2];
    const asked = { ...question.value, mcp: MESSAGES[what] ?? null };
    const { facts } = judge(asked, caller, snapshot, 1_764_000_000_123);
    return { who, what, facts };
  }),
);

const uid = (type: string, id: string) => ({ type, id });

/** All that the registry knows, as Cedar would be told it: written down here without our store. */
const KNOWN = [
  ...ACTIONS.map((id) => ({
    ...{ uid: uid("Action", id), attrs: {} },
    parents: id === "access" ? [] : [uid("Action", "access")],
  })),
  ...GROUPS.map((id) => ({
    ...{ uid: uid("Group", id), attrs: {} },
    parents: (REGISTERED.groupParents[id] ?? []).map((parent) => uid("Group", parent)),
  })),
  ...REGISTERED.segments.map((name) => ({ uid: uid("Segment", name), attrs: { name }, parents: [] })),
  ...REGISTERED.apps.map(({ app, segment, tags }) => ({
    uid: uid("App", app),
    attrs: { name: app, tags, segment: { __entity: uid("Segment", segment) } },
    parents: [uid("Segment", segment)],
  })),
];

describe("schema, facts and environment agree", () => {
  it.each(JUDGED)("Cedar accepts the request of $who ($what) as our schema describes it", ({ facts }) => {
    const env = environmentOf(facts, new Inventory(REGISTERED));
    const keys = [
      ...ACTIONS.map((id) => `Action::"${id}`),
      ...GROUPS.map((id) => `Group::"${id}`),
      ...REGISTERED.segments.map((id) => `Segment::"${id}`),
      ...REGISTERED.apps.map(({ app }) => `App::"${app}`),
      env.principal.key,
    ];
    const policy = jsonOf("permit (principal, action, resource);");
    const answer = askCedar(env, entitiesJson(env, keys), { p: policy }, CEDAR_SCHEMA);
    expect(answer).toMatchObject({ type: "success", response: { decision: "allow" } });
  });

  it("P4: decides with what the registry knows as Cedar does, between literals too", () => {
    const random = randomFrom(20_261_130);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    const entity = () =>
      pick([
        () => `Action::"${pick(ACTIONS)}"`,
        () => `Group::"${pick(GROUPS)}"`,
        () => `App::"${pick(["wiki", "shop", "gone"])}"`,
        () => `Segment::"${pick(["main", "outer", "empty", "gone"])}"`,
        () => pick(["principal", "action", "resource"]),
      ])();
    const test = () =>
      pick([
        () => `${entity()} in ${entity()}`,
        () => `${entity()} in [${entity()}, ${entity()}]`,
        () => `App::"${pick(["wiki", "shop", "gone"])}".tags.contains("docs")`,
        () => `App::"${pick(["wiki", "shop"])}".segment == Segment::"outer"`,
        () => `Segment::"${pick(["main", "empty", "gone"])}".name == "main"`,
        () => `${entity()} has name`,
        () => `${entity()} is Group in ${entity()}`,
      ])();
    let allowed = 0;
    for (let n = 0; n < 1_000; n++) {
      const { facts } = pick(JUDGED);
      const env = environmentOf(facts, new Inventory(REGISTERED));
      const source = `permit (principal, action, resource) when { ${test()} } unless { ${test()} };`;
      const policy = jsonOf(source);
      const answer = askCedar(env, [...KNOWN, ...entitiesJson(env, [env.principal.key]).slice(0, 1)], {
        p: policy,
      });
      if (answer.type === "failure") throw new Error(JSON.stringify(answer.errors));
      const ours = decide(compilePolicies([{ id: "p", policy }], REGISTERED), facts);
      expect([ours.decision, ours.erroring.length], source).toEqual([
        answer.response.decision,
        answer.response.diagnostics.errors.length,
      ]);
      if (ours.decision === "allow") allowed++;
    }
    expect(allowed).toBeGreaterThan(50);
  });
});
