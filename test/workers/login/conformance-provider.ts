import { env } from "cloudflare:workers";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { vi } from "vitest";
import type { ProviderAttempt } from "../../../shared/access/login/types.ts";
import { base64url } from "../../../shared/base/base64url.ts";
import { checkBindings } from "../../../workers/platform/env.ts";
import { seal } from "../../../workers/platform/secrets.ts";
import { exchangeCode } from "../../../workers/sign-in/oidc/exchange.ts";
import { enabledProvider, providerSecretContext } from "../../../workers/sign-in/providers.ts";

export const bindings = checkBindings(env);

type Algorithm = "RS256" | "ES256";

/** A key of the provider, as it signs and as it publishes it. */
export interface Key {
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

export async function newKey(alg: Algorithm = "RS256"): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  const jwk = { ...(await exportJWK(publicKey)), kid: crypto.randomUUID(), alg, use: "sig" };
  return { privateKey, jwk };
}

const text = (value: unknown) => base64url(new TextEncoder().encode(JSON.stringify(value)));

/**
 * The provider of the conformance suite for relying parties: honest, until a case makes one thing of it wrong. It is in
 * the place of the network.
 */
export class ConformanceProvider {
  readonly id = `idp_${crypto.randomUUID()}`;
  readonly issuer = `https://${this.id.replace("_", "-")}.example`;
  key!: Key;
  /** What the key set holds. */
  published: readonly unknown[] = [];
  /** How the ID token is signed. */
  alg: Algorithm | "none" | "HS256" = "RS256";
  /** Changes of the ID token's claims, of its header, of the metadata, and of userinfo. */
  claims: Record<string, unknown> = {};
  header: Record<string, unknown> = {};
  metadata: Record<string, unknown> = {};
  userinfo: Record<string, unknown> = {};
  /** Happens right before the ID token is signed. */
  beforeSigning: () => Promise<void> = async () => {};
  /** Requests so far, by path, and the last one of each. */
  readonly asked = new Map<string, RequestInit[]>();

  async register(clientSecret = "the-secret"): Promise<this> {
    await this.takeKey(await newKey());
    const secret = await seal(bindings, clientSecret, providerSecretContext(this.id));
    await env.DB.prepare(
      `INSERT INTO identity_providers (id, name, issuer, client_id, client_secret_sealed, created_at, updated_at)
       VALUES (?1, ?1, ?2, 'me', ?3, 1, 1)`,
    )
      .bind(this.id, this.issuer, secret)
      .run();
    hosts.set(new URL(this.issuer).host, this);
    return this;
  }

  /** The key with which it signs from now on, alone in its set. */
  async takeKey(key: Key): Promise<void> {
    this.key = key;
    this.published = [key.jwk];
  }

  /** What the relying party makes of a code: the claims. Rejects where it refuses the answer. */
  async signIn() {
    const provider = await enabledProvider(env.DB, this.id);
    if (!provider) throw new Error("no provider");
    const attempt = { nonce: NONCE, codeVerifier: "v".repeat(43) } as ProviderAttempt;
    const answer = new URLSearchParams({ code: "c", state: "s", iss: this.issuer });
    return (await exchangeCode(bindings, provider, attempt, "s", answer)).claims;
  }

  async answer(url: URL, init: RequestInit): Promise<Response> {
    this.asked.set(url.pathname, [...(this.asked.get(url.pathname) ?? []), init]);
    switch (url.pathname) {
      case "/.well-known/openid-configuration":
        return Response.json({
          issuer: this.issuer,
          authorization_endpoint: `${this.issuer}/authorize`,
          token_endpoint: `${this.issuer}/token`,
          userinfo_endpoint: `${this.issuer}/userinfo`,
          jwks_uri: `${this.issuer}/jwks`,
          id_token_signing_alg_values_supported: ["RS256", "ES256", "HS256", "none"],
          ...this.metadata,
        });
      case "/jwks":
        return Response.json({ keys: this.published });
      case "/token":
        return Response.json({
          access_token: "at",
          token_type: "Bearer",
          id_token: await this.#idToken(),
        });
      case "/userinfo":
        return Response.json({
          sub: "sub",
          email: "a@corp.com",
          email_verified: true,
          name: "A",
          groups: [],
          ...this.userinfo,
        });
      default:
        return new Response(null, { status: 404 });
    }
  }

  async #idToken(): Promise<string> {
    await this.beforeSigning();
    const now = Math.floor(Date.now() / 1_000);
    const all = {
      iss: this.issuer,
      sub: "sub",
      aud: "me",
      iat: now,
      exp: now + 60,
      nonce: NONCE,
      ...this.claims,
    };
    const claims = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    const header = { alg: this.alg, kid: this.key.jwk.kid, ...this.header };
    if (this.alg === "none") return `${text(header)}.${text(claims)}.`;
    const secret = new TextEncoder().encode(JSON.stringify(this.key.jwk));
    return new SignJWT(claims)
      .setProtectedHeader(header as { alg: string })
      .sign(this.alg === "HS256" ? secret : this.key.privateKey);
  }
}

const NONCE = "nonce-of-this-sign-in";
const hosts = new Map<string, ConformanceProvider>();

/** Puts the providers in the place of the network. */
export function startHosts(): void {
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const url = new URL(String(input instanceof Request ? input.url : input));
    const provider = hosts.get(url.host);
    if (!provider) throw new Error(`nobody at ${url.host}`);
    return provider.answer(url, init ?? {});
  });
}
