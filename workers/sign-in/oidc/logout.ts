import type { Bindings } from "../../platform/env.ts";
import type { Provider } from "../providers.ts";
import { discover } from "./discovery.ts";

/**
 * The address where the provider ends its own session (OpenID Connect RP-Initiated Logout 1.0), or null. We
 * show no ID token, so the provider asks the person to confirm.
 */
export async function logoutUrl(bindings: Bindings, provider: Provider, email: string): Promise<URL | null> {
  const { end_session_endpoint: endpoint } = await discover(bindings, provider.issuer);
  if (endpoint === undefined) return null;
  const url = new URL(endpoint);
  if (url.protocol !== "https:" && url.protocol !== "http:") return null;
  url.searchParams.set("client_id", provider.clientId);
  url.searchParams.set("logout_hint", email);
  url.searchParams.set("post_logout_redirect_uri", `${bindings.authOrigin}/.rustronaut/signed-out`);
  return url;
}
