import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { Body } from "../../../shared/api/endpoints.ts";
import type { DecisionEntry } from "../../../shared/audit/types.ts";
import { newApiToken } from "../../../workers/hub/handlers/api-tokens.ts";
import { auditObject } from "../../../workers/platform/objects.ts";
import { decision } from "../audit/entries.ts";
import { bindings, call, createNetwork } from "../hub/world.ts";
import { applyRegistry } from "../registry.ts";

const STAFF = 'permit (principal in Group::"staff", action, resource == App::"wiki");';
const BOB = 'permit (principal == User::"bob@example.com", action, resource == App::"chat");';
const SHUT = 'forbid (principal, action, resource == App::"wiki");';

const app = (name: string) => ({
  ...{ name, host: `${name}.example.com`, segment: "internal", upstreams: ["https://origin.example.net"] },
});
const NETWORK: Body<"network.plan">["document"] = {
  version: 1,
  segments: [{ name: "internal" }],
  users: [{ email: "ann@example.com", role: "owner" }, { email: "bob@example.com" }],
  groups: [{ name: "staff", users: ["ann@example.com"] }],
  apps: [app("wiki"), app("chat")],
  policies: [
    { name: "staff", source: STAFF },
    { name: "bob", source: BOB },
  ],
};

let token: string;
/** Ann's own token, as `rustronaut login` gives her one. */
let anns: string;
const ids: Record<string, string> = {};

beforeAll(async () => {
  await applyRegistry();
  token = await createNetwork();
  const plan = await call(token, "POST", "/network/plan", { body: { document: NETWORK } });
  const body = { document: NETWORK, baseVersion: plan.json.baseVersion };
  expect((await call(token, "POST", "/network/apply", { body })).status).toBe(200);
  for (const [path, name] of [
    ["users", "ann@example.com"],
    ["users", "bob@example.com"],
    ["apps", "wiki"],
    ["apps", "chat"],
  ] as const)
    ids[name] = String((await call(token, "GET", `/${path}/${name}`)).json.id);
  const { row, secret } = newApiToken(
    { name: "ann", role: "owner", userId: ids["ann@example.com"] ?? "", expiresAt: null },
    1,
  );
  await env.DB.batch([
    env.DB.prepare(
      "INSERT INTO api_tokens (id, name, secret_hash, role, user_id, created_at, updated_at) VALUES (?, 'ann', ?, 'owner', ?, 1, 1)",
    ).bind(row.id, row.secretHash, row.userId),
    env.DB.prepare(
      `INSERT INTO identity_providers (id, name, issuer, client_id, created_at, updated_at)
       VALUES ('idp_1', 'main', 'https://idp.example.net', 'x', 1, 1)`,
    ),
    env.DB.prepare(
      `INSERT INTO identities (id, user_id, provider_id, subject, created_at, updated_at)
       VALUES ('idn_1', ?, 'idp_1', 'ann', 1, 1)`,
    ).bind(row.userId),
  ]);
  anns = secret;
}, 60_000);

let sent = 0;
/** Records requests as the gateway does, a minute apart, up to now. */
async function record(...changes: (Partial<DecisionEntry> & { who?: string; path?: string })[]) {
  const entries = changes.map(({ who = "ann@example.com", path = "/", ...change }, n) => {
    const one = decision(++sent, { at: Date.now() - (changes.length - n) * 60_000, appName: "wiki" });
    const name = change.appName ?? "wiki";
    const groups = who.startsWith("ann") ? ["staff"] : [];
    return {
      ...one,
      appId: ids[name] ?? "",
      facts: {
        ...one.facts,
        now: one.at,
        principal: { ...one.facts.principal, id: ids[who] ?? "", email: who, groups },
        resource: { app: name, segment: "internal", tags: [] },
        request: { method: "GET", host: `${name}.example.com`, path },
      } as DecisionEntry["facts"],
      ...{ determining: ["staff#1"], ...change },
    };
  });
  await auditObject(bindings).append(entries);
}

const replay = (drafts: Body<"policies.replay">["drafts"], more: object = {}) =>
  call(token, "POST", "/policies/replay", { body: { drafts, ...more } });

describe("a replay of recorded decisions", () => {
  it("says which requests a draft would decide otherwise, and when it looked", async () => {
    await record(
      { path: "/admin" },
      {},
      { who: "bob@example.com", decision: "deny", reason: "default_deny", determining: [] },
      { who: "bob@example.com", appName: "chat", determining: ["bob#1"] },
    );
    const closed = `${STAFF}\nforbid (principal, action, resource) when { context.request.path == "/admin" };`;
    const { status, json } = await replay([{ name: "staff", source: closed }]);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      ...{ replayed: 4, newlyDenied: { requests: 1, callers: 1 }, newlyAllowed: { requests: 0, callers: 0 } },
      ...{ stoppedBy: null, decidedOtherwise: 0 },
      flips: [
        {
          ...{ to: "deny", app: "wiki", requests: 1, before: ["staff#1"], after: ["staff#2"] },
          caller: { kind: "user", id: ids["ann@example.com"], name: "ann@example.com" },
          example: { path: "/admin", method: "GET" },
        },
      ],
    });
    expect(Number(json.from)).toBeLessThan(Date.now() - 3 * 60_000);

    const without = await replay([{ name: "bob", source: null }]);
    expect(without.json).toMatchObject({
      newlyDenied: { requests: 1 },
      flips: [{ before: ["bob#1"], after: [] }],
    });
    const open = 'permit (principal, action, resource == App::"wiki");';
    const both = await replay([{ name: "new", source: open }]);
    expect(both.json).toMatchObject({ newlyAllowed: { requests: 1, callers: 1 } });
    const lately = await replay([{ name: "new", source: open }], { since: Date.now() - 90_000 });
    expect(lately.json).toMatchObject({ replayed: 1, newlyAllowed: { requests: 0 } });
  });

  it("reads the log part by part, newest first", async () => {
    for (let batch = 0; batch < 9; batch++)
      await record(...Array.from({ length: 250 }, () => ({ path: "/many" })));
    const { json } = await replay([{ name: "staff", source: null }]);
    expect(json).toMatchObject({
      replayed: 2_254,
      newlyDenied: { requests: 2_252, callers: 1 },
      stoppedBy: null,
    });
    expect(json.flips).toMatchObject([{ requests: 2_252, example: { path: "/many" } }]);
  });

  it("refuses a draft that is not valid, and one replay more than a caller may have at a time", async () => {
    expect((await replay([{ name: "x", source: "permit" }])).json).toMatchObject({ code: "policy_invalid" });
    const two = await Promise.all([1, 2].map(() => replay([{ name: "staff", source: null }])));
    expect(two.map(({ status }) => status).sort()).toEqual([200, 429]);
  });
});

describe("the coverage of policies", () => {
  it("says which policy decided how often, and which never", async () => {
    await call(token, "POST", "/policies", { body: { name: "idle", source: SHUT, enabled: false } });
    await call(token, "POST", "/policies", { body: { name: "draft", source: SHUT, shadow: true } });
    await record({ shadow: { decision: "deny", determining: ["draft#1"] } });
    const { json } = await call(token, "GET", "/policy-coverage");
    const of = (name: string) => (json.policies as { name: string }[]).find((one) => one.name === name);
    expect(of("bob")).toMatchObject({
      decisions: 1,
      statements: [{ id: "bob#1", effect: "permit", decisions: 1 }],
    });
    expect(of("staff")).toMatchObject({ decisions: 2_253 });
    expect(of("idle")).toMatchObject({ decisions: 0, lastAt: null, enabled: false, shadow: false });
    expect(of("draft")).toMatchObject({ decisions: 1, changes: 1, shadow: true });
    const later = await call(token, "GET", `/policy-coverage?since=${Date.now() + 86_400_000}`);
    expect((later.json.policies as { decisions: number }[]).every(({ decisions }) => decisions === 0)).toBe(
      true,
    );
  });
});

const version = async (path: string) => String((await call(token, "GET", path)).json.version);
const change = async (as: string, method: string, path: string, body?: unknown, query = "") =>
  call(as, method, path + query, {
    ...(body === undefined ? {} : { body }),
    headers: { "if-match": `"${await version(path.replace(/\/(versions|rollback)$/, ""))}"` },
  });
const DESPITE = "?despiteLockOut=true";

describe("the lock-out guard", () => {
  it("refuses a person whatever would close an app to everybody, until they insist", async () => {
    const nobody = /Nobody could open the app wiki any more\./;
    const created = await call(anns, "POST", "/policies", { body: { name: "shut", source: SHUT } });
    expect(created).toMatchObject({
      status: 422,
      json: { code: "would_lock_out", issues: [{ code: "lock_out" }], detail: expect.stringMatching(nobody) },
    });
    for (const [method, path, body] of [
      ["DELETE", "/policies/staff", undefined],
      ["PATCH", "/policies/staff", { enabled: false }],
      ["PATCH", "/policies/staff", { shadow: true }],
      ["POST", "/policies/staff/versions", { source: BOB }],
      ["DELETE", "/groups/staff", undefined],
      ["PATCH", "/groups/staff", { name: "team" }],
    ] as const) {
      const { json } = await change(anns, method, path, body);
      expect(json, `${method} ${path}`).toMatchObject({ code: "would_lock_out" });
      expect(json.detail).toMatch(nobody);
    }
    const out = await call(anns, "DELETE", "/groups/staff/members/user/ann@example.com");
    expect(out.json).toMatchObject({ code: "would_lock_out" });
    const document = { ...NETWORK, policies: [{ name: "bob", source: BOB }] };
    const plan = await call(anns, "POST", "/network/plan", { body: { document, prune: true } });
    expect(plan.json).toMatchObject({ code: "would_lock_out" });

    const insisted = await call(anns, "POST", `/policies${DESPITE}`, {
      body: { name: "shut", source: SHUT },
    });
    expect(insisted).toMatchObject({ status: 201, json: { warnings: [{ code: "lock_out" }] } });
    const { rows } = await auditObject(bindings).query({ target: String(insisted.json.id), limit: 1 });
    expect(rows[0]?.entry).toMatchObject({ detail: { lockOuts: [expect.stringMatching(nobody)] } });
    expect((await change(token, "DELETE", "/policies/shut")).status).toBe(204);
  });

  it("tells a program, which can't be asked", async () => {
    const made = await call(token, "POST", "/policies", { body: { name: "shut", source: SHUT } });
    expect(made).toMatchObject({ status: 201, json: { warnings: [{ code: "lock_out" }] } });
    expect((await change(token, "DELETE", "/policies/shut")).status).toBe(204);
    const document = { ...NETWORK, groups: [{ name: "staff", users: ["bob@example.com"] }] };
    const plan = await call(token, "POST", "/network/plan", { body: { document } });
    expect(plan.json).not.toHaveProperty("warnings");
    const nobody = { ...NETWORK, groups: [{ name: "staff", users: [] }] };
    const empty = await call(token, "POST", "/network/plan", { body: { document: nobody } });
    expect(empty.json.warnings).toEqual(["Nobody could open the app wiki any more."]);
  });

  it("knows whose change it is: an app of one's own, one's role, one's provider", async () => {
    const document = { ...NETWORK, groups: [{ name: "staff", users: ["bob@example.com"] }] };
    const plan = await call(anns, "POST", "/network/plan", { body: { document } });
    expect(plan.json.detail).toContain("You could no longer open the app wiki.");
    const hub = "You would lose access to the hub.";
    const demoted = await change(anns, "PATCH", "/users/ann@example.com", { role: null });
    expect(demoted.json).toMatchObject({ code: "would_lock_out" });
    expect(demoted.json.detail).toContain(hub);
    const off = await change(anns, "PATCH", "/identity-providers/main", { enabled: false });
    expect(off.json.detail).toContain(hub);
    // Insisting does not help against the last owner's end.
    const insisted = await change(anns, "PATCH", "/users/ann@example.com", { role: null }, DESPITE);
    expect(insisted).toMatchObject({ status: 409, json: { code: "conflict" } });
  });

  it("does not let the last way of an owner go", async () => {
    await env.DB.prepare("UPDATE api_tokens SET expires_at = 9000000000000 WHERE user_id IS NULL").run();
    const off = await change(anns, "PATCH", "/identity-providers/main", { enabled: false }, DESPITE);
    expect(off.json.detail).toContain("No owner could sign in any more");
    const gone = await change(anns, "DELETE", "/identity-providers/main", undefined, DESPITE);
    expect(gone.json.detail).toContain("No owner could sign in any more");
    await env.DB.prepare("UPDATE api_tokens SET expires_at = NULL WHERE user_id IS NULL").run();
  });
});

describe("a review", () => {
  it("says at once what a publication would meet", async () => {
    const review = (body: Body<"policies.review">) => call(anns, "POST", "/policies/review", { body });
    const test = { name: "t", principal: { kind: "user", user: "ann@example.com" }, app: "wiki" } as const;
    const tests = [{ ...test, method: "GET", path: "/", expect: "allow" as const }];
    const found = await review({ name: "staff", source: SHUT.replace("wiki", "wki"), tests });
    expect(found.json).toMatchObject({
      ...{ current: { version: 1, source: STAFF, enabled: true, shadow: false }, issues: [], tests: 1 },
      warnings: [{ code: "unknown_name" }],
      failures: [{ code: "test_failed" }],
      lockOuts: ["Nobody could open the app wiki any more."],
    });
    expect((await review({ name: "new", source: "permit" })).json).toMatchObject({
      ...{ current: null, lockOuts: [] },
      issues: [expect.objectContaining({ line: 1 })],
    });
    expect((await review({ name: "staff", source: null })).json).toMatchObject({
      lockOuts: ["Nobody could open the app wiki any more."],
    });
  });
});
