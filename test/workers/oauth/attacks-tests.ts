import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { call } from "../hub/world.ts";
import { answerAt } from "../login/silent-provider.ts";
import {
  API,
  AUTH,
  agreed,
  asked,
  connected,
  errorOf,
  MCP,
  token as owner,
  person,
  REDIRECT,
  redeem,
  registerSelf,
  request,
  say,
  send,
  somebody,
  type Tokens,
  VERIFIER,
} from "./world.ts";

/** Somebody and a program that are as good as any other, where nothing is changed about them. */
const who = somebody();

/** A code that a person agreed to, for a client of its own. */
async function codeFor(changed: Record<string, string | null> = {}) {
  const client = who.client;
  const code = (await agreed(who.person, request(client, changed))).searchParams.get("code") ?? "";
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
    const answer = await who.person.open(request(who.client, changed as Record<string, string | null>));
    expect(answer.status).toBe(400);
    expect(answer.headers.get("location")).toBeNull();
    expect(answer.headers.get("refresh")).toBeNull();
    expect(await answer.text()).not.toContain("evil.example");
  });
  it("where a parameter comes twice", async () => {
    const answer = await who.person.open(`${request(who.client)}&redirect_uri=https://evil.example/`);
    expect([answer.status, answer.headers.get("location")]).toEqual([400, null]);
  });
  it("where a frame or a script asks", async () => {
    const url = request(who.client);
    for (const headers of [
      { "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" },
      { "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" },
    ])
      expect((await send(url, { headers })).status).toBe(403);
  });
});

describe("the question to the person", () => {
  it("can't be framed, cached or scripted", async () => {
    const begun = await who.person.open(request(who.client));
    const page = await who.person.open(AUTH + begun.headers.get("location"));
    const policy = page.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(page.headers.get("x-frame-options")).toBe("DENY");
    expect(page.headers.get("cache-control")).toBe("no-store");
  });
  it("is asked again each time, also of the same client", async () => {
    await agreed(who.person, request(who.client));
    // `asked` fails where a code is given without a question.
    expect((await asked(who.person, request(who.client))).fields.csrf).not.toBe("");
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
    ["names a member twice", JSON.stringify(document).replace("{", '{"client_name":"Other",'), {}],
  ])("is refused where its document %s", async (what, body, init) => {
    const place = `https://assistant.example/${what.replaceAll(" ", "-")}.json`;
    const text = (typeof body === "string" ? body : JSON.stringify(body)).replace(address, place);
    const headers = { "content-type": "application/json" };
    answerAt("assistant.example", async () => new Response(text, { headers, ...init }));
    const refused = await who.person.open(request(place));
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
