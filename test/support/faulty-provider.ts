import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";

/** What the provider does wrong, until told otherwise. */
export type Fault =
  | "wrong_issuer"
  | "wrong_response_issuer"
  | "wrong_audience"
  | "two_audiences"
  | "wrong_azp"
  | "wrong_nonce"
  | "wrong_at_hash"
  | "wrong_signature"
  | "alg_none"
  | "alg_hs256"
  | "embedded_key"
  | "unknown_kid"
  | "expired"
  | "issued_in_future"
  | "no_id_token"
  | "email_unverified"
  | "email_missing"
  | "userinfo_of_another"
  | "too_many_groups"
  | "refused"
  | "down";

export interface FaultyProvider {
  readonly issuer: string;
  fault: Fault | null;
  /** Whom it signs in, without asking. */
  user: { sub: string; email: string; name: string; groups: readonly string[] };
  /** Claims that its tokens hold besides or, where undefined, lack. */
  claims: Record<string, unknown>;
  /** As `claims`, of userinfo. */
  userinfo: Record<string, unknown>;
  /** What the last sign-in asked for. */
  asked: URLSearchParams;
  /** Requests so far, by path. */
  readonly hits: Map<string, number>;
  /** A new key takes the place of the old one, at once. */
  rotateKey(): Promise<void>;
  /** A token of this issuer with any claims, signed with its key. */
  sign(claims: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
  close(): void;
}

interface Options {
  readonly port: number;
  readonly clientId: string;
  readonly clientSecret: string;
}

interface Grant {
  readonly nonce: string;
  readonly challenge: string;
  readonly redirectUri: string;
}

/** An OpenID provider of the tests' own that can be told to misbehave in one way at a time. */
export async function startFaultyProvider({
  port,
  clientId,
  clientSecret,
}: Options): Promise<FaultyProvider> {
  const issuer = `http://127.0.0.1:${port}`;
  const grants = new Map<string, Grant>();
  let key = await newKey();

  const provider: FaultyProvider = {
    issuer,
    fault: null,
    user: { sub: "carol", email: "carol@example.com", name: "Carol Clark", groups: ["sales"] },
    claims: {},
    userinfo: {},
    asked: new URLSearchParams(),
    hits: new Map(),
    rotateKey: async () => {
      key = await newKey();
    },
    sign: (claims, header = {}) =>
      new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: key.kid, ...header }).sign(key.privateKey),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", issuer);
    provider.hits.set(url.pathname, (provider.hits.get(url.pathname) ?? 0) + 1);
    if (provider.fault === "down" && url.pathname !== "/authorize") {
      request.socket.destroy();
      return;
    }
    answer(url, request, response).catch((error: Error) => response.writeHead(500).end(error.message));
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return provider;

  async function answer(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    switch (url.pathname) {
      case "/.well-known/openid-configuration":
        return json(response, metadata(issuer));
      case "/jwks":
        return json(response, { keys: [key.publicJwk] });
      case "/authorize":
        return authorize(url, response);
      case "/token":
        return token(request, response);
      case "/userinfo": {
        const sub = provider.fault === "userinfo_of_another" ? "mallory" : provider.user.sub;
        return json(response, { ...provider.user, sub, email_verified: true, ...provider.userinfo });
      }
      default:
        response.writeHead(404).end();
    }
  }

  function authorize({ searchParams }: URL, response: ServerResponse): void {
    provider.asked = searchParams;
    const target = new URL(searchParams.get("redirect_uri") ?? "");
    target.searchParams.set("state", searchParams.get("state") ?? "");
    target.searchParams.set(
      "iss",
      provider.fault === "wrong_response_issuer" ? "https://evil.example" : issuer,
    );
    if (provider.fault === "refused") {
      target.searchParams.set("error", "access_denied");
    } else {
      const code = randomBytes(16).toString("hex");
      grants.set(code, {
        nonce: searchParams.get("nonce") ?? "",
        challenge: searchParams.get("code_challenge") ?? "",
        redirectUri: searchParams.get("redirect_uri") ?? "",
      });
      target.searchParams.set("code", code);
    }
    response.writeHead(303, { location: target.href }).end();
  }

  async function token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await text(request));
    const grant = grants.get(form.get("code") ?? "");
    grants.delete(form.get("code") ?? "");
    const verifier = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    // RFC 6749 §2.3.1: both parts are form-encoded before they are joined.
    const [id, secret] = Buffer.from(request.headers.authorization?.slice("Basic ".length) ?? "", "base64")
      .toString()
      .split(":")
      .map(decodeURIComponent);
    const isClient = id === clientId && secret === clientSecret;
    const fits = grant?.challenge === verifier && grant.redirectUri === form.get("redirect_uri");
    if (!grant || !fits || !isClient) return json(response, { error: "invalid_grant" }, 400);
    const accessToken = randomBytes(16).toString("hex");
    json(response, {
      access_token: accessToken,
      token_type: "Bearer",
      expires_in: 60,
      ...(provider.fault === "no_id_token" ? {} : { id_token: await idToken(grant, accessToken) }),
    });
  }

  async function idToken(grant: Grant, accessToken: string): Promise<string> {
    const { fault } = provider;
    const now = Math.floor(Date.now() / 1_000);
    const { sub, email, name, groups } = provider.user;
    const claims: Record<string, unknown> = {
      iss: fault === "wrong_issuer" ? "https://evil.example" : issuer,
      sub,
      aud:
        fault === "wrong_audience" ? "another" : fault === "two_audiences" ? [clientId, "another"] : clientId,
      iat: fault === "issued_in_future" ? now + 86_400 : fault === "expired" ? now - 400 : now,
      exp: fault === "expired" ? now - 300 : now + 60 + (fault === "issued_in_future" ? 86_400 : 0),
      nonce: fault === "wrong_nonce" ? "another" : grant.nonce,
      at_hash: createHash("sha256")
        .update(fault === "wrong_at_hash" ? "another" : accessToken)
        .digest()
        .subarray(0, 16)
        .toString("base64url"),
    };
    if (fault === "two_audiences") claims.azp = clientId;
    if (fault === "wrong_azp") claims.azp = "another";
    // Without these the relying party has to ask userinfo.
    if (fault !== "userinfo_of_another") {
      claims.name = name;
      claims.groups =
        fault === "too_many_groups" ? Array.from({ length: 10_000 }, (_, i) => `g${i}`) : groups;
      claims.email_verified = fault !== "email_unverified";
      claims.email = fault === "email_missing" ? "" : email;
    }
    Object.assign(claims, provider.claims);
    switch (fault) {
      case "alg_none":
        return `${encode({ alg: "none" })}.${encode(claims)}.`;
      case "alg_hs256": {
        const secret = new TextEncoder().encode(JSON.stringify(key.publicJwk));
        return new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: key.kid }).sign(secret);
      }
      case "embedded_key": {
        const own = await newKey();
        return new SignJWT(claims)
          .setProtectedHeader({ alg: "RS256", kid: key.kid, jwk: own.publicJwk })
          .sign(own.privateKey);
      }
      case "wrong_signature":
        return new SignJWT(claims)
          .setProtectedHeader({ alg: "RS256", kid: key.kid })
          .sign((await newKey()).privateKey);
      case "unknown_kid":
        return provider.sign(claims, { kid: "../../unknown" });
      default:
        return provider.sign(claims);
    }
  }
}

const metadata = (issuer: string) => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  userinfo_endpoint: `${issuer}/userinfo`,
  jwks_uri: `${issuer}/jwks`,
  response_types_supported: ["code"],
  subject_types_supported: ["public"],
  id_token_signing_alg_values_supported: ["RS256", "HS256", "none"],
  authorization_response_iss_parameter_supported: true,
});

async function newKey(): Promise<{ kid: string; privateKey: CryptoKey; publicJwk: JWK }> {
  const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
  const kid = randomBytes(6).toString("hex");
  return {
    kid,
    privateKey,
    publicJwk: { ...(await exportJWK(publicKey)), kid, alg: "RS256", use: "sig" },
  };
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function text(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body;
}
