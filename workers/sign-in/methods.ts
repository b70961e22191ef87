import type { ProviderKind } from "../../shared/access/login/provider-kinds.ts";
import { EMAIL } from "./email/index.ts";
import { GITHUB } from "./github/index.ts";
import type { SignInMethod } from "./method.ts";
import { OIDC } from "./oidc/index.ts";

const METHODS: Record<ProviderKind, SignInMethod> = { oidc: OIDC, github: GITHUB, email: EMAIL };

/** How people sign in with a provider of this kind. */
export const methodOf = ({ kind }: { readonly kind: ProviderKind }): SignInMethod => METHODS[kind];
