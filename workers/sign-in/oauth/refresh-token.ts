import type { Bindings } from "../../platform/env.ts";
import { seal, unseal } from "../../platform/secrets.ts";

/** What a client shows at the token endpoint to get a new access token. Each is good once. */
export interface RefreshToken {
  /** What a browser would hold as the session's cookie. */
  readonly cookie: string;
  readonly appId: string;
  readonly clientId: string;
  readonly scope: string;
  /** Which of the session's refresh tokens this is. Only the newest is good. */
  readonly number: number;
}

const PREFIX = "rnort_";
const MAX_LENGTH = 6_000;
const CONTEXT = "client-refresh-token";

export const isRefreshToken = (text: string): boolean => text.startsWith(PREFIX) && text.length <= MAX_LENGTH;

export const sealRefreshToken = async (bindings: Bindings, token: RefreshToken): Promise<string> =>
  PREFIX + (await seal(bindings, JSON.stringify(token), CONTEXT));

/** Opens a token. Null if this network did not seal it. */
export async function openRefreshToken(bindings: Bindings, text: string): Promise<RefreshToken | null> {
  if (!isRefreshToken(text)) return null;
  const json = await unseal(bindings, text.slice(PREFIX.length), CONTEXT).catch(() => null);
  // The text is authentic, so it has the form that `sealRefreshToken` gave it.
  return json === null ? null : (JSON.parse(json) as RefreshToken);
}
