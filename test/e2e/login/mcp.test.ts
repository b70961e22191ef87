import { createServer, request as httpRequest, type Server } from "node:http";
import { Readable } from "node:stream";
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import * as oauth from "oauth4webapi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeServer, freePort, type System, startSystem } from "../../support/harness.ts";
import { Visitor } from "../../support/visitor.ts";

/** The official client and server of MCP, with the gateway between them, and oauth4webapi as a second opinion. */

const REDIRECT = "http://127.0.0.1:4711/callback";

let system: System;
let tools: string;
let server: Server;
/** The `Authorization` headers that reached the MCP server. */
const authorizations: (string | undefined)[] = [];
/** Where a client describes itself. */
let document: string;

beforeAll(async () => {
  const port = await freePort();
  document = `http://127.0.0.1:${port}/client.json`;
  system = await startSystem({
    withoutDashboard: true,
    developmentHosts: [`127.0.0.1:${port}`],
    policies: [
      {
        name: "tools",
        source: `permit (principal in Group::"engineering", action, resource == App::"tools");
forbid (principal, action, resource == App::"tools")
when { context has mcp && context.mcp has tool && context.mcp.tool == "erase" };`,
      },
    ],
  });
  server = createServer(async (request, response) => {
    if (request.url === "/client.json") {
      const said = { client_id: document, client_name: "Document", redirect_uris: [REDIRECT] };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(said));
      return;
    }
    authorizations.push(request.headers.authorization);
    const mcp = new McpServer({ name: "tools", version: "1" });
    for (const name of ["add", "erase"])
      mcp.registerTool(name, { description: name }, () => ({
        content: [{ type: "text", text: `did ${name}` }],
      }));
    const transport = new StreamableHTTPServerTransport({});
    await mcp.connect(transport as Parameters<typeof mcp.connect>[0]);
    await transport.handleRequest(request, response);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const settings = { oauthClients: "any", mcp: true } as const;
  await system.admin.call("apps.create", {
    body: {
      ...{ name: "tools", title: "Tools", host: "tools.localhost", segment: "main" },
      ...{ upstreams: [`http://127.0.0.1:${port}`], settings },
    },
  });
  tools = `http://tools.localhost:${system.port}`;
});
afterAll(async () => {
  closeServer(server);
  await system.stop();
});

/** Names below `.localhost` need not be in DNS. */
function viaGateway(url: string | URL, init: RequestInit = {}): Promise<Response> {
  const { host, pathname, search } = new URL(url);
  const headers = { ...Object.fromEntries(new Headers(init.headers)), host };
  return new Promise((resolve, reject) => {
    const options = {
      host: "127.0.0.1",
      port: system.port,
      path: pathname + search,
      method: init.method ?? "GET",
      headers,
    };
    const outgoing = httpRequest(options, (incoming) => {
      const status = incoming.statusCode ?? 500;
      const hasBody = status !== 204 && status !== 304;
      const body = hasBody ? (Readable.toWeb(incoming) as ReadableStream<Uint8Array>) : null;
      const pairs = Object.entries(incoming.headers).map(
        ([name, value]) => [name, String(value)] as [string, string],
      );
      resolve(new Response(body, { status, headers: pairs }));
    });
    outgoing.on("error", reject);
    init.signal?.addEventListener("abort", () => outgoing.destroy());
    outgoing.end(init.body ? String(init.body) : undefined);
  });
}

/** The person signs in, reads the question and says yes. Gives the address that their browser goes to. */
async function sayYes(url: string | URL, user = "alice"): Promise<URL> {
  const browser = new Visitor();
  const { response: page } = await browser.visit(String(url), user);
  expect(page.headers["x-rustronaut-response"], page.text).toBe("confirm_client");
  const field = (name: string) => new RegExp(`name="${name}" value="([^"]+)"`).exec(page.text)?.[1] ?? "";
  const form = new URLSearchParams({ a: field("a"), csrf: field("csrf"), answer: "yes" });
  const headers = { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin" };
  const answer = await browser.get(`${system.authOrigin}/.rustronaut/client`, headers, "POST", String(form));
  return new URL(String(answer.headers.refresh).replace("0; url=", ""));
}

/** What a program keeps between its runs. */
function memory() {
  const kept: Record<string, unknown> = {};
  let asked: URL | undefined;
  const provider = {
    redirectUrl: REDIRECT,
    clientMetadata: { client_name: "SDK", redirect_uris: [REDIRECT], token_endpoint_auth_method: "none" },
    state: () => "state-of-the-sdk",
    clientInformation: () => kept.client as never,
    saveClientInformation: (client: unknown) => {
      kept.client = client;
    },
    tokens: () => kept.tokens as never,
    saveTokens: (tokens: unknown) => {
      kept.tokens = tokens;
    },
    redirectToAuthorization: (url: URL) => {
      asked = url;
    },
    saveCodeVerifier: (verifier: string) => {
      kept.verifier = verifier;
    },
    codeVerifier: () => String(kept.verifier),
  };
  return { kept, provider, asked: () => asked };
}

async function connect(provider: ReturnType<typeof memory>["provider"]) {
  const client = new Client({ name: "test", version: "1" });
  const transport = new StreamableHTTPClientTransport(new URL(`${tools}/mcp`), {
    authProvider: provider,
    fetch: viaGateway,
  });
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  return client;
}

describe("the SDK's own client", () => {
  it("finds its way from the 401 to a token, calls tools, renews, and is cut off with its session", async () => {
    const { kept, provider, asked } = memory();
    await expect(connect(provider)).rejects.toThrow(UnauthorizedError);
    const back = await sayYes(asked() ?? "");
    expect(back.searchParams.get("state")).toBe("state-of-the-sdk");
    const transport = new StreamableHTTPClientTransport(new URL(`${tools}/mcp`), {
      authProvider: provider,
      fetch: viaGateway,
    });
    await transport.finishAuth(back.searchParams.get("code") ?? "");
    const client = await connect(provider);
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["add", "erase"]);
    expect(await client.callTool({ name: "add" })).toMatchObject({ content: [{ text: "did add" }] });
    await expect(client.callTool({ name: "erase" })).rejects.toThrow(/A policy does not allow this/);
    // The client goes on after a refusal.
    expect(await client.callTool({ name: "add" })).toMatchObject({ content: [{ text: "did add" }] });
    expect(new Set(authorizations)).toEqual(new Set([undefined]));

    const before = kept.tokens as { refresh_token: string };
    kept.tokens = { ...before, access_token: "rnoat_over" };
    expect(await client.callTool({ name: "add" })).toMatchObject({ content: [{ text: "did add" }] });
    expect((kept.tokens as typeof before).refresh_token).not.toBe(before.refresh_token);

    const { data } = await system.admin.call("sessions.list", { query: { limit: 100 } });
    const held = data.items.find(({ userAgent }) => userAgent === "SDK (OAuth client)");
    expect(held).toMatchObject({ email: "alice@example.com", appName: "tools" });
    await system.admin.call("sessions.kill", { params: { session: held?.id ?? "" } });
    await expect(client.callTool({ name: "add" })).rejects.toThrow();
    await client.close();
  });
});

describe("oauth4webapi, as a client that is described by a document", () => {
  const insecure = { [oauth.allowInsecureRequests]: true, [oauth.customFetch]: viaGateway as never };

  it("accepts each answer, renews and revokes", async () => {
    const resource = new URL(`${tools}/mcp`);
    const described = await oauth.processResourceDiscoveryResponse(
      resource,
      await oauth.resourceDiscoveryRequest(resource, insecure),
    );
    const issuer = new URL(described.authorization_servers?.[0] ?? "");
    const as = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { ...insecure, algorithm: "oauth2" }),
    );
    const client = { client_id: document };
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const url = new URL(as.authorization_endpoint ?? "");
    for (const [name, value] of Object.entries({
      ...{ client_id: document, redirect_uri: REDIRECT, response_type: "code", state, scope: "access" },
      ...{ code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256" },
      resource: described.resource,
    }))
      url.searchParams.set(name, value);
    const answer = oauth.validateAuthResponse(as, client, await sayYes(url), state);
    const tokens = await oauth.processAuthorizationCodeResponse(
      as,
      client,
      await oauth.authorizationCodeGrantRequest(as, client, oauth.None(), answer, REDIRECT, verifier, {
        ...insecure,
        additionalParameters: { resource: described.resource },
      }),
    );
    const call = (token: string) =>
      oauth.protectedResourceRequest(
        token,
        "POST",
        resource,
        new Headers({ "content-type": "application/json", accept: "application/json, text/event-stream" }),
        JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "add" } }),
        insecure,
      );
    expect((await call(tokens.access_token)).status).toBe(200);
    const renewed = await oauth.processRefreshTokenResponse(
      as,
      client,
      await oauth.refreshTokenGrantRequest(as, client, oauth.None(), tokens.refresh_token ?? "", insecure),
    );
    expect((await call(renewed.access_token)).status).toBe(200);
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(as, client, oauth.None(), renewed.refresh_token ?? "", insecure),
    );
    await expect(call(renewed.access_token)).rejects.toThrow(oauth.WWWAuthenticateChallengeError);
  });
});

it("somebody whom the policies don't let in is not asked, so nobody acts for them", async () => {
  const { provider, asked } = memory();
  await expect(connect(provider)).rejects.toThrow(UnauthorizedError);
  const { response } = await new Visitor().visit(String(asked()), "bob");
  expect([response.status, response.headers["x-rustronaut-response"]]).toEqual([403, "denied_by_policy"]);
});
