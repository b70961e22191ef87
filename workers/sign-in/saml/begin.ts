import { contextsFor } from "../../../shared/access/login/can-prove.ts";
import { authnRequest } from "../../../shared/access/login/saml/request.ts";
import type { Bindings } from "../../platform/env.ts";
import type { SignInWish } from "../method.ts";
import type { Provider } from "../providers.ts";
import { redirectToProvider } from "../to-provider.ts";
import { metadataOf } from "./idp.ts";
import { entityIdOf, recipientOf, requestIdOf } from "./places.ts";

/** Sends the browser to a SAML provider (HTTP-Redirect, SAML Bindings §3.4). The answer comes as a POST. */
export async function beginSaml(
  request: Request,
  bindings: Bindings,
  provider: Provider,
  wish: SignInWish,
): Promise<Response> {
  const { signInUrl } = await metadataOf(bindings, provider);
  return redirectToProvider(request, bindings, provider, wish, async ({ state, nonce }) => {
    const xml = authnRequest({
      id: requestIdOf(nonce),
      at: Date.now(),
      destination: signInUrl,
      recipient: recipientOf(bindings),
      issuer: entityIdOf(bindings),
      force: wish.switchUser || wish.signInAfter !== null || Boolean(wish.need),
      contexts: contextsFor(provider, wish.need ?? null),
    });
    const target = new URL(signInUrl);
    target.searchParams.set("SAMLRequest", await deflated(xml));
    target.searchParams.set("RelayState", state);
    return target;
  });
}

async function deflated(text: string): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return btoa(String.fromCharCode(...bytes));
}
