import { CALLBACK } from "../../shared/access/login/paths.ts";
import type { Bindings } from "../platform/env.ts";
import type { Provider } from "./providers.ts";

/**
 * The path that a provider sends the browser back to. Some providers don't name themselves in their answer
 * (RFC 9207). Each of them gets its own path, so that its answer can't be taken for the answer of another
 * provider (RFC 9700 §4.4.2.2).
 */
export const callbackPath = ({ kind, id }: Pick<Provider, "kind" | "id">): string =>
  kind === "oidc" ? CALLBACK : `${CALLBACK}/${id}`;

export const callbackUri = (bindings: Bindings, provider: Pick<Provider, "kind" | "id">): string =>
  bindings.authOrigin + callbackPath(provider);

export const isCallback = (path: string): boolean => path === CALLBACK || path.startsWith(`${CALLBACK}/`);
