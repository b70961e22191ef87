import type { Bindings } from "../env.ts";

/** The start page of an app's host: like the auth host, it has a port only in local development. */
export function appUrl(bindings: Bindings, host: string): string {
  const { protocol, port } = new URL(bindings.authOrigin);
  return `${protocol}//${host}${port === "" ? "" : `:${port}`}/`;
}
