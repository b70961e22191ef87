import * as oauth from "oauth4webapi";
import { githubPlaces } from "../../../shared/access/login/github/places.ts";
import { callbackUri } from "../callback-path.ts";
import type { SignInMethod } from "../method.ts";
import { faultOf } from "../oidc/provider-tokens.ts";
import { ProviderFault, ProviderRefusal } from "../provider-fault.ts";
import { ProviderAway } from "../provider-fetch.ts";
import type { Provider } from "../providers.ts";
import { redirectToProvider } from "../to-provider.ts";
import { TokenRefused } from "./api.ts";
import { claimsOf } from "./claims.ts";
import { githubProblems } from "./problems.ts";
import { redeem } from "./tokens.ts";
import { tryGithub } from "./trial.ts";

/**
 * The permissions that a sign-in asks for: the addresses and, if organizations are named, the memberships.
 * With these permissions nothing can be changed.
 */
const scopeOf = ({ organizations }: Provider): string =>
  organizations.length > 0 ? "read:user user:email read:org" : "read:user user:email";

/** GitHub: OAuth 2.0 with PKCE S256, and GitHub's REST API instead of an ID token. */
export const GITHUB: SignInMethod = {
  begin: (request, bindings, provider, wish) =>
    redirectToProvider(request, bindings, provider, wish, async ({ state, codeVerifier }) => {
      const target = new URL(githubPlaces(provider.issuer).authorize);
      const parameters = {
        client_id: provider.clientId,
        redirect_uri: callbackUri(bindings, provider),
        response_type: "code",
        scope: scopeOf(provider),
        state,
        code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: "S256",
        allow_signup: "false",
        ...(wish.switchUser ? { prompt: "select_account" } : {}),
      };
      for (const [name, value] of Object.entries(parameters)) target.searchParams.set(name, value);
      return target;
    }),

  async finish(bindings, provider, attempt, state, parameters) {
    // GitHub can't be asked for a new sign-in, and doesn't say when the last one was.
    if (attempt.signInAfter !== null) {
      throw new ProviderRefusal(
        "no_new_sign_in",
        "This application needs a sign-in of this moment, which GitHub can't prove. Use another way to sign in.",
      );
    }
    try {
      const token = await redeem(bindings, provider, attempt, state, parameters);
      const claims = await claimsOf(bindings, provider, token);
      return { claims, refreshToken: provider.offlineAccess === "no" ? null : token };
    } catch (error) {
      if (error instanceof ProviderAway || error instanceof ProviderFault) throw error;
      throw new ProviderFault(faultOf(error), { cause: error });
    }
  },

  async ask(bindings, provider, subject, token) {
    try {
      const claims = await claimsOf(bindings, provider, token);
      return claims.sub === subject
        ? { kind: "claims", claims }
        : { kind: "failed", problem: "the answer speaks of another account" };
    } catch (error) {
      if (error instanceof ProviderAway) return { kind: "away", problem: error.message };
      if (error instanceof TokenRefused) return { kind: "token_refused" };
      if (error instanceof ProviderRefusal) return { kind: "refused", reason: error.message };
      return { kind: "failed", problem: faultOf(error) };
    }
  },

  problems: githubProblems,
  test: tryGithub,
};
