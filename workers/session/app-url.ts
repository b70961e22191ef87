import type { AppAttempt } from "../../shared/access/login/types.ts";
import type { Bindings } from "../platform/env.ts";

/** The start page of an app's host. Like the auth host, it has a port only in local development. */
export function appUrl(bindings: Bindings, host: string): string {
  const { protocol, port } = new URL(bindings.authOrigin);
  return `${protocol}//${host}${port === "" ? "" : `:${port}`}/`;
}

/** The page of an app for which a sign-in was started. */
export function appPage(
  bindings: Bindings,
  { host, returnTo }: Pick<AppAttempt, "host" | "returnTo">,
): string {
  return `${new URL(bindings.authOrigin).protocol}//${host}${returnTo}`;
}
