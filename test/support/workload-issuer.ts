import { createServer, type Server } from "node:http";
import { exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT } from "jose";
import Provider from "oidc-provider";

/** A platform that signs for its programs: its keys can be written down, since nobody serves them. */
export interface WorkloadIssuer {
  readonly issuer: string;
  /** The public keys as JSON. */
  readonly keys: string;
  /** A JWT with these claims besides issuer and times. */
  sign(claims: Readonly<Record<string, unknown>>, header?: Partial<JWTHeaderParameters>): Promise<string>;
}

export async function workloadIssuer(issuer: string): Promise<WorkloadIssuer> {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: "one", alg: "ES256", use: "sig" };
  return {
    issuer,
    keys: JSON.stringify({ keys: [jwk] }),
    sign: (claims, header = {}) => {
      const iat = Math.floor(Date.now() / 1_000);
      const jti = crypto.randomUUID();
      return new SignJWT({ iss: issuer, iat, exp: iat + 300, jti, ...claims })
        .setProtectedHeader({ alg: "ES256", kid: "one", ...header })
        .sign(privateKey);
    },
  };
}

/** A real OpenID provider that gives its client `ci` JWTs for one audience, and publishes its keys. */
export async function startTokenProvider(port: number, audience: string) {
  const issuer = `http://127.0.0.1:${port}`;
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const { warn } = console;
  console.warn = () => {};
  const provider = new Provider(issuer, {
    clients: [
      {
        ...{ client_id: "ci", client_secret: "a-secret-of-the-test", redirect_uris: [], response_types: [] },
        grant_types: ["client_credentials"],
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), use: "sig", alg: "RS256", kid: "p" } as never] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        getResourceServerInfo: () => ({ scope: "", audience, accessTokenTTL: 300, accessTokenFormat: "jwt" }),
      },
    },
  });
  console.warn = warn;
  const server: Server = createServer(provider.callback());
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    issuer,
    server,
    token: async (): Promise<string> => {
      const answer = await fetch(`${issuer}/token`, {
        method: "POST",
        headers: { authorization: `Basic ${btoa("ci:a-secret-of-the-test")}` },
        body: new URLSearchParams({ grant_type: "client_credentials", resource: audience }),
      });
      return ((await answer.json()) as { access_token: string }).access_token;
    },
  };
}
