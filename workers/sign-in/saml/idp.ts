import { type IdpMetadata, readIdpMetadata } from "../../../shared/access/login/saml/metadata.ts";
import { ExpiringMap } from "../../../shared/base/bounded-map.ts";
import type { Bindings } from "../../platform/env.ts";
import { ProviderFault } from "../provider-fault.ts";
import { isDevelopmentHost, providerFetch } from "../provider-fetch.ts";
import type { ProviderSettings } from "../providers.ts";

/**
 * How long (milliseconds) fetched metadata are used before they are fetched again. After this time at the
 * latest, a new key is known.
 */
const KEPT_MS = 10 * 60_000;

/** The least time in milliseconds between two requests because of an unknown key. */
const REFETCH_MS = 60_000;

const kept = new ExpiringMap<string, string>(50);
const refetched = new ExpiringMap<string, true>(50);

/** Whether metadata may be fetched again early. This is allowed at most once a minute. */
export function mayAskAnew({ metadataUrl }: ProviderSettings): boolean {
  if (metadataUrl === null || refetched.get(metadataUrl, Date.now())) return false;
  refetched.set(metadataUrl, true, Date.now() + REFETCH_MS);
  return true;
}

/**
 * A provider's metadata, from their URL or as an administrator pasted them.
 *
 * @param anew Fetches from the URL even if the metadata are remembered.
 * @throws `ProviderAway`, or `ProviderFault` if the metadata can't be used.
 */
export async function metadataOf(
  bindings: Bindings,
  settings: ProviderSettings,
  anew = false,
): Promise<IdpMetadata> {
  const { metadataUrl, metadata, issuer } = settings;
  const known = metadataUrl === null ? metadata : anew ? undefined : kept.get(metadataUrl, Date.now());
  const text = known ?? (await fetchText(bindings, metadataUrl ?? ""));
  const read = readIdpMetadata(text, issuer);
  if (!read.ok) throw new ProviderFault(read.error);
  const signIn = new URL(read.value.signInUrl);
  if (signIn.protocol !== "https:" && !isDevelopmentHost(bindings, signIn)) {
    throw new ProviderFault("the metadata send people to an address that is not https");
  }
  // Only metadata that were fetched now are stored. Storing remembered metadata again would keep them for
  // ever, and a withdrawn key would stay valid.
  if (metadataUrl !== null && known === undefined) kept.set(metadataUrl, text, Date.now() + KEPT_MS);
  return read.value;
}

async function fetchText(bindings: Bindings, url: string): Promise<string> {
  const headers = { Accept: "application/samlmetadata+xml, application/xml, text/xml" };
  const response = await providerFetch(bindings)(url, { headers });
  if (!response.ok) throw new ProviderFault(`the metadata's address answered ${response.status}`);
  return response.text();
}
