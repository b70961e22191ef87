import { type IdpMetadata, readIdpMetadata } from "../../../shared/access/login/saml/metadata.ts";
import { ExpiringMap } from "../../../shared/base/bounded-map.ts";
import type { Bindings } from "../../platform/env.ts";
import { ProviderFault } from "../provider-fault.ts";
import { isDevelopmentHost, providerFetch } from "../provider-fetch.ts";
import type { ProviderSettings } from "../providers.ts";

/** For how long (milliseconds) fetched metadata are believed to stay what they are: a new key is known after that at the latest. */
const KEPT_MS = 10 * 60_000;

/** Between two questions because of a key that nobody knows, in milliseconds. */
const REFETCH_MS = 60_000;

const kept = new ExpiringMap<string, string>(50);
const refetched = new ExpiringMap<string, true>(50);

/** Whether metadata may be fetched anew before their time: once a minute at most. */
export function mayAskAnew({ metadataUrl }: ProviderSettings): boolean {
  if (metadataUrl === null || refetched.get(metadataUrl, Date.now())) return false;
  refetched.set(metadataUrl, true, Date.now() + REFETCH_MS);
  return true;
}

/**
 * A provider's metadata: as they are at its URL, or as they were pasted.
 *
 * @param anew Asks the URL, whatever is known of it.
 * @throws `ProviderAway`, or `ProviderFault` where they can't be used.
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
  // Only what was fetched now: what is used again and again must grow old, too, or a withdrawn key would stay good.
  if (metadataUrl !== null && known === undefined) kept.set(metadataUrl, text, Date.now() + KEPT_MS);
  return read.value;
}

async function fetchText(bindings: Bindings, url: string): Promise<string> {
  const headers = { Accept: "application/samlmetadata+xml, application/xml, text/xml" };
  const response = await providerFetch(bindings)(url, { headers });
  if (!response.ok) throw new ProviderFault(`the metadata's address answered ${response.status}`);
  return response.text();
}
