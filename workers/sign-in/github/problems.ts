import { githubPlaces } from "../../../shared/access/login/github/places.ts";
import type { Bindings } from "../../platform/env.ts";
import { ProviderAway, providerFetch } from "../provider-fetch.ts";
import { clientSecret, type ProviderSettings } from "../providers.ts";
import { headersOf } from "./api.ts";

/** Asks GitHub whether it knows the client and the organizations. */
export async function githubProblems(bindings: Bindings, settings: ProviderSettings): Promise<string[]> {
  const { api } = githubPlaces(settings.issuer);
  try {
    const secret = await clientSecret(bindings, settings);
    const authorization = `Basic ${btoa(`${settings.clientId}:${secret}`)}`;
    const ask = (path: string, init: { method?: string; body?: string } = {}) =>
      providerFetch(bindings)(api + path, { ...init, headers: headersOf(authorization) });
    // Nobody has this token. GitHub answers 404 to a client that it knows, and 401 to a client that it
    // doesn't know.
    const body = JSON.stringify({ access_token: "gho_none" });
    const client = await ask(`/applications/${encodeURIComponent(settings.clientId)}/token`, {
      method: "POST",
      body,
    });
    if (client.status === 401)
      return ["GitHub does not know this clientId with this secret: nobody can sign in"];
    const problems: string[] = [];
    for (const organization of settings.organizations) {
      const { status } = await ask(`/orgs/${organization}`);
      if (status === 404) {
        problems.push(`GitHub knows no organization ${organization}: nobody can sign in as its member`);
      }
    }
    return problems;
  } catch (error) {
    return error instanceof ProviderAway
      ? ["GitHub can't be reached: nobody can sign in until it can"]
      : ["GitHub's address can't be used: check the issuer"];
  }
}
