import { createServer, type Server } from "node:http";
import { exportJWK, generateKeyPair } from "jose";
import Provider, { type Configuration, type JWK } from "oidc-provider";

/** A person of the demo. The provider confirms the person's address and groups. */
export interface DemoUser {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly emailVerified?: boolean;
  readonly groups: readonly string[];
}

export const DEMO_USERS: readonly DemoUser[] = [
  { id: "alice", name: "Alice Archer", email: "alice@example.com", groups: ["engineering"] },
  { id: "bob", name: "Bob Baker", email: "bob@example.com", groups: ["sales"] },
];

/** What the provider says of how somebody signed in. */
const WITH_PASSWORD = { acr: "urn:demo:password", amr: ["pwd"] };
const WITH_SECOND_FACTOR = { acr: "urn:demo:second-factor", amr: ["pwd", "otp"] };

export interface IdentityProviderOptions {
  readonly port: number;
  readonly authOrigin: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly users?: readonly DemoUser[];
  /** The provider's own signing key. By default, each start makes a new key. */
  readonly signingKey?: JWK;
}

/** A real OpenID provider whose sign-in page is one button per demo user. */
export async function startIdentityProvider(
  options: IdentityProviderOptions,
): Promise<{ issuer: string; server: Server }> {
  const issuer = `http://127.0.0.1:${options.port}`;
  const users = new Map((options.users ?? DEMO_USERS).map((user) => [user.id, user]));
  const signingKey = options.signingKey ?? (await newSigningKey());
  const provider = withoutWarning(() => new Provider(issuer, configuration(options, users, signingKey)));
  const handle = provider.callback();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", issuer);
    const path = /^\/interaction\/[\w-]+(?:\/(\w+))?(\/otp)?$/.exec(url.pathname);
    const user = users.get(path?.[1] ?? "");
    if (!path) {
      void handle(request, response);
    } else if (user) {
      const remembered = { login: { accountId: user.id, ...(path[2] ? WITH_SECOND_FACTOR : WITH_PASSWORD) } };
      provider
        .interactionFinished(request, response, remembered)
        .catch((error: Error) => response.writeHead(400).end(error.message));
    } else {
      response
        .setHeader("content-type", "text/html; charset=utf-8")
        .end(signInPage(url.pathname, [...users.values()]));
    }
  });
  await new Promise<void>((resolve) => server.listen(options.port, "127.0.0.1", resolve));
  return { issuer, server };
}

/** The provider warns that it keeps nothing for the next start. A demo need not. */
function withoutWarning<T>(make: () => T): T {
  const { warn } = console;
  console.warn = () => {};
  try {
    return make();
  } finally {
    console.warn = warn;
  }
}

async function newSigningKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  return { ...((await exportJWK(privateKey)) as JWK), use: "sig", alg: "RS256", kid: "demo" };
}

function configuration(
  { authOrigin, clientId, clientSecret }: IdentityProviderOptions,
  users: ReadonlyMap<string, DemoUser>,
  signingKey: JWK,
): Configuration {
  /** The grant of each session of an account. Kept as long as the demo runs. */
  const grants = new Map<string, ReturnType<typeof newGrant>>();
  return {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [`${authOrigin}/.rustronaut/callback`],
        post_logout_redirect_uris: [`${authOrigin}/.rustronaut/signed-out`],
        backchannel_logout_uri: `${authOrigin}/.rustronaut/backchannel-logout`,
        backchannel_logout_session_required: true,
      },
    ],
    jwks: { keys: [signingKey] },
    cookies: { keys: [clientSecret] },
    acrValues: [WITH_PASSWORD.acr, WITH_SECOND_FACTOR.acr],
    claims: {
      openid: ["sub", "acr", "amr"],
      email: ["email", "email_verified"],
      profile: ["name"],
      groups: ["groups"],
    },
    scopes: ["openid", "email", "profile", "groups"],
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
    ttl: { Session: 86_400, Grant: 86_400, Interaction: 600, AccessToken: 600, IdToken: 600 },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    async findAccount(_context, id) {
      const user = users.get(id);
      if (!user) return undefined;
      const { name, email, emailVerified = true, groups } = user;
      return {
        accountId: id,
        claims: async () => ({ sub: id, name, email, email_verified: emailVerified, groups: [...groups] }),
      };
    },
    /**
     * The only client of the demo is our own, so nobody is asked for consent. A session has only one grant,
     * even if many tabs ask at once, because a second grant would replace the first and revoke its codes.
     */
    async loadExistingGrant(context) {
      const { client, session, provider } = context.oidc;
      if (!client || !session?.accountId) return undefined;
      const key = `${session.uid} ${session.accountId}`;
      const known = grants.get(key);
      if (known && (await provider.Grant.find((await known).jti))) return known;
      // Another tab may have made the grant in the meantime.
      if (grants.get(key) === known) grants.set(key, newGrant(provider, client.clientId, session.accountId));
      return grants.get(key);
    },
  };
}

async function newGrant(provider: Provider, clientId: string, accountId: string) {
  const grant = new provider.Grant({ clientId, accountId });
  grant.addOIDCScope("openid email profile groups");
  await grant.save();
  return grant;
}

const STYLE = `:root{color-scheme:light dark}
body{font:1rem/1.5 system-ui,sans-serif;max-width:26rem;margin:12vh auto;padding:0 1rem}
h1{font-size:1.4rem}
a{display:block;margin:.75rem 0;padding:.8rem 1rem;border:1px solid GrayText;border-radius:10px;color:inherit;text-decoration:none}
a:hover,a:focus-visible{outline:2px solid LinkText}
b,small{display:block}`;

function signInPage(path: string, users: readonly DemoUser[]): string {
  const buttons = users.map(
    ({ id, name, email, groups }) =>
      `<a href="${path}/${id}" id="${id}"><b>Sign in as ${name}</b><small>${email} · ${groups.join(", ")}</small></a>
<p><a href="${path}/${id}/otp" id="${id}-otp"><small>… with a second factor, as ${name}</small></a></p>`,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Demo identity provider</title><style>${STYLE}</style>
<main><h1>Demo identity provider</h1><p>It stands for your own one. No password is asked for here.</p>${buttons.join("")}</main></html>`;
}
