import type { Bindings } from "../platform/env.ts";
import { tooManySignIns } from "../session/client-network.ts";
import type { SignInWish } from "./method.ts";
import { methodOf } from "./methods.ts";
import type { Provider } from "./providers.ts";

/**
 * Begins a sign-in at a provider, unless too many began in the client's network.
 *
 * @throws `ProviderAway` or `ProviderFault`.
 */
export async function beginAt(
  provider: Provider,
  request: Request,
  bindings: Bindings,
  wish: SignInWish,
): Promise<Response> {
  const refused = await tooManySignIns(request, bindings, "provider");
  return refused ?? (await methodOf(provider)).begin(request, bindings, provider, wish);
}
