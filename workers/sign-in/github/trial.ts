import { githubPlaces } from "../../../shared/access/login/github/places.ts";
import { redirectCheck, type TrialCheck } from "../../../shared/access/login/provider-trial.ts";
import type { Bindings } from "../../platform/env.ts";
import { callbackUri } from "../callback-path.ts";
import { providerFetch } from "../provider-fetch.ts";
import type { Provider } from "../providers.ts";
import { readTrialAnswer } from "../trial-answer.ts";
import { githubProblems } from "./problems.ts";

/**
 * GitHub shows its own sign-in before it checks the redirect address. So a trial usually can't tell whether
 * the address is right.
 */
export async function tryGithub(bindings: Bindings, provider: Provider): Promise<TrialCheck[]> {
  const [problems, authorization] = await Promise.all([
    githubProblems(bindings, provider),
    askToAuthorize(bindings, provider).catch(() => null),
  ]);
  const { organizations } = provider;
  return [
    problems.length > 0
      ? { step: "client", result: "bad", findings: problems }
      : {
          step: "client",
          result: "good",
          findings: ["GitHub knows the client id, its secret and the organisations"],
        },
    redirectCheck(provider, callbackUri(bindings, provider), authorization),
    organizations.length > 0
      ? {
          step: "claims",
          result: "unknown",
          findings: ["which teams it shows is only seen when somebody signs in"],
        }
      : {
          step: "claims",
          result: "warn",
          findings: ["no organisation is named, so its people have no groups"],
        },
  ];
}

async function askToAuthorize(bindings: Bindings, provider: Provider) {
  const target = new URL(githubPlaces(provider.issuer).authorize);
  target.searchParams.set("client_id", provider.clientId);
  target.searchParams.set("redirect_uri", callbackUri(bindings, provider));
  const response = await providerFetch(bindings)(target.href, { headers: { Accept: "text/html" } });
  return readTrialAnswer(response, target);
}
