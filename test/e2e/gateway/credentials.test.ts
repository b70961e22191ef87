import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localRequest } from "../../../scripts/local/http.ts";
import { mintToken } from "../../../shared/api/tokens.ts";
import { type Attacker, signIn } from "../../support/attack.ts";
import { type System, startSystem } from "../../support/harness.ts";
import { otherThan } from "../../support/secrets.ts";
import { openDownload } from "../../support/streams.ts";

let system: System;
let alice: Attacker;
let secret: string;
let tokenId: string;
beforeAll(async () => {
  system = await startSystem({
    policies: [
      { name: "people", source: `permit (principal in Group::"engineering", action, resource);` },
      { name: "ci", source: `permit (principal == ServiceToken::"ci", action, resource == App::"app");` },
    ],
  });
  alice = await signIn(system);
  const { data } = await system.admin.call("serviceTokens.create", { body: { name: "ci" } });
  secret = data.secret;
  tokenId = data.serviceToken.id;
});
afterAll(() => system.stop());

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
    expect(await refused(data.secret)).toMatchObject({
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
