import { createServer } from "node:http";
import { exportJWK, generateKeyPair } from "jose";
import Provider, { type JWK, type KoaContextWithOIDC } from "oidc-provider";
import { closeServer } from "../../support/harness.ts";

interface Person {
  readonly name: string;
  readonly email: string;
  readonly groups: readonly string[];
}

/** A real OpenID provider that gives refresh tokens after consent, and replaces them at each use. */
export interface RefreshingProvider {
  /** Who has an account there, by subject. */
  readonly people: Map<string, Person>;
  /** Token requests are answered with 503. */
  isDown: boolean;
  /** Requests with a refresh token so far. */
  refreshes: number;
  /** Every refresh token that it gave. */
  readonly given: string[];
  revoke(subject: string): Promise<void>;
  close(): void;
}

const SCOPES = ["openid", "email", "profile", "groups", "offline_access"];

export async function startRefreshingProvider(options: {
  readonly port: number;
  readonly authOrigin: string;
  readonly clientId: string;
  readonly clientSecret: string;
}): Promise<RefreshingProvider> {
  const issuer = `http://127.0.0.1:${options.port}`;
  const people = new Map<string, Person>();
  const grantIds = new Map<string, string[]>();
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const key: JWK = { ...((await exportJWK(privateKey)) as JWK), use: "sig", alg: "RS256", kid: "one" };
  const oidc = new Provider(issuer, {
    clients: [
      {
        client_id: options.clientId,
        client_secret: options.clientSecret,
        redirect_uris: [`${options.authOrigin}/.rustronaut/callback`],
        grant_types: ["authorization_code", "refresh_token"],
      },
    ],
    jwks: { keys: [key] },
    cookies: { keys: [options.clientSecret] },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"], groups: ["groups"] },
    scopes: SCOPES,
    rotateRefreshToken: true,
    features: { devInteractions: { enabled: false } },
    ttl: { Session: 600, Grant: 600, Interaction: 600, AccessToken: 600, IdToken: 600, RefreshToken: 600 },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    async findAccount(_context, id) {
      const person = people.get(id);
      if (!person) return undefined;
      return { accountId: id, claims: async () => ({ ...person, sub: id, email_verified: true }) };
    },
  });

  const handle = oidc.callback();
  const server = createServer((request, response) => {
    const path = /^\/interaction\/[\w-]+(?:\/(\w+))?$/.exec(request.url ?? "");
    if (path?.[1]) {
      const accountId = path[1];
      const grant = new oidc.Grant({ clientId: options.clientId, accountId });
      grant.addOIDCScope(SCOPES.join(" "));
      grant
        .save()
        .then((grantId) => {
          grantIds.set(accountId, [...(grantIds.get(accountId) ?? []), grantId]);
          return oidc.interactionFinished(request, response, { login: { accountId }, consent: { grantId } });
        })
        .catch((error: Error) => response.writeHead(400).end(error.message));
    } else if (path) {
      const links = [...people.keys()].map((id) => `<a href="${request.url}/${id}">${id}</a>`);
      response.setHeader("content-type", "text/html").end(links.join(""));
    } else if (request.url === "/token" && provider.isDown) {
      response.writeHead(503).end();
    } else {
      void handle(request, response);
    }
  });
  oidc.on("refresh_token.saved", (token) => provider.given.push(token.jti));
  const count = ({ oidc: { params } }: KoaContextWithOIDC) => {
    if (params?.grant_type === "refresh_token") provider.refreshes++;
  };
  oidc.on("grant.success", count);
  oidc.on("grant.error", count);

  const provider: RefreshingProvider = {
    people,
    isDown: false,
    refreshes: 0,
    given: [],
    async revoke(subject) {
      for (const id of grantIds.get(subject) ?? []) await (await oidc.Grant.find(id))?.destroy();
    },
    close: () => closeServer(server),
  };
  await new Promise<void>((resolve) => server.listen(options.port, "127.0.0.1", resolve));
  return provider;
}
