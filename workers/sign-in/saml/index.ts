import type { SignInMethod } from "../method.ts";
import { ProviderFault } from "../provider-fault.ts";
import { beginSaml } from "./begin.ts";
import { samlProblems, trySaml } from "./trial.ts";

export { serveAcs, serveMetadata } from "./serve.ts";

/**
 * SAML 2.0 as a service provider. Three things are not supported: answers without a request of ours,
 * encrypted answers, and sign-out.
 */
export const SAML: SignInMethod = {
  begin: beginSaml,
  async finish(_bindings, _provider, { answer }) {
    if (!answer) throw new ProviderFault("the provider has not answered");
    return { claims: answer, refreshToken: null };
  },
  problems: samlProblems,
  test: trySaml,
};
