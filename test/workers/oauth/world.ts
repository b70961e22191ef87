import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect } from "vitest";
import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import type { Body } from "../../../shared/api/endpoints.ts";
import worker from "../../../workers/index.ts";
import { openSignIn } from "../../../workers/sign-in/open-sign-in.ts";
import { enabledProvider } from "../../../workers/sign-in/providers.ts";
import { bindings, call, createNetwork } from "../hub/world.ts";
import { answerAt, silentProvider, startNetwork } from "../login/silent-provider.ts";
import { applyRegistry } from "../registry.ts";

/** A network with an MCP server, an API that takes registered clients, and an app that takes none. */

export const AUTH = "http://auth.localhost";
export const MCP = "http://tools.localhost";
export const API = "http://api.localhost";
export const PLAIN = "http://plain.localhost";
export const REDIRECT = "https://client.example/callback";

const app = (name: string, settings: object = {}) => ({
  ...{
    name,
    title: name,
    host: `${name}.localhost`,
    segment: "main",
    upstreams: [`https://${name}.example`],
  },
  settings,
});
const NETWORK: Body<"network.plan">["document"] = {
  version: 1,
  segments: [{ name: "main" }],
  users: [{ email: "root@elsewhere.example", role: "owner" }],
  apps: [
    app("tools", { oauthClients: "any", mcp: true }),
    app("api", { oauthClients: "registered" }),
    app("plain"),
  ],
  policies: [
    {
      name: "all",
      source: `permit (principal is User, action, resource);
forbid (principal, action, resource == App::"tools") when { context has mcp && context.mcp has tool && context.mcp.tool == "shut" };
forbid (principal, action, resource == App::"tools") when { context has mcp && context.mcp has tool && context.mcp.tool == "fresh" && context has authentication && context.authentication.age > 5 };
forbid (principal, action, resource == App::"tools") when { context has client && !context.client.isRegistered && context.request.path == "/registered-only" };`,
    },
  ],
};

/** What reached the applications. */
export const seen: { readonly host: string; readonly request: Request; readonly body: string }[] = [];

export let token = "";

let started: Promise<void> | undefined;
/** Whoever comes first starts it. */
export const startWorld = (): Promise<void> => {
  started ??= start();
  return started;
};

async function start(): Promise<void> {
  await applyRegistry();
  token = await createNetwork();
  await startNetwork();
  const plan = await call(token, "POST", "/network/plan", { body: { document: NETWORK } });
  expect(plan.status, JSON.stringify(plan.json)).toBe(200);
  const body = { document: NETWORK, baseVersion: plan.json.baseVersion };
  const applied = await call(token, "POST", "/network/apply", { body });
  expect(applied.status, JSON.stringify(applied.json)).toBe(200);
  for (const name of ["tools", "api", "plain"]) {
    answerAt(`${name}.example`, async (url, init) => {
      const request = new Request(url, init);
      seen.push({ host: name, request, body: await request.clone().text() });
      return Response.json({ jsonrpc: "2.0", id: 1, result: { app: name } });
    });
  }
}

/** One request to the Worker. */
export async function send(url: string, init: RequestInit = {}): Promise<Response> {
  return worker.fetch(new Request(url, { redirect: "manual", ...init }), env, createExecutionContext());
}

const NAVIGATION = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "none" };

export interface Person {
  /** The browser opens an address. */
  open(url: string): Promise<Response>;
  /** The browser sends a form of the auth host. */
  post(path: string, fields: Record<string, string>): Promise<Response>;
  readonly cookie: string;
  readonly userId: string;
}

/** Somebody who is signed in at the auth host. */
export async function person(): Promise<Person> {
  const provider = await silentProvider();
  const row = await enabledProvider(env.DB, provider.id);
  if (!row) throw new Error("no provider");
  const claims = {
    ...{ subject: String(provider.claims.sub), email: String(provider.claims.email), name: "Ann" },
    ...{ groups: [], groupsStated: true, sid: null, acr: null, amr: [] },
    authTime: Math.floor(Date.now() / 1_000) - 60,
  };
  const opened = await openSignIn(new Request(AUTH), bindings, row, claims, null);
  if (!opened.ok) throw new Error(opened.error);
  const cookie = `__Host-rn_g=${opened.value}`;
  const user = await env.DB.prepare("SELECT id FROM users WHERE email = ?").bind(claims.email).first("id");
  return {
    cookie,
    userId: String(user),
    open: (url) => send(url, { headers: { ...NAVIGATION, cookie } }),
    post: (path, fields) =>
      send(AUTH + path, {
        method: "POST",
        headers: {
          cookie,
          "sec-fetch-site": "same-origin",
          "content-type": "application/x-www-form-urlencoded",
        },
        body: new URLSearchParams(fields),
      }),
  };
}

export const VERIFIER = "verifier-verifier-verifier-verifier-verifier";

export const request = (clientId: string, changed: Record<string, string | null> = {}): string => {
  const fields = {
    ...{ response_type: "code", client_id: clientId, redirect_uri: REDIRECT, state: "the-state" },
    ...{ code_challenge: hashSecret(VERIFIER), code_challenge_method: "S256", resource: `${MCP}/mcp` },
    ...changed,
  };
  const query = new URLSearchParams(
    Object.entries(fields).filter((field): field is [string, string] => field[1] !== null),
  );
  return `${AUTH}/oauth/authorize?${query}`;
};

/** Each program is in a network of its own, so that none is one too many. */
let programs = 0;
export async function registerSelf(body: Record<string, unknown> = {}): Promise<string> {
  const response = await send(`${AUTH}/oauth/register`, {
    method: "POST",
    headers: { "content-type": "application/json", "CF-Connecting-IP": `192.0.2.${++programs % 250}` },
    body: JSON.stringify({ client_name: "A client", redirect_uris: [REDIRECT], ...body }),
  });
  expect(response.status).toBe(201);
  return ((await response.json()) as { client_id: string }).client_id;
}

/** The page that asks, after the browser was led there. */
export async function asked(
  who: Person,
  url: string,
): Promise<{ page: string; fields: Record<string, string> }> {
  const begun = await who.open(url);
  expect(begun.status, await begun.clone().text()).toBe(303);
  const page = await who.open(AUTH + begun.headers.get("location"));
  const text = await page.text();
  expect(page.headers.get("x-rustronaut-response"), text).toBe("confirm_client");
  const field = (name: string) => new RegExp(`name="${name}" value="([^"]+)"`).exec(text)?.[1] ?? "";
  return { page: text, fields: { a: field("a"), csrf: field("csrf") } };
}

/** What the client gets in its address, when the person says yes. */
export async function agreed(who: Person, url: string): Promise<URL> {
  const { fields } = await asked(who, url);
  const answer = await who.post("/.rustronaut/client", { ...fields, answer: "yes" });
  expect(answer.status).toBe(200);
  return new URL((answer.headers.get("refresh") ?? "").replace("0; url=", ""));
}

export const form = (path: string, fields: Record<string, string | null>): Promise<Response> =>
  send(AUTH + path, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(
      Object.entries(fields).filter((field): field is [string, string] => field[1] !== null),
    ),
  });

export const redeem = (clientId: string, code: string, changed: Record<string, string | null> = {}) =>
  form("/oauth/token", {
    ...{ grant_type: "authorization_code", client_id: clientId, code, redirect_uri: REDIRECT },
    ...{ code_verifier: VERIFIER, resource: `${MCP}/mcp` },
    ...changed,
  });

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
  readonly scope: string;
}

export const refresh = (
  clientId: string,
  refreshToken: string,
  changed: Record<string, string | null> = {},
) =>
  form("/oauth/token", {
    ...{ grant_type: "refresh_token", client_id: clientId, refresh_token: refreshToken },
    ...changed,
  });

/** All of it: the tokens of a client to whom the person said yes. */
export async function connected(
  who: Person,
  clientId: string,
  resource = `${MCP}/mcp`,
  changed: Record<string, string | null> = {},
): Promise<Tokens> {
  const answer = await agreed(who, request(clientId, { resource, ...changed }));
  const response = await redeem(clientId, answer.searchParams.get("code") ?? "", { resource });
  expect(response.status, await response.clone().text()).toBe(200);
  return (await response.json()) as Tokens;
}

export const message = (method: string, params: unknown = {}, id: unknown = 7) =>
  JSON.stringify({ jsonrpc: "2.0", id, method, params });

/** A message to the MCP server. */
export const say = (
  accessToken: string | null,
  body: string | Uint8Array = message("tools/list"),
  headers: Record<string, string> = {},
  url = `${MCP}/mcp`,
): Promise<Response> =>
  send(url, {
    method: "POST",
    headers: {
      ...{ "content-type": "application/json", accept: "application/json, text/event-stream" },
      ...(accessToken === null ? {} : { authorization: `Bearer ${accessToken}` }),
      ...headers,
    },
    body,
  });

export const errorOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { error: string }).error;

/** Before the tests of a file: the network, somebody, and a program of theirs. What reached the apps is forgotten before each. */
export function somebody(): { readonly person: Person; readonly client: string } {
  const who = {} as { person: Person; client: string };
  beforeAll(async () => {
    await startWorld();
    who.person = await person();
    who.client = await registerSelf();
  }, 60_000);
  beforeEach(() => {
    seen.length = 0;
  });
  return who;
}
