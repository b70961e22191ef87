import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localRequest } from "../../../scripts/local/http.ts";
import { mintToken } from "../../../shared/api/tokens.ts";
import { type Attacker, signIn } from "../../support/attack.ts";
import { closeServer, freePort, type System, startSystem } from "../../support/harness.ts";
import { otherThan } from "../../support/secrets.ts";
import { openDownload } from "../../support/streams.ts";
import { startTokenProvider, type WorkloadIssuer, workloadIssuer } from "../../support/workload-issuer.ts";

let system: System;
let alice: Attacker;
let secret: string;
let tokenId: string;
let provider: Awaited<ReturnType<typeof startTokenProvider>>;
beforeAll(async () => {
  const issuerPort = await freePort();
  system = await startSystem({
    developmentHosts: [`127.0.0.1:${issuerPort}`],
    policies: [
      { name: "people", source: `permit (principal in Group::"engineering", action, resource);` },
      { name: "ci", source: `permit (principal == ServiceToken::"ci", action, resource == App::"app");` },
      {
        name: "pipeline",
        source: `permit (principal == ServiceToken::"pipeline", action, resource == App::"app")
when { principal.claims.contains("ref=refs/heads/main") };
permit (principal in Group::"robots", action, resource == App::"app");`,
      },
    ],
  });
  provider = await startTokenProvider(issuerPort, system.authOrigin);
  alice = await signIn(system);
  const { data } = await system.admin.call("serviceTokens.create", { body: { name: "ci" } });
  secret = data.secret ?? "";
  tokenId = data.serviceToken.id;
});
afterAll(async () => {
  closeServer(provider.server);
  await system.stop();
});

async function call(headers: Record<string, string>, origin = system.appOrigin) {
  system.upstream.reset();
  const response = await localRequest(`${origin}/`, { headers });
  return { status: response.status, hits: system.upstream.hits(), setCookie: response.headers["set-cookie"] };
}

describe("S-29 service credentials", () => {
  it("open what a policy permits, in either form", async () => {
    expect(await call({ authorization: `Bearer ${secret}` })).toMatchObject({ status: 200, hits: 1 });
    expect(await call({ "x-rustronaut-service-token": secret })).toMatchObject({ status: 200, hits: 1 });
  });
  it("are known as soon as they are made", async () => {
    expect(await call({ authorization: `Bearer ${secret}` })).toMatchObject({ status: 200 });
    const { data } = await system.admin.call("serviceTokens.create", { body: { name: "newborn" } });
    // Known, but permitted nothing: 403 and not 401.
    expect(await call({ authorization: `Bearer ${data.secret}` })).toMatchObject({ status: 403, hits: 0 });
  });
  it("never reach the application", async () => {
    await call({ authorization: `Bearer ${secret}` });
    expect(JSON.stringify(system.upstream.seen.at(-1)?.rawHeaders)).not.toContain(secret);
  });
  it("are denied where no policy permits", async () => {
    expect(await call({ authorization: `Bearer ${secret}` }, system.otherOrigin)).toMatchObject({
      status: 403,
      hits: 0,
    });
  });
  it.each([
    ["wrong secret", () => ({ authorization: `Bearer ${otherThan(secret)}` })],
    ["unknown", () => ({ authorization: "Bearer rnsvc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" })],
    ["both forms", () => ({ authorization: `Bearer ${secret}`, "x-rustronaut-service-token": secret })],
    ["empty", () => ({ "x-rustronaut-service-token": "" })],
  ] as const)("%s is 401 even beside a valid user cookie", async (_name, headers) => {
    const cookie = alice.visitor.cookieHeader(system.appOrigin);
    const answer = await call({ ...headers(), cookie });
    expect(answer).toMatchObject({ status: 401, hits: 0, setCookie: undefined });
  });
  it("U9: are named, with the header that carries them, to whoever sends none or a bad one", async () => {
    const refused = async (headers: Record<string, string>) => {
      const { status, text } = await localRequest(`${system.appOrigin}/page`, { headers });
      return { status, detail: String(JSON.parse(text).detail) };
    };
    const none = await refused({});
    expect(none.status).toBe(401);
    expect(none.detail).toContain(`curl -H 'X-Rustronaut-Service-Token: rnsvc_…' ${system.appOrigin}/`);
    const bad = await refused({ authorization: `Bearer ${mintToken("rnsvc", randomBytes)}` });
    expect(bad).toMatchObject({ status: 401, detail: expect.stringContaining("X-Rustronaut-Service-Token") });
  });
  it("leave a record when they are refused, which names the token where there is one", async () => {
    const { data, etag } = await system.admin.call("serviceTokens.create", { body: { name: "retired" } });
    const params = { serviceToken: data.serviceToken.id };
    await system.admin.call("serviceTokens.update", {
      params,
      body: { enabled: false },
      ifMatch: etag ?? "",
    });
    const refused = async (token: string) => {
      const headers = { authorization: `Bearer ${token}` };
      const { status, text } = await localRequest(`${system.appOrigin}/page?x=1`, { headers });
      expect(status).toBe(401);
      const { decision_id: decision, code } = JSON.parse(text);
      expect(code).toBe("invalid_credentials");
      // A denial is sent to the log at once, off the request's path.
      const get = () => system.admin.call("decisions.get", { params: { decision } });
      await expect.poll(() => get().then(({ data: { id } }) => id)).toBe(decision);
      return (await get()).data;
    };
    await expect.poll(async () => (await call({ authorization: `Bearer ${data.secret}` })).status).toBe(401);
    expect(await refused(data.secret ?? "")).toMatchObject({
      decision: "deny",
      reason: "invalid_credentials",
      facts: {
        principal: { type: "ServiceToken", name: "retired" },
        request: { method: "GET", path: "/page" },
      },
    });
    const stranger = await refused(mintToken("rnsvc", randomBytes));
    expect(stranger).toMatchObject({ decision: "deny", facts: { principal: { type: "Anonymous" } } });
    expect(JSON.stringify(stranger)).not.toContain("rnsvc_");
  });
  it("that nobody has can't fill the log: past a bound they are refused without a record", async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, () =>
        localRequest(`${system.appOrigin}/`, { headers: { "x-rustronaut-service-token": "none" } }),
      ),
    );
    expect(answers.every(({ status }) => status === 401)).toBe(true);
    const recorded = answers.filter(({ text }) => "decision_id" in JSON.parse(text));
    expect(recorded.length).toBeGreaterThan(0);
    expect(recorded.length).toBeLessThan(200);
  });
  it.each([
    ["is disabled", { enabled: false }],
    ["expires", { expiresAt: "soon" }],
  ] as const)("cut their open streams when the token %s", async (name, change) => {
    const { data, etag } = await system.admin.call("serviceTokens.create", {
      body: { name: `stream ${name}` },
    });
    const { etag: policyEtag } = await system.admin.call("policies.get", { params: { policy: "ci" } });
    const source = `permit (principal is ServiceToken, action, resource == App::"app");`;
    await system.admin.call("policies.publish", {
      params: { policy: "ci" },
      body: { source },
      ifMatch: policyEtag ?? "",
    });
    const authorization = `Bearer ${data.secret}`;
    await expect.poll(async () => (await call({ authorization })).status, { timeout: 3_000 }).toBe(200);
    const host = new URL(system.appOrigin).host;
    const stream = await openDownload(system.port, host, { authorization }, "/events");
    const body = "expiresAt" in change ? { expiresAt: Date.now() + 1_500 } : change;
    const params = { serviceToken: data.serviceToken.id };
    await system.admin.call("serviceTokens.update", { params, body, ifMatch: etag ?? "" });
    await stream.cut;
    await expect.poll(() => system.upstream.open.size).toBe(0);
    expect((await call({ authorization })).status).toBe(401);
  });
  it("a rotated secret lives for its grace, a disabled token not at all", async () => {
    const { data } = await system.admin.call("serviceTokens.rotate", {
      params: { serviceToken: tokenId },
      body: { graceSeconds: 3_600 },
      ifMatch:
        (await system.admin.call("serviceTokens.get", { params: { serviceToken: tokenId } })).etag ?? "",
    });
    const status = async (token: string) => (await call({ authorization: `Bearer ${token}` })).status;
    // A caller without a session is judged by a snapshot that may be a second old.
    await expect.poll(() => status(data.secret), { timeout: 3_000 }).toBe(200);
    expect(await status(secret)).toBe(200);
    const { etag } = await system.admin.call("serviceTokens.get", { params: { serviceToken: tokenId } });
    await system.admin.call("serviceTokens.update", {
      params: { serviceToken: tokenId },
      body: { enabled: false },
      ifMatch: etag ?? "",
    });
    await expect
      .poll(async () => (await call({ authorization: `Bearer ${data.secret}` })).status, { timeout: 3_000 })
      .toBe(401);
  });
});

describe("S-29 programs that prove themselves by their platform", () => {
  let issuer: WorkloadIssuer;
  const JWT = "urn:ietf:params:oauth:token-type:jwt";
  const MAIN = { sub: "repo:acme/shop:ref:refs/heads/main", repository: "acme/shop", ref: "refs/heads/main" };
  const jwt = (claims: Record<string, unknown> = {}, header = {}) =>
    issuer.sign({ aud: system.authOrigin, ...MAIN, ...claims }, header);

  beforeAll(async () => {
    const ci = await system.admin.call("policies.get", { params: { policy: "ci" } });
    await system.admin.call("policies.publish", {
      params: { policy: "ci" },
      body: { source: `permit (principal == ServiceToken::"ci", action, resource == App::"app");` },
      ifMatch: ci.etag ?? "",
    });
    issuer = await workloadIssuer("https://ci.internal.example");
    const federation = { issuer: issuer.issuer, claims: ["repository=acme/*"], keys: issuer.keys };
    const { data } = await system.admin.call("serviceTokens.create", {
      body: { name: "pipeline", federation },
    });
    expect(data).toMatchObject({ secret: null, serviceToken: { federation: { singleUse: true } } });
  });

  async function exchange(
    subject: string,
    fields: Record<string, string> = {},
  ): Promise<Record<string, unknown>> {
    const form = new URLSearchParams({
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      ...{ subject_token: subject, subject_token_type: JWT, resource: `${system.appOrigin}/` },
      ...fields,
    });
    const answer = await localRequest(`${system.authOrigin}/oauth/token`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: String(form),
    });
    return { status: answer.status, ...JSON.parse(answer.text) };
  }
  const opened = async (subject: string, fields = {}) => {
    const answer = await exchange(subject, fields);
    expect(answer).toMatchObject({ status: 200, token_type: "Bearer", expires_in: 900 });
    return String(answer.access_token);
  };

  it("get an access token for a JWT, and the application is told who calls", async () => {
    const token = await opened(await jwt());
    expect(token).toMatch(/^rnwl_/);
    expect(await call({ authorization: `Bearer ${token}` })).toMatchObject({ status: 200, hits: 1 });
    expect(await call({ "x-rustronaut-service-token": token })).toMatchObject({ status: 200, hits: 1 });
    expect(JSON.stringify(system.upstream.seen.at(-1)?.rawHeaders)).not.toContain(token);
  });
  it("by keys that a real provider publishes", async () => {
    const federation = { issuer: provider.issuer, claims: ["sub=ci"] };
    const body = { name: "by discovery", groups: ["robots"], federation };
    await system.admin.call("serviceTokens.create", { body });
    const authorization = `Bearer ${await opened(await provider.token())}`;
    expect(await call({ authorization })).toMatchObject({ status: 200, hits: 1 });
  });
  it("are judged by what the platform states", async () => {
    const authorization = `Bearer ${await opened(await jwt({ ref: "refs/heads/draft" }))}`;
    expect(await call({ authorization })).toMatchObject({ status: 403, hits: 0 });
  });
  it("are let into no app for which the token was not made, whatever the policies say", async () => {
    const authorization = `Bearer ${await opened(await jwt(), { resource: `${system.otherOrigin}/` })}`;
    const cookie = alice.visitor.cookieHeader(system.appOrigin);
    expect(await call({ authorization, cookie })).toMatchObject({ status: 401, hits: 0 });
  });
  const stranger = async (name: string) =>
    (await workloadIssuer(name)).sign({ aud: system.authOrigin, ...MAIN });
  it.each([
    ["of another issuer", () => stranger("https://ci.evil.example")],
    ["of the same name with other keys", () => stranger(issuer.issuer)],
    ["for another audience", () => jwt({ aud: "https://elsewhere.example" })],
    ["for a second audience, too", () => jwt({ aud: [system.authOrigin, "https://elsewhere.example"] })],
    ["of another owner", () => jwt({ repository: "evil/acme" })],
    ["of another owner, by a path", () => jwt({ repository: "acme/shop/evil" })],
    ["that has expired", () => jwt({ iat: 1_700_000_000, exp: 1_700_000_300 })],
    ["that lives for a year", () => jwt({ exp: Math.floor(Date.now() / 1_000) + 31_536_000 })],
    ["that never expires", () => jwt({ exp: undefined })],
    ["signed by nobody", async () => `${btoa('{"alg":"none"}')}.${(await jwt()).split(".")[1]}.`],
    ["that brings its own key", () => jwt({}, { jku: "https://evil.example/keys" })],
    ["that brings its own certificate", () => jwt({}, { x5u: "https://evil.example/cert" })],
    ["with a claim that can be read in two ways", () => jwt({ "a.b": 1, a: { b: 2 } })],
    ["whose signature is cut", async () => (await jwt()).slice(0, -4)],
    ["that is a service token", async () => secret],
  ])("are refused with a JWT %s", async (_what, subject) => {
    const answer = await exchange(await subject());
    expect(answer.status).toBe(400);
    expect(answer.error).toMatch(/^invalid_(grant|request)$/);
    expect(answer).not.toHaveProperty("access_token");
  });
  it("are refused the second time with the same JWT; the number tells an administrator why", async () => {
    const subject = await jwt();
    await opened(subject);
    const again = await exchange(subject);
    expect(again).toMatchObject({ status: 400, error: "invalid_grant" });
    expect(again.error_description).not.toContain("before");
    const number = /aud_[0-9a-z]+/.exec(String(again.error_description))?.[0] ?? "none";
    const { data } = await system.admin.call("audit.list", { query: { limit: "20" } });
    const entry = JSON.stringify(data.items.find((item) => JSON.stringify(item).includes(number)));
    expect(entry).toContain("exchanged before");
    expect(entry).not.toContain(subject);
  });
  it("are refused with fields that are wrong, and told which", async () => {
    const subject = await jwt();
    const nowhere = { resource: "https://nowhere.example/" };
    expect(await exchange(subject, nowhere)).toMatchObject({ error: "invalid_target" });
    expect(await exchange(subject, { subject_token_type: "x" })).toMatchObject({ error: "invalid_request" });
    expect(await exchange(subject, { grant_type: "password" })).toMatchObject({
      error: "unsupported_grant_type",
    });
    expect(await exchange(subject, { client_id: "ci" })).toMatchObject({ error: "invalid_grant" });
    expect(await opened(subject, { client_id: "pipeline" })).toMatch(/^rnwl_/);
  });
  it("lose their open streams when the rules change, and their token is good no more", async () => {
    const authorization = `Bearer ${await opened(await jwt())}`;
    const host = new URL(system.appOrigin).host;
    const stream = await openDownload(system.port, host, { authorization }, "/events");
    const params = { serviceToken: "pipeline" };
    const { data, etag } = await system.admin.call("serviceTokens.get", { params });
    expect(data.lastUsedAt).toBeGreaterThan(Date.now() - 60_000);
    const federation = { issuer: issuer.issuer, claims: ["repository=acme/other"], keys: issuer.keys };
    await system.admin.call("serviceTokens.update", { params, body: { federation }, ifMatch: etag ?? "" });
    await stream.cut;
    expect((await call({ authorization })).status).toBe(401);
  });
});

describe("S-29 an app's own header for tokens", () => {
  it("is taken beside the two others, never reaches the app, and never falls back to a cookie", async () => {
    const { etag } = await system.admin.call("apps.get", { params: { app: "app" } });
    await system.admin.call("apps.update", {
      params: { app: "app" },
      body: { settings: { tokenHeaders: ["X-Api-Key"] } },
      ifMatch: etag ?? "",
    });
    const body = { name: "keyed", groups: ["robots"] };
    const key = (await system.admin.call("serviceTokens.create", { body })).data.secret ?? "";
    await expect.poll(async () => (await call({ "x-api-key": key })).status, { timeout: 3_000 }).toBe(200);
    expect(JSON.stringify(system.upstream.seen.at(-1)?.rawHeaders)).not.toContain(key);
    expect(await call({ "X-API-Key": `Bearer ${key}` })).toMatchObject({ status: 200 });
    const cookie = alice.visitor.cookieHeader(system.appOrigin);
    const bad: Record<string, string>[] = [
      { "x-api-key": "something else" },
      { "x-api-key": key, authorization: `Bearer ${key}` },
      { "x-api-key": key, "x-rustronaut-service-token": key },
    ];
    for (const headers of bad)
      expect(await call({ ...headers, cookie })).toMatchObject({ status: 401, hits: 0 });
  });
});
