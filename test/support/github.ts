import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { closeServer } from "./harness.ts";

export interface GithubAccountFixture {
  id: number;
  login: string;
  name: string | null;
  emails: { email: string; primary: boolean; verified: boolean; visibility: string | null }[];
  /** By organisation: how the membership stands, and the teams as `slug` or `parent/slug`. */
  memberships: Record<string, { state: "active" | "pending"; teams: string[] }>;
  suspended?: boolean;
}

/** What an organisation asks for before it lets an application see anything. */
export type Protection = "none" | "sso" | "restricted";

export interface GithubFixture {
  readonly origin: string;
  readonly accounts: Map<string, GithubAccountFixture>;
  readonly organizations: Map<string, { id: number; protection: Protection }>;
  /** Who is signed in at GitHub's pages, by login; GitHub sends the browser back at once. */
  signedIn: string;
  /** Requests that are still answered before the rate limit is reached. */
  remaining: number;
  /** Items of a page, whatever was asked for. */
  pageSize: number;
  /** Changes an answer of the API at a path before it is sent. */
  readonly tamper: Map<string, (body: unknown) => unknown>;
  /** Overrides of what the browser is sent back with. */
  back: Record<string, string>;
  /** What the last sign-in asked for. */
  asked: URLSearchParams;
  /** Requests so far: method and path. */
  readonly hits: string[];
  revoke(login: string): void;
  close(): void;
}

/**
 * A GitHub Enterprise Server as far as its documentation describes what a sign-in needs: the web flow of OAuth apps with
 * PKCE, `/user`, addresses, memberships, teams, paging by `Link`, `X-GitHub-SSO`, rate limits.
 */
export async function startGithub(options: {
  readonly port: number;
  readonly clientId: string;
  readonly clientSecret: string;
  /** As registered; a sign-in may name it or what lies below. */
  readonly callbackUrl: string;
}): Promise<GithubFixture> {
  const origin = `http://127.0.0.1:${options.port}`;
  const codes = new Map<string, { login: string; challenge: string; redirectUri: string; scope: string }>();
  const tokens = new Map<string, { login: string; scope: string }>();

  const github: GithubFixture = {
    origin,
    accounts: new Map(),
    organizations: new Map(),
    signedIn: "",
    remaining: 5_000,
    pageSize: 100,
    tamper: new Map(),
    back: {},
    asked: new URLSearchParams(),
    hits: [],
    revoke(login) {
      for (const [token, grant] of tokens) if (grant.login === login) tokens.delete(token);
    },
    close: () => closeServer(server),
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", origin);
    github.hits.push(`${request.method} ${url.pathname}`);
    const work =
      url.pathname === "/login/oauth/authorize"
        ? authorize(url, response)
        : url.pathname === "/login/oauth/access_token"
          ? redeem(request, response)
          : url.pathname.startsWith("/api/v3/")
            ? api(url.pathname.slice("/api/v3".length), url, request, response)
            : json(response, 404, { message: "Not Found" });
    work.catch((error: Error) => response.writeHead(500).end(error.message));
  });
  await new Promise<void>((resolve) => server.listen(options.port, "127.0.0.1", resolve));
  return github;

  async function authorize({ searchParams }: URL, response: ServerResponse): Promise<void> {
    github.asked = searchParams;
    const redirectUri = searchParams.get("redirect_uri") ?? options.callbackUrl;
    const isBelow = redirectUri === options.callbackUrl || redirectUri.startsWith(`${options.callbackUrl}/`);
    const known = searchParams.get("client_id") === options.clientId;
    if (!known || !isBelow) return json(response, 404, { message: "redirect_uri_mismatch" });
    const code = randomBytes(10).toString("hex");
    codes.set(code, {
      login: github.signedIn,
      challenge: searchParams.get("code_challenge") ?? "",
      redirectUri,
      scope: searchParams.get("scope") ?? "",
    });
    const back = new URL(redirectUri);
    const parameters = { code, state: searchParams.get("state") ?? "", ...github.back };
    for (const [name, value] of Object.entries(parameters)) back.searchParams.set(name, value);
    response.writeHead(302, { Location: back.href }).end();
  }

  async function redeem(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await textOf(request));
    const grant = codes.get(form.get("code") ?? "");
    codes.delete(form.get("code") ?? "");
    const refuse = (error: string) =>
      json(response, 200, { error, error_description: "see the documentation" });
    if (form.get("client_id") !== options.clientId || form.get("client_secret") !== options.clientSecret) {
      return refuse("incorrect_client_credentials");
    }
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    if (!grant || grant.challenge !== challenge) return refuse("bad_verification_code");
    if (form.get("redirect_uri") !== grant.redirectUri) return refuse("redirect_uri_mismatch");
    const token = `gho_${randomBytes(18).toString("hex")}`;
    tokens.set(token, grant);
    const scope = grant.scope.replaceAll(" ", ",");
    const body: unknown = { access_token: token, token_type: "bearer", scope };
    return json(response, 200, (github.tamper.get("token") ?? ((same: unknown) => same))(body));
  }

  async function api(
    path: string,
    url: URL,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    if (!request.headers["user-agent"]) return json(response, 403, { message: "A User-Agent is required" });
    github.remaining--;
    response.setHeader("X-RateLimit-Remaining", String(Math.max(0, github.remaining)));
    if (github.remaining < 0) return json(response, 403, { message: "API rate limit exceeded" });
    const [scheme, credentials = ""] = (request.headers.authorization ?? "").split(" ");
    if (scheme === "Basic") return asClient(path, credentials, response);
    const grant = tokens.get(credentials);
    const account = github.accounts.get(grant?.login ?? "");
    if (!grant || !account || account.suspended) return json(response, 401, { message: "Bad credentials" });
    const send = (status: number, body: unknown) => {
      const change = github.tamper.get(path);
      return json(response, status, change && status === 200 ? change(body) : body);
    };
    const may = (scope: string) => grant.scope.split(" ").includes(scope);
    if (path === "/user") {
      const { id, login, name } = account;
      return send(200, { id, login, name, type: "User", email: null });
    }
    if (path === "/user/emails" && may("user:email")) return paged(url, response, send, account.emails);
    if (path === "/user/teams" && may("read:org")) return paged(url, response, send, teamsOf(account));
    const organization = /^\/user\/memberships\/orgs\/([\w-]+)$/.exec(path)?.[1];
    if (organization && may("read:org")) return membership(organization, account, response, send);
    return json(response, 404, { message: "Not Found" });
  }

  function asClient(path: string, credentials: string, response: ServerResponse): Promise<void> {
    const given = Buffer.from(credentials, "base64").toString();
    if (given !== `${options.clientId}:${options.clientSecret}`)
      return json(response, 401, { message: "Bad credentials" });
    const known = github.organizations.get(/^\/orgs\/([\w-]+)$/.exec(path)?.[1] ?? "");
    return known ? json(response, 200, known) : json(response, 404, { message: "Not Found" });
  }

  function membership(
    name: string,
    account: GithubAccountFixture,
    response: ServerResponse,
    send: (status: number, body: unknown) => Promise<void>,
  ): Promise<void> {
    const organization = github.organizations.get(name);
    const own = account.memberships[name];
    if (organization?.protection === "sso") {
      response.setHeader("X-GitHub-SSO", `required; url=${origin}/orgs/${name}/sso?authorization_request=x`);
      return send(403, { message: "Resource protected by organization SAML enforcement." });
    }
    if (organization?.protection === "restricted") {
      return send(403, { message: `the \`${name}\` organization has enabled OAuth App access restrictions` });
    }
    if (!organization || !own) return send(404, { message: "Not Found" });
    const { id, login } = account;
    return send(200, {
      state: own.state,
      role: "member",
      organization: { login: capital(name), id: organization.id },
      user: { id, login },
    });
  }

  function teamsOf({ memberships }: GithubAccountFixture): unknown[] {
    return Object.entries(memberships).flatMap(([name, { state, teams }]) => {
      const protection = github.organizations.get(name)?.protection;
      if (state !== "active" || protection !== "none") return [];
      return teams.map((path) => {
        const [slug, parent] = path.split("/").reverse();
        return {
          slug,
          name: `Team ${slug}`,
          parent: parent ? { slug: parent, name: parent } : null,
          organization: { login: capital(name), id: github.organizations.get(name)?.id },
        };
      });
    });
  }

  function paged(
    { searchParams, pathname }: URL,
    response: ServerResponse,
    send: (status: number, body: unknown) => Promise<void>,
    items: readonly unknown[],
  ): Promise<void> {
    const page = Number(searchParams.get("page") ?? 1);
    const size = Math.min(github.pageSize, Number(searchParams.get("per_page") ?? 30));
    const end = page * size;
    if (end < items.length) {
      response.setHeader("Link", `<${origin}${pathname}?per_page=${size}&page=${page + 1}>; rel="next"`);
    }
    return send(200, items.slice(end - size, end));
  }
}

/** GitHub shows the spelling of whoever made the organisation. */
const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

async function json(response: ServerResponse, status: number, body: unknown): Promise<void> {
  response.writeHead(status, { "Content-Type": "application/json; charset=utf-8" }).end(JSON.stringify(body));
}
