import { describe, expect, it } from "vitest";
import {
  API,
  AUTH,
  agreed,
  asked,
  connected,
  MCP,
  message,
  PLAIN,
  redeem,
  registerSelf,
  request,
  say,
  seen,
  send,
  somebody,
} from "./world.ts";

const who = somebody();

describe("what an app says to a client that comes without a token", () => {
  it("leads from the 401 to the metadata of the path, and from there to the auth host", async () => {
    const refused = await say(null);
    expect(refused.status).toBe(401);
    const challenge = refused.headers.get("www-authenticate") ?? "";
    const place = `${MCP}/.well-known/oauth-protected-resource/mcp`;
    expect(challenge).toBe(`Bearer resource_metadata="${place}", scope="access"`);
    expect(await (await send(place)).json()).toEqual({
      resource: `${MCP}/mcp`,
      authorization_servers: [AUTH],
      scopes_supported: ["access"],
      bearer_methods_supported: ["header"],
      resource_name: "tools",
    });
    const whole = await send(`${MCP}/.well-known/oauth-protected-resource`);
    expect(await whole.json()).toMatchObject({ resource: MCP });
    for (const path of ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]) {
      const metadata = await send(AUTH + path);
      expect(metadata.headers.get("access-control-allow-origin")).toBe("*");
      expect(await metadata.json()).toMatchObject({
        issuer: AUTH,
        authorization_endpoint: `${AUTH}/oauth/authorize`,
        token_endpoint: `${AUTH}/oauth/token`,
        revocation_endpoint: `${AUTH}/oauth/revoke`,
        registration_endpoint: `${AUTH}/oauth/register`,
        code_challenge_methods_supported: ["S256"],
        token_endpoint_auth_methods_supported: ["none"],
        authorization_response_iss_parameter_supported: true,
        client_id_metadata_document_supported: true,
      });
    }
  });
  it("is nothing of that where the app takes no clients", async () => {
    const refused = await send(`${PLAIN}/mcp`, { headers: { "sec-fetch-mode": "cors" } });
    expect(refused.headers.get("www-authenticate")).toBe('Rustronaut realm="app"');
    const metadata = await send(`${PLAIN}/.well-known/oauth-protected-resource`, {
      headers: { "sec-fetch-mode": "cors" },
    });
    expect(metadata.status).toBe(401);
  });
});

describe("a client that a person lets in", () => {
  it("acts as the person with its token, which never reaches the application", async () => {
    const { access_token: token, scope, expires_in: seconds } = await connected(who.person, who.client);
    expect([scope, seconds]).toEqual(["access", 600]);
    const answer = await say(token);
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { jsonrpc: "2.0", id: 1, result: { app: "tools" } },
    ]);
    const [arrived] = seen;
    expect(arrived?.body).toBe(message("tools/list"));
    const headers = Object.fromEntries(arrived?.request.headers ?? []);
    expect(headers["x-rustronaut-jwt-assertion"]).toBeDefined();
    expect(JSON.stringify(headers)).not.toContain(token.slice(6, 40));
    expect(headers.authorization).toBeUndefined();
  });
  it("is named to the person with the app, the address that the answer goes to, and who vouches for it", async () => {
    const { page } = await asked(who.person, request(await registerSelf({ client_name: "<b>Claude</b>" })));
    expect(page).toContain("&lt;b&gt;Claude&lt;/b&gt;");
    expect(page).toContain("client.example");
    expect(page).toContain("tools.localhost");
    expect(page).toContain("nobody has checked it");
  });
  it("gets the answer with its state and the issuer", async () => {
    const answer = await agreed(who.person, request(who.client));
    expect(answer.origin + answer.pathname).toBe("https://client.example/callback");
    expect(Object.fromEntries(answer.searchParams)).toEqual({
      code: expect.stringMatching(/^att_/),
      state: "the-state",
      iss: AUTH,
    });
  });
  it("is told no, when the person says no", async () => {
    const { fields } = await asked(who.person, request(who.client));
    const answer = await who.person.post("/.rustronaut/client", { ...fields, answer: "no" });
    const back = new URL((answer.headers.get("refresh") ?? "").replace("0; url=", ""));
    expect(Object.fromEntries(back.searchParams)).toEqual({
      error: "access_denied",
      state: "the-state",
      iss: AUTH,
    });
  });
  it("may leave out the resource when it shows the code", async () => {
    const code = (await agreed(who.person, request(who.client))).searchParams.get("code") ?? "";
    expect((await redeem(who.client, code, { resource: null })).status).toBe(200);
  });
});

describe("the app that a token is for", () => {
  it("is the only one that takes it", async () => {
    const { access_token: token } = await connected(who.person, who.client);
    expect((await say(token, "{}", {}, `${API}/x`)).status).toBe(401);
    expect((await say(token, "{}", {}, `${PLAIN}/x`)).status).toBe(401);
    expect(seen).toEqual([]);
  });
});
