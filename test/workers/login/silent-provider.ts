import { env } from "cloudflare:workers";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { vi } from "vitest";
import type { IdentityClaims } from "../../../shared/access/login/identity-claims.ts";
import type { Session } from "../../../shared/access/sessions/types.ts";
import { base64url } from "../../../shared/base/base64url.ts";
import { checkBindings } from "../../../workers/platform/env.ts";
import { sessionsObject } from "../../../workers/platform/objects.ts";
import { openSignIn } from "../../../workers/sign-in/open-sign-in.ts";
import { enabledProvider } from "../../../workers/sign-in/providers.ts";
import { recheckGrants } from "../../../workers/sign-in/recheck/index.ts";

const db = env.DB;
export const bindings = checkBindings(env);

/** How the token endpoint answers. */
export type Mode = "well" | "invalid_grant" | "invalid_client" | "5xx" | "timeout" | "unacceptable";

/** An identity provider in the place of `fetch`: it knows one refresh token and replaces it at each use. */
export interface SilentProvider {
  readonly id: string;
  mode: Mode;
  token: string;
  claims: Record<string, unknown>;
  /** A claims token of its own, for a claim that stands elsewhere. */
  claimsToken(claims: Record<string, unknown>): Promise<string>;
  /** What is behind `/claims`, or null for nothing. */
  elsewhere: string | null;
  readonly issuer: string;
  /** Happens while the token endpoint holds a request. */
  meanwhile: () => Promise<unknown>;
  /** Requests to the token endpoint so far. */
  asked: number;
  /** @param who Somebody else than the one person that `claims` speak of. */
  signIn(token?: string, who?: string): Promise<Session>;
  /** A token of this issuer with any claims and header; signed with its key unless the header says otherwise. */
  sign(claims: Record<string, unknown>, header: Record<string, unknown>): Promise<string>;
  /** A logout token for the person that `claims` speak of. */
  logoutToken(): Promise<string>;
  /** When the person signed in at the provider, in seconds. */
  authTime: number;
  /** The provider's id of the session. */
  sid: string | null;
  /** A security event token about the person that `claims` speak of, or about another subject. */
  securityEvent(
    events: Record<string, object>,
    changed?: Record<string, unknown>,
    header?: object,
  ): Promise<string>;
  /** The session as its object has it, or undefined once it ended. */
  live(session: Session): Promise<Session | undefined>;
  /** Moves the grants of this provider into the past. */
  pass(ms: number): Promise<void>;
  row(): Promise<Record<string, unknown> | null>;
}

export const HOUR = 3_600_000;

/** OpenID Connect Back-Channel Logout 1.0 §2.4. */
const LOGOUT = "http://schemas.openid.net/event/backchannel-logout";

let count = 0;

/** Call `startNetwork` before. */
export async function silentProvider(): Promise<SilentProvider> {
  count++;
  const id = `idp_${count}`;
  const issuer = `https://idp${count}.example`;
  const sub = `subject${count}`;
  const email = `person${count}@corp.com`;
  await db
    .prepare(
      `INSERT INTO identity_providers (id, name, issuer, client_id, allowed_domains, created_at, updated_at)
       VALUES (?, ?, ?, 'me', '["corp.com"]', 1, 1)`,
    )
    .bind(id, id, issuer)
    .run();
  const { privateKey, publicKey } = await generateKeyPair("RS256");
  const keys = [{ ...(await exportJWK(publicKey)), kid: "k", alg: "RS256", use: "sig" }];

  const provider: SilentProvider = {
    id,
    issuer,
    elsewhere: null,
    authTime: 1,
    sid: null,
    securityEvent: (events, changed = {}, header = {}) => {
      const claims = {
        iss: issuer,
        aud: "us",
        iat: Math.floor(Date.now() / 1_000),
        jti: crypto.randomUUID(),
        sub_id: { format: "iss_sub", iss: issuer, sub },
        events,
        ...changed,
      };
      return new SignJWT(claims)
        .setProtectedHeader({ alg: "RS256", kid: "k", typ: "secevent+jwt", ...header })
        .sign(privateKey);
    },
    claimsToken: (claims) =>
      new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "k" }).setIssuer(issuer).sign(privateKey),
    mode: "well",
    token: `rt-${crypto.randomUUID()}`,
    claims: { sub, email, email_verified: true, name: "Person", groups: ["sales"] },
    meanwhile: async () => {},
    asked: 0,
    async signIn(token = provider.token, who = "") {
      const row = await enabledProvider(db, id);
      if (!row) throw new Error("no provider");
      const claims: IdentityClaims = {
        subject: who + sub,
        email: who + email,
        name: "Person",
        groups: ["sales"],
        groupsStated: true,
        sid: provider.sid,
        acr: null,
        amr: [],
        authTime: provider.authTime,
      };
      const request = new Request("https://auth.example/", { headers: { "user-agent": id } });
      const opened = await openSignIn(request, bindings, row, claims, token);
      if (!opened.ok) throw new Error(opened.error);
      const [found] = (
        await db
          .prepare("SELECT id, owner FROM sessions_index WHERE user_agent = ? ORDER BY rowid DESC LIMIT 1")
          .bind(id)
          .all<{ id: string; owner: string }>()
      ).results;
      const session =
        found && (await sessionsObject(bindings, found.owner).list({ by: "session", id: found.id }))[0];
      if (!session) throw new Error("no session");
      owners.set(session.id, found.owner);
      return session;
    },
    async live(session) {
      const owner = owners.get(session.id) ?? "";
      return (await sessionsObject(bindings, owner).list({ by: "session", id: session.id }))[0];
    },
    async sign(claims, header) {
      const all = Object.fromEntries(
        Object.entries({ alg: "RS256", kid: "k", ...header }).filter(([, value]) => value !== undefined),
      );
      if (all.alg === "none") {
        const text = (value: unknown) => base64url(new TextEncoder().encode(JSON.stringify(value)));
        return `${text(all)}.${text(claims)}.`;
      }
      const secret = new TextEncoder().encode(JSON.stringify(keys[0]));
      return new SignJWT(claims)
        .setProtectedHeader(all as { alg: string })
        .sign(all.alg === "HS256" ? secret : privateKey);
    },
    logoutToken: () =>
      new SignJWT({ sub, jti: crypto.randomUUID(), events: { [LOGOUT]: {} } })
        .setProtectedHeader({ alg: "RS256", kid: "k", typ: "logout+jwt" })
        .setIssuer(issuer)
        .setAudience("me")
        .setIssuedAt()
        .sign(privateKey),
    async pass(ms) {
      await db
        .prepare(
          `UPDATE provider_grants SET due_at = due_at - ?1, confirmed_at = confirmed_at - ?1
           WHERE identity_id IN (SELECT id FROM identities WHERE provider_id = ?2)`,
        )
        .bind(ms, id)
        .run();
    },
    row: () =>
      db
        .prepare(
          "SELECT g.* FROM provider_grants g JOIN identities i ON i.id = g.identity_id WHERE i.provider_id = ?",
        )
        .bind(id)
        .first(),
  };
  const owners = new Map<string, string>();

  async function tokenAnswer(body: URLSearchParams): Promise<Response> {
    provider.asked++;
    await provider.meanwhile();
    switch (provider.mode) {
      case "5xx":
        return new Response("bad gateway", { status: 502 });
      case "timeout":
        throw new DOMException("too slow", "TimeoutError");
      case "invalid_client":
      case "invalid_grant":
        return Response.json({ error: provider.mode }, { status: 400 });
    }
    if (body.get("refresh_token") !== provider.token) {
      return Response.json({ error: "invalid_grant" }, { status: 400 });
    }
    provider.token = `rt-${crypto.randomUUID()}`;
    const now = Math.floor(Date.now() / 1_000);
    const idToken = await new SignJWT(provider.claims)
      .setProtectedHeader({ alg: "RS256", kid: "k" })
      .setIssuer(issuer)
      .setAudience(provider.mode === "unacceptable" ? "another" : "me")
      .setIssuedAt(now)
      .setExpirationTime(now + 60)
      .sign(privateKey);
    return Response.json({
      access_token: "at",
      token_type: "Bearer",
      id_token: idToken,
      refresh_token: provider.token,
    });
  }

  answers.set(new URL(issuer).host, async (url, init) => {
    switch (url.pathname) {
      case "/.well-known/openid-configuration":
        return Response.json({
          issuer,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/jwks`,
          id_token_signing_alg_values_supported: ["RS256"],
        });
      case "/.well-known/ssf-configuration":
        return Response.json({ issuer, jwks_uri: `${issuer}/jwks` });
      case "/jwks":
        return Response.json({ keys });
      case "/claims":
        return provider.elsewhere === null
          ? new Response(null, { status: 404 })
          : new Response(provider.elsewhere, { headers: { "content-type": "application/jwt" } });
      default:
        return tokenAnswer(new URLSearchParams(String(init?.body)));
    }
  });
  return provider;
}

type AnswerOf = (url: URL, init: RequestInit | undefined) => Promise<Response>;
const answers = new Map<string, AnswerOf>();
/** Has somebody else answer at a host. */
export const answerAt = (host: string, answer: AnswerOf): unknown => answers.set(host, answer);

/** Puts the silent providers in the place of the network. */
export async function startNetwork(): Promise<void> {
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const url = new URL(String(input instanceof Request ? input.url : input));
    const answer = answers.get(url.host);
    if (!answer) throw new Error(`nobody at ${url.host}`);
    return answer(url, init);
  });
  await db
    .prepare("INSERT OR IGNORE INTO networks (id, name, created_at, updated_at) VALUES (1, 'test', 1, 1)")
    .run();
}

export const run = () => recheckGrants(bindings);
