import { CALLBACK } from "../../shared/access/login/paths.ts";
import type { Bindings } from "../platform/env.ts";
import type { Provider } from "./providers.ts";

/**
 * Where a provider sends the browser back to. One that does not say in its answer who it is (RFC 9207) gets an address of
 * its own, so that an answer can't be taken for another provider's (RFC 9700 §4.4.2.2).
 */
export const callbackPath = ({ kind, id }: Pick<Provider, "kind" | "id">): string =>
  kind === "oidc" ? CALLBACK : `${CALLBACK}/${id}`;

export const callbackUri = (bindings: Bindings, provider: Pick<Provider, "kind" | "id">): string =>
  bindings.authOrigin + callbackPath(provider);

export const isCallback = (path: string): boolean => path === CALLBACK || path.startsWith(`${CALLBACK}/`);
