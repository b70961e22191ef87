import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { sealAccessToken } from "../../../workers/gateway/access-token.ts";
import { openClientToken, sealClientToken } from "../../../workers/gateway/client-token.ts";
import { openRefreshToken } from "../../../workers/sign-in/oauth/refresh-token.ts";
import { bindings, call } from "../hub/world.ts";
import {
  API,
  connected,
  errorOf,
  form,
  MCP,
  message,
  token as owner,
  person,
  refresh,
  registerSelf,
  say,
  seen,
  somebody,
  type Tokens,
} from "./world.ts";

/** Somebody and a program that are as good as any other, where nothing is changed about them. */
const who = somebody();

const refusal = async (response: Response) => [response.status, await errorOf(response)];

describe("an access token", () => {
  it("is no credential beside a bad one, and a bad one is none beside a cookie", async () => {
    const { access_token: token } = await connected(who.person, who.client);
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
    const { access_token: token } = await connected(who.person, who.client);
    const url = `${MCP}/mcp?access_token=${token}`;
    expect((await say(null, message("tools/list"), {}, url)).status).toBe(400);
    expect((await say(token, message("tools/list"), {}, url)).status).toBe(400);
    expect(seen).toEqual([]);
  });
  it("is over when its time is, and no other sealed thing is one", async () => {
    const tokens = await connected(who.person, who.client);
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
    const client = who.client;
    const tokens = await connected(who.person, client);
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
    const client = who.client;
    const first = await connected(who.person, client);
    const second = (await (await refresh(client, first.refresh_token)).json()) as Tokens;
    const third = (await (await refresh(client, second.refresh_token)).json()) as Tokens;
    for (const { access_token: token } of [first, second, third]) expect((await say(token)).status).toBe(200);
    expect(await refusal(await refresh(client, first.refresh_token))).toEqual([400, "invalid_grant"]);
    for (const { access_token: token } of [first, second, third]) expect((await say(token)).status).toBe(401);
    expect(await refusal(await refresh(client, third.refresh_token))).toEqual([400, "invalid_grant"]);
  });
  it("is good once, when it comes twice at the same moment", async () => {
    const client = who.client;
    const { refresh_token: shown } = await connected(who.person, client);
    const both = await Promise.all([refresh(client, shown), refresh(client, shown)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 400]);
  });
  it("is the client's alone, and for its app", async () => {
    const client = who.client;
    const { refresh_token: shown, access_token: token } = await connected(who.person, client);
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
    const client = who.client;
    const tokens = await connected(who.person, client);
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
