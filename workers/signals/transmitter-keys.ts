import { ExpiringMap } from "../../shared/base/bounded-map.ts";
import type { Bindings } from "../platform/env.ts";
import { ProviderFault } from "../sign-in/provider-fault.ts";
import { ProviderAway, providerFetch } from "../sign-in/provider-fetch.ts";
import type { Transmitter } from "./transmitters.ts";

/** How long (milliseconds) what a transmitter publishes is used before it is fetched again. */
const KEPT_MS = 10 * 60_000;

const known = new ExpiringMap<string, string>(50);

/**
 * Where the keys of a transmitter are: as it was set up, or as the transmitter publishes it (SSF 1.0 §7).
 *
 * @throws `ProviderAway`, or `ProviderFault` if it publishes something that can't be used.
 */
export async function keysOf(
  bindings: Bindings,
  { issuer, jwksUri }: Pick<Transmitter, "issuer" | "jwksUri">,
): Promise<string> {
  if (jwksUri !== null) return jwksUri;
  const cached = known.get(issuer, Date.now());
  if (cached !== undefined) return cached;
  const published = await publishedBy(bindings, issuer);
  known.set(issuer, published, Date.now() + KEPT_MS);
  return published;
}

/** The path of an issuer comes behind the well-known part (SSF 1.0 §7.2.1). */
export function configurationUrl(issuer: string): string {
  const { origin, pathname } = new URL(issuer);
  return `${origin}/.well-known/ssf-configuration${pathname.replace(/\/$/, "")}`;
}

async function publishedBy(bindings: Bindings, issuer: string): Promise<string> {
  const url = configurationUrl(issuer);
  const response = await providerFetch(bindings)(url, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new ProviderAway(`no configuration at ${url}`);
  const found = (await response.json().catch(() => null)) as Record<string, unknown> | null;
  if (found?.issuer !== issuer) throw new ProviderFault("its configuration names another issuer");
  if (typeof found.jwks_uri !== "string" || !URL.canParse(found.jwks_uri))
    throw new ProviderFault("its configuration names no keys");
  return found.jwks_uri;
}
