import { lookup } from "node:dns/promises";
import { findingSentences } from "../../shared/access/login/trial-words.ts";
import { messageOf } from "../../shared/base/errors/cause.ts";
import type { Hub } from "../app.ts";
import { Failure } from "../failure.ts";
import { localFetch } from "../http/fetch.ts";
import type { Places } from "./answers.ts";

/** Whether what was deployed works, as seen from here. */

export interface Finding {
  readonly about: string;
  readonly result: "good" | "warn" | "bad";
  /** A sentence, with what to do where something must be done. */
  readonly words: string;
}

export async function checkDeployment(
  hub: Hub,
  places: Pick<Places, "authOrigin" | "apps">,
): Promise<Finding[]> {
  const found = await Promise.all([checkHub(hub), checkAuth(places.authOrigin), checkApps(places)]);
  const hubWorks = found[0].result === "good";
  return [...found, ...(hubWorks ? await checkProviders(hub) : [])];
}

async function checkHub({ client, origin }: Hub): Promise<Finding> {
  try {
    const { data } = await client.call("me.get");
    return {
      about: origin,
      result: "good",
      words: `The hub of ${data.network.name} answers; you are ${data.role}.`,
    };
  } catch (error) {
    return { about: origin, result: "bad", words: `The hub does not answer as it should: ${reason(error)}` };
  }
}

/** Its keys are public, and come from an object: who gives them has its database and its objects. */
async function checkAuth(origin: string): Promise<Finding> {
  const bad = (why: string): Finding => ({
    about: origin,
    result: "bad",
    words: `People can't sign in here: ${why} Is the host a custom domain of the Worker (routes in wrangler.toml)?`,
  });
  try {
    const answer = await localFetch(`${origin}/.well-known/rustronaut/jwks.json`);
    if (answer.headers.get("x-rustronaut-response") !== "jwks")
      return bad(`something else answers (HTTP ${answer.status}).`);
    return { about: origin, result: "good", words: "The host where people sign in answers." };
  } catch (error) {
    return bad(reason(error));
  }
}

/** Any name below the apps' domain must lead to the gateway, which knows no such app. */
async function checkApps({ apps, authOrigin }: Pick<Places, "authOrigin" | "apps">): Promise<Finding> {
  const url = new URL(authOrigin);
  url.hostname = `rustronaut-check.${apps}`;
  const about = `*.${apps}`;
  if (!apps.endsWith("localhost")) {
    const address = await lookup(url.hostname).catch(() => null);
    if (address === null)
      return {
        about,
        result: "bad",
        words: `DNS has no record for it. Add *.${apps} as AAAA 100:: with the orange cloud (proxied) on.`,
      };
  }
  try {
    const { status } = await localFetch(url);
    if (status === 421) return { about, result: "good", words: "Names below it lead to the gateway." };
    return {
      about,
      result: "bad",
      words: `Something else answers there (HTTP ${status}). Is the route in wrangler.toml, and the record proxied?`,
    };
  } catch (error) {
    return {
      about,
      result: "bad",
      words: `It has an address, but no connection: ${reason(error)} Cloudflare's free certificate covers one level below the zone; deeper names need Advanced Certificate Manager.`,
    };
  }
}

async function checkProviders({ client }: Hub): Promise<Finding[]> {
  const { data } = await client.call("identityProviders.list", { query: { limit: 100 } });
  if (data.items.length === 0)
    return [
      {
        about: "identity provider",
        result: "warn",
        words:
          "There is none yet, so nobody can sign in. Add one: run this command again, or `rustronaut providers create`.",
      },
    ];
  return Promise.all(
    data.items.map(async ({ id, name }): Promise<Finding> => {
      const { data: trial } = await client.call("identityProviders.test", { params: { provider: id } });
      const amiss = trial.checks.filter(({ result }) => result === "bad" || result === "warn");
      const words = amiss.flatMap(findingSentences).join(" ") || "Nothing speaks against signing in with it.";
      return { about: name, result: trial.passed ? (amiss.length > 0 ? "warn" : "good") : "bad", words };
    }),
  );
}

/** Why something failed, as the end of a sentence. */
function reason(error: unknown): string {
  const text = error instanceof Failure ? error.detail || error.title : messageOf(error);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
