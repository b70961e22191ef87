import type { Bindings } from "../platform/env.ts";
import { redirect } from "../session/answers.ts";
import { type Begun, beginAttempt } from "./attempt.ts";
import type { SignInWish } from "./method.ts";
import type { Provider } from "./providers.ts";

/** Sends the browser to the identity provider. */
export async function redirectToProvider(
  request: Request,
  bindings: Bindings,
  provider: Provider,
  wish: SignInWish,
  addressOf: (begun: Begun) => Promise<URL>,
): Promise<Response> {
  const { prepared, cookies } = await beginAttempt(request, bindings, provider, wish, addressOf);
  return redirect(prepared.href, "to_provider", cookies);
}
