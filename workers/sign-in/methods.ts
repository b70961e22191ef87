import type { ProviderKind } from "../../shared/access/login/provider-kinds.ts";
import { EMAIL } from "./email/index.ts";
import { GITHUB } from "./github/index.ts";
import type { SignInMethod } from "./method.ts";
import { OIDC } from "./oidc/index.ts";

/** SAML needs an XML parser. A deployment without a SAML provider never loads it. */
const METHODS: Record<ProviderKind, () => SignInMethod | Promise<SignInMethod>> = {
  oidc: () => OIDC,
  github: () => GITHUB,
  saml: async () => (await import("./saml/index.ts")).SAML,
  email: () => EMAIL,
};

/** How people sign in with a provider of this kind. */
export const methodOf = async ({ kind }: { readonly kind: ProviderKind }): Promise<SignInMethod> =>
  METHODS[kind]();
