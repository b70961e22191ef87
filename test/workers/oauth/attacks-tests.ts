import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sealAccessToken } from "../../../workers/gateway/access-token.ts";
import { openClientToken, sealClientToken } from "../../../workers/gateway/client-token.ts";
import { openRefreshToken } from "../../../workers/sign-in/oauth/refresh-token.ts";
import { bindings, call } from "../hub/world.ts";
import { answerAt } from "../login/silent-provider.ts";
import {
  API,
  AUTH,
  agreed,
  asked,
  connected,
  errorOf,
  form,
  MCP,
  message,
  token as owner,
  type Person,
  person,
  REDIRECT,
  redeem,
  refresh,
  registerSelf,
  request,
  say,
  seen,
  send,
  startWorld,
  type Tokens,
  VERIFIER,
} from "./world.ts";

/** Somebody and a program that are as good as any other, where nothing is changed about them. */
let anybody: Person;
let anyClient: string;
beforeAll(async () => {
  await startWorld();
  anybody = await person();
  anyClient = await registerSelf();
}, 60_000);
beforeEach(() => {
  seen.length = 0;
});

/** A code that a person agreed to, for a client of its own. */
async function codeFor(changed: Record<string, string | null> = {}) {
  const client = anyClient;
  const code = (await agreed(anybody, request(client, changed))).searchParams.get("code") ?? "";
  return { client, code };
}

const refusal = async (response: Response) => [response.status, await errorOf(response)];

describe("a request for authorization is refused on our own page, and nobody is led on", () => {
  it.each([
    ["PKCE is left out", { code_challenge: null, code_challenge_method: null }],
    ["PKCE is plain", { code_challenge: VERIFIER, code_challenge_method: "plain" }],
    ["PKCE names no method, which means plain", { code_challenge_method: null }],
    ["it asks for a token instead of a code", { response_type: "token" }],
    ["it asks for a code and a token", { response_type: "code token" }],
    ["the answer would go into the fragment", { response_mode: "fragment" }],
    ["it names no app", { resource: null }],
    ["it names an app that takes no clients", { resource: "http://plain.localhost/" }],
    ["it names an app that takes only registered clients", { resource: API }],
    ["the app is only part of another name", { resource: "http://tools.localhost.evil.example/mcp" }],
    ["the app is a user's name before another host", { resource: "http://tools.localhost@evil.example/" }],
    ["the resource has a fragment", { resource: `${MCP}/mcp#x` }],
    ["the redirect address is another one", { redirect_uri: "https://evil.example/callback" }],
    ["the redirect address has more at its end", { redirect_uri: `${REDIRECT}/more` }],
    ["the redirect address has a query that was not registered", { redirect_uri: `${REDIRECT}?x=1` }],
    ["the redirect address climbs", { redirect_uri: `${REDIRECT}/../other` }],
    ["the redirect address has a user", { redirect_uri: "https://client.example@evil.example/callback" }],
    [
      "the redirect address hides another host",
      { redirect_uri: "https://client.example\\@evil.example/callback" },
    ],
    ["the redirect address is in capitals", { redirect_uri: "https://CLIENT.example/callback" }],
    ["the redirect address is a script", { redirect_uri: "javascript:alert(1)" }],
    ["the redirect address is left out", { redirect_uri: null }],
    ["a request object would say otherwise", { request: "eyJhbGciOiJub25lIn0.e30." }],
    ["the state breaks a line", { state: "a\r\nlocation: https://evil.example" }],
    ["the client is unknown", { client_id: "ocl_00000000000000000000000000" }],
    ["the client's document is inside", { client_id: "https://127.0.0.1/client.json" }],
    ["the client's document is at our own host", { client_id: "https://auth.localhost/client.json" }],
  ])("where %s", async (_what, changed) => {
    const answer = await anybody.open(request(anyClient, changed as Record<string, string | null>));
    expect(answer.status).toBe(400);
    expect(answer.headers.get("location")).toBeNull();
    expect(answer.headers.get("refresh")).toBeNull();
    expect(await answer.text()).not.toContain("evil.example");
  });
  it("where a parameter comes twice", async () => {
    const answer = await anybody.open(`${request(anyClient)}&redirect_uri=https://evil.example/`);
    expect([answer.status, answer.headers.get("location")]).toEqual([400, null]);
  });
  it("where a frame or a script asks", async () => {
    const url = request(anyClient);
    for (const headers of [
      { "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" },
      { "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" },
    ])
      expect((await send(url, { headers })).status).toBe(403);
  });
});

describe("the question to the person", () => {
  it("can't be framed, cached or scripted", async () => {
    const begun = await anybody.open(request(anyClient));
    const page = await anybody.open(AUTH + begun.headers.get("location"));
    const policy = page.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(page.headers.get("x-frame-options")).toBe("DENY");
    expect(page.headers.get("cache-control")).toBe("no-store");
  });
  it("is asked again each time, also of the same client", async () => {
    await agreed(anybody, request(anyClient));
    // `asked` fails where a code is given without a question.
    expect((await asked(anybody, request(anyClient))).fields.csrf).not.toBe("");
  });
  it("takes no answer that another site, another browser or another question's page sends", async () => {
    const [ann, eve] = [await person(), await person()];
    const client = await registerSelf();
    const { fields } = await asked(ann, request(client));
    const other = (await asked(ann, request(client))).fields;
    const evil = (await asked(eve, request(client))).fields;
    const answer = (by: typeof ann, given: Record<string, string>) =>
      by.post("/.rustronaut/client", { ...given, answer: "yes" }).then(({ status }) => status);
    expect(await answer(ann, { a: fields.a ?? "", csrf: "" })).toBe(403);
    expect(await answer(ann, { a: fields.a ?? "", csrf: other.csrf ?? "" })).toBe(403);
    // Eve's question, with Eve's proof, sent by Ann's browser.
    expect(await answer(ann, evil)).toBe(403);
    const crossSite = await send(`${AUTH}/.rustronaut/client`, {
      method: "POST",
      headers: {
        ...{ cookie: ann.cookie, "sec-fetch-site": "cross-site" },
        "content-type": "application/x-www-form-urlencoded",
      },
      body: new URLSearchParams({ ...fields, answer: "yes" }),
    });
    expect(crossSite.status).toBe(403);
    expect(await answer(ann, fields)).toBe(200);
  });
  it("is not asked of somebody whom the policies don't let in", async () => {
    const ann = await person();
    const { json } = await call(owner, "GET", `/users/${ann.userId}`);
    const shut = await call(owner, "POST", "/policies", {
      body: { name: "shut", source: `forbid (principal == User::"${json.email}", action, resource);` },
    });
    expect(shut.status).toBe(201);
    const begun = await ann.open(request(await registerSelf()));
    const page = await ann.open(AUTH + begun.headers.get("location"));
    expect([page.status, page.headers.get("x-rustronaut-response")]).toEqual([403, "denied_by_policy"]);
  });
});

describe("a code", () => {
  it.each([
    ["another client", async (code: string) => redeem(await registerSelf(), code)],
    [
      "another redirect address",
      async (code: string, client: string) =>
        redeem(client, code, { redirect_uri: "http://127.0.0.1:9/callback" }),
    ],
    [
      "another verifier",
      async (code: string, client: string) => redeem(client, code, { code_verifier: `${VERIFIER}x` }),
    ],
  ])("is spent, and worth nothing, when it is shown with %s", async (_what, show) => {
    const { client, code } = await codeFor();
    expect(await refusal(await show(code, client))).toEqual([400, "invalid_grant"]);
    expect(await refusal(await redeem(client, code))).toEqual([400, "invalid_grant"]);
  });
  it("is worth nothing for another app", async () => {
    const { client, code } = await codeFor();
    expect(await refusal(await redeem(client, code, { resource: API }))).toEqual([400, "invalid_target"]);
    const { code: second, client: other } = await codeFor();
    expect(await refusal(await redeem(other, second, { resource: "http://plain.localhost" }))).toEqual([
      400,
      "invalid_target",
    ]);
  });
  it("ends what it opened when it is shown again", async () => {
    const { client, code } = await codeFor();
    const { access_token: token } = (await (await redeem(client, code)).json()) as Tokens;
    expect((await say(token)).status).toBe(200);
    expect(await refusal(await redeem(client, code))).toEqual([400, "invalid_grant"]);
    expect((await say(token)).status).toBe(401);
  });
  it("opens no session of a browser, at the app or anywhere", async () => {
    const { code } = await codeFor();
    const [id = "", secret = ""] = code.split(".");
    const cookie = `__Host-rn_l_${id.slice(-8)}=${VERIFIER}`;
    const url = `${MCP}/.rustronaut/callback?a=${id}&code=${secret}`;
    const answer = await send(url, {
      headers: { cookie, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
    });
    expect(answer.status).toBe(400);
    expect(answer.headers.get("set-cookie") ?? "").not.toContain("__Host-rn_s=");
  });
  it("signs in no command line at the hub", async () => {
    const { code } = await codeFor();
    const body = new URLSearchParams({
      ...{ grant_type: "authorization_code", client_id: "rustronaut", code, code_verifier: VERIFIER },
      redirect_uri: "http://127.0.0.1:9/callback",
    });
    const answer = await send("http://hub.localhost/oauth/token", { method: "POST", body });
    expect(await refusal(answer)).toEqual([400, "invalid_grant"]);
  });
});

describe("an access token", () => {
  it("is no credential beside a bad one, and a bad one is none beside a cookie", async () => {
    const { access_token: token } = await connected(anybody, anyClient);
    const opened = await openClientToken(bindings, token);
    const cookie = `__Host-rn_s=${opened?.cookie}`;
    for (const authorization of [
      "Bearer",
      "Bearer ",
      "Bearer x",
      `Bearer ${token}x`,
      "bearer eyJhbGciOiJub25lIn0.e30.",
    ]) {
      const answer = await say(null, message("tools/list"), { authorization, cookie });
      expect(answer.status, authorization).toBe(401);
      expect(answer.headers.get("www-authenticate")).toContain('error="invalid_token"');
    }
    expect(seen).toEqual([]);
  });
  it("is not taken from the query, nor sent on in it", async () => {
    const { access_token: token } = await connected(anybody, anyClient);
    const url = `${MCP}/mcp?access_token=${token}`;
    expect((await say(null, message("tools/list"), {}, url)).status).toBe(400);
    expect((await say(token, message("tools/list"), {}, url)).status).toBe(400);
    expect(seen).toEqual([]);
  });
  it("is over when its time is, and no other sealed thing is one", async () => {
    const tokens = await connected(anybody, anyClient);
    const opened = await openClientToken(bindings, tokens.access_token);
    if (!opened) throw new Error("it was sealed here");
    const late = await sealClientToken(bindings, { ...opened, expiresAt: Date.now() - 1 });
    const program = await sealAccessToken(bindings, {
      ...{ serviceToken: "svc_1", issuer: "x", audience: "x", claims: [], apps: [opened.appId] },
      expiresAt: Date.now() + 60_000,
    });
    for (const text of [
      late,
      tokens.refresh_token,
      tokens.refresh_token.replace("rnort_", "rnoat_"),
      program.replace("rnwl_", "rnoat_"),
      `rnses_${opened.cookie}`.replace("rnses_", "rnoat_"),
    ])
      expect((await say(text)).status).toBe(401);
    expect(await openRefreshToken(bindings, tokens.access_token.replace("rnoat_", "rnort_"))).toBeNull();
    expect((await say(tokens.access_token)).status).toBe(200);
  });
  it("is over with its session, whoever ends it, and with its person", async () => {
    for (const end of ["session", "user", "client"] as const) {
      const ann = await person();
      const client = await registerSelf();
      const { access_token: token } = await connected(ann, client);
      expect((await say(token)).status).toBe(200);
      const { results } = await env.DB.prepare(
        "SELECT id, user_agent AS agent FROM sessions_index WHERE user_id = ? AND kind = 'app'",
      )
        .bind(ann.userId)
        .all<{ id: string; agent: string }>();
      expect(results.map(({ agent }) => agent)).toEqual(["A client (OAuth client)"]);
      const ended = {
        session: () => call(owner, "DELETE", `/sessions/${results[0]?.id}`),
        user: async () => {
          const { json } = await call(owner, "GET", `/users/${ann.userId}`);
          const headers = { "if-match": `"${json.version}"` };
          return call(owner, "PATCH", `/users/${ann.userId}`, { body: { status: "disabled" }, headers });
        },
        client: () => call(owner, "DELETE", `/clients/${client}`, { headers: { "if-match": '"1"' } }),
      };
      const answer = await ended[end]();
      expect(answer.status, JSON.stringify(answer.json)).toBeLessThan(300);
      expect((await say(token)).status, end).toBe(401);
    }
  });
  it("is over when the app takes no such client any more, also for what it could refresh", async () => {
    const client = anyClient;
    const tokens = await connected(anybody, client);
    const settings = async (oauthClients: string) => {
      const { json } = await call(owner, "GET", "/apps/tools");
      const headers = { "if-match": `"${json.version}"` };
      const answer = await call(owner, "PATCH", "/apps/tools", {
        body: { settings: { oauthClients } },
        headers,
      });
      expect(answer.status, JSON.stringify(answer.json)).toBe(200);
    };
    await settings("registered");
    expect((await say(tokens.access_token)).status).toBe(401);
    expect(await refusal(await refresh(client, tokens.refresh_token))).toEqual([400, "invalid_grant"]);
    await settings("any");
  });
});

describe("a refresh token", () => {
  it("gives new tokens once; shown again, it ends the session with all that came of it", async () => {
    const client = anyClient;
    const first = await connected(anybody, client);
    const second = (await (await refresh(client, first.refresh_token)).json()) as Tokens;
    const third = (await (await refresh(client, second.refresh_token)).json()) as Tokens;
    for (const { access_token: token } of [first, second, third]) expect((await say(token)).status).toBe(200);
    expect(await refusal(await refresh(client, first.refresh_token))).toEqual([400, "invalid_grant"]);
    for (const { access_token: token } of [first, second, third]) expect((await say(token)).status).toBe(401);
    expect(await refusal(await refresh(client, third.refresh_token))).toEqual([400, "invalid_grant"]);
  });
  it("is good once, when it comes twice at the same moment", async () => {
    const client = anyClient;
    const { refresh_token: shown } = await connected(anybody, client);
    const both = await Promise.all([refresh(client, shown), refresh(client, shown)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 400]);
  });
  it("is the client's alone, and for its app", async () => {
    const client = anyClient;
    const { refresh_token: shown, access_token: token } = await connected(anybody, client);
    expect(await refusal(await refresh(await registerSelf(), shown))).toEqual([400, "invalid_grant"]);
    expect(await refusal(await refresh(client, shown, { client_id: null }))).toEqual([400, "invalid_grant"]);
    expect(await refusal(await refresh(client, shown, { resource: API }))).toEqual([400, "invalid_target"]);
    expect(await refusal(await refresh(client, token))).toEqual([400, "invalid_grant"]);
    // None of that was the client, so it goes on.
    expect((await refresh(client, shown, { resource: `${MCP}/mcp` })).status).toBe(200);
  });
});

describe("revocation", () => {
  it.each(["access_token", "refresh_token"] as const)("by the %s ends both", async (which) => {
    const client = anyClient;
    const tokens = await connected(anybody, client);
    const other = await form("/oauth/revoke", { token: tokens[which], client_id: await registerSelf() });
    expect(other.status).toBe(400);
    expect((await say(tokens.access_token)).status).toBe(200);
    expect((await form("/oauth/revoke", { token: tokens[which], client_id: client })).status).toBe(200);
    expect((await say(tokens.access_token)).status).toBe(401);
    expect(await refusal(await refresh(client, tokens.refresh_token))).toEqual([400, "invalid_grant"]);
    // What is over is no error (RFC 7009 §2.2).
    expect((await form("/oauth/revoke", { token: tokens[which] })).status).toBe(200);
    expect((await form("/oauth/revoke", { token: "something else" })).status).toBe(200);
  });
});

describe("a program that registers itself", () => {
  const register = (body: unknown, type = "application/json") =>
    send(`${AUTH}/oauth/register`, {
      method: "POST",
      headers: { "content-type": type, "CF-Connecting-IP": "192.0.2.77" },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  const good = { client_name: "x", redirect_uris: [REDIRECT] };
  it.each([
    ["no redirect address", { ...good, redirect_uris: [] }, "invalid_redirect_uri"],
    ["a scheme of its own", { ...good, redirect_uris: ["cursor://callback"] }, "invalid_redirect_uri"],
    ["a script", { ...good, redirect_uris: ["javascript:alert(1)//"] }, "invalid_redirect_uri"],
    ["plain http elsewhere", { ...good, redirect_uris: ["http://client.example/"] }, "invalid_redirect_uri"],
    [
      "a name like our loopback's",
      { ...good, redirect_uris: ["http://localhost.evil.example/"] },
      "invalid_redirect_uri",
    ],
    ["a fragment", { ...good, redirect_uris: [`${REDIRECT}#x`] }, "invalid_redirect_uri"],
    ["too many addresses", { ...good, redirect_uris: Array(11).fill(REDIRECT) }, "invalid_redirect_uri"],
    [
      "a name that turns text around",
      { ...good, client_name: "Claude \u202e!ekaf" },
      "invalid_client_metadata",
    ],
    ["a name of 81 characters", { ...good, client_name: "x".repeat(81) }, "invalid_client_metadata"],
    ["another grant alone", { ...good, grant_types: ["client_credentials"] }, "invalid_client_metadata"],
    ["no JSON", "{", "invalid_client_metadata"],
    ["a body of 20 KB", { ...good, x: "x".repeat(20_000) }, "invalid_client_metadata"],
  ])("is refused with %s", async (_what, body, error) => {
    expect(await refusal(await register(body))).toEqual([400, error]);
  });
  it("can't do it as a page's form", async () => {
    expect((await register(good, "text/plain")).status).toBe(400);
  });
  it("is refused once its network registered too many", async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 40 && statuses.at(-1) !== 429; n++) statuses.push((await register(good)).status);
    expect(statuses.at(-1)).toBe(429);
  });
});

describe("a client that is described by a document", () => {
  const address = "https://assistant.example/oauth/client.json";
  const document = { client_id: address, client_name: "Assistant", redirect_uris: [REDIRECT] };
  const answer = (body: unknown, init: ResponseInit = {}) =>
    answerAt("assistant.example", async () => Response.json(body, init));
  it("is let in, and shown with the host that vouches for it", async () => {
    answer(document);
    const ann = await person();
    const { page } = await asked(ann, request(address));
    expect(page).toContain("assistant.example");
    const { access_token: token } = await connected(ann, address);
    expect((await say(token)).status).toBe(200);
  });
  it.each([
    [
      "names another address as its id",
      { ...document, client_id: "https://assistant.example/other.json" },
      {},
    ],
    [
      "leads somewhere else",
      null,
      { status: 302, headers: { location: "https://evil.example/client.json" } },
    ],
    ["is no JSON", document, { headers: { "content-type": "text/html" } }],
    ["is not found", document, { status: 404 }],
    ["wants a secret", { ...document, token_endpoint_auth_method: "client_secret_post" }, {}],
    [
      "has no redirect address of that kind",
      { ...document, redirect_uris: ["https://other.example/cb"] },
      {},
    ],
    ["is too long", { ...document, x: "x".repeat(17_000) }, {}],
  ])("is refused where its document %s", async (what, body, init) => {
    const place = `https://assistant.example/${what.replaceAll(" ", "-")}.json`;
    const own =
      body && "client_id" in body && body.client_id === address ? { ...body, client_id: place } : body;
    answer(own, init);
    const refused = await anybody.open(request(place));
    expect([refused.status, refused.headers.get("location")]).toEqual([400, null]);
  });
});

it("none of it is there where no app takes clients", async () => {
  const { results } = await env.DB.prepare("SELECT id, settings FROM apps").all<{
    id: string;
    settings: string;
  }>();
  const publish = async (text: (settings: string) => string) => {
    for (const { id, settings } of results)
      await env.DB.prepare("UPDATE apps SET settings = ? WHERE id = ?").bind(text(settings), id).run();
    const { json } = await call(owner, "GET", "/apps/plain");
    const headers = { "if-match": `"${json.version}"` };
    await call(owner, "PATCH", "/apps/plain", { body: { title: `plain ${Date.now()}` }, headers });
  };
  await publish(() => "{}");
  const client = "ocl_00000000000000000000000000";
  await expect
    .poll(async () => (await send(`${AUTH}/.well-known/oauth-authorization-server`)).status)
    .toBe(404);
  expect((await (await person()).open(request(client))).status).toBe(404);
  const register = await send(`${AUTH}/oauth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ redirect_uris: [REDIRECT] }),
  });
  expect(register.status).toBe(403);
  await publish((settings) => settings);
});
