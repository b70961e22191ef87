import { BoundedMap } from "../../shared/base/bounded-map.ts";
import type { Bindings } from "../platform/env.ts";
import { seal, unseal } from "../platform/secrets.ts";

/** What a client shows at an app to act for its person. It is good for this app alone (RFC 8707). */
export interface ClientToken {
  /** What a browser would hold as the session's cookie. */
  readonly cookie: string;
  readonly appId: string;
  /** In milliseconds. */
  readonly expiresAt: number;
}

/** By which secret scanners find an access token of a client. */
const PREFIX = "rnoat_";
const MAX_LENGTH = 2_000;
const CONTEXT = "client-access-token";

export const isClientToken = (text: string): boolean => text.startsWith(PREFIX) && text.length <= MAX_LENGTH;

/** Whether an address holds such a token, where others may read it (RFC 6750 §2.3, §5.3). */
export const holdsClientToken = (query: string): boolean => /rnoat(?:_|%5f)/i.test(query);

/** The token as the client carries it: sealed, so that its session can't be used in another way or for longer. */
export const sealClientToken = async (bindings: Bindings, token: ClientToken): Promise<string> =>
  PREFIX + (await seal(bindings, JSON.stringify(token), CONTEXT));

/** The tokens that this isolate opened of late. To open one costs as much as ten decisions. */
const opened = new BoundedMap<string, ClientToken>(500);

/** Opens a token. Null if this network did not seal it. The caller must check whether it is still good, and for what. */
export async function openClientToken(bindings: Bindings, text: string): Promise<ClientToken | null> {
  const known = opened.get(text);
  if (known) return known;
  const json = await unseal(bindings, text.slice(PREFIX.length), CONTEXT).catch(() => null);
  if (json === null) return null;
  // The text is authentic, so it has the form that `sealClientToken` gave it.
  const token = JSON.parse(json) as ClientToken;
  opened.set(text, token);
  return token;
}
