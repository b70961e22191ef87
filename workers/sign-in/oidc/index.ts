import type { SignInMethod } from "../method.ts";
import { askProvider } from "./ask.ts";
import { beginOidc } from "./begin.ts";
import { exchangeCode } from "./exchange.ts";
import { logoutUrl } from "./logout.ts";
import { providerProblems } from "./problems.ts";
import { tryOidc } from "./trial.ts";

/** OpenID Connect. */
export const OIDC: SignInMethod = {
  begin: beginOidc,
  finish: exchangeCode,
  ask: askProvider,
  problems: providerProblems,
  test: tryOidc,
  logoutUrl,
};
