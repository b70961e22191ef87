import type { AccessToken } from "../../shared/access/workload/access-token.ts";
import { BoundedMap } from "../../shared/base/bounded-map.ts";
import type { Bindings } from "../platform/env.ts";
import { seal, unseal } from "../platform/secrets.ts";

/** By which secret scanners find the access token of a program. */
const PREFIX = "rnwl_";
/** The longest access token is one that holds the most claims (`statedClaims`) and apps. */
const MAX_LENGTH = 12_000;
const CONTEXT = "access-token";

export const isAccessToken = (text: string): boolean => text.startsWith(PREFIX) && text.length <= MAX_LENGTH;

/** An access token as the program carries it: sealed, so that it can be neither read nor mistaken for an assertion. */
export const sealAccessToken = async (bindings: Bindings, token: AccessToken): Promise<string> =>
  PREFIX + (await seal(bindings, JSON.stringify(token), CONTEXT));

/** The tokens that this isolate opened of late. To open one costs as much as ten decisions. */
const opened = new BoundedMap<string, AccessToken>(500);

/** Opens an access token. Null if this network did not seal it. The caller must check whether it is still good. */
export async function openAccessToken(bindings: Bindings, text: string): Promise<AccessToken | null> {
  const known = opened.get(text);
  if (known) return known;
  const json = await unseal(bindings, text.slice(PREFIX.length), CONTEXT).catch(() => null);
  if (json === null) return null;
  // The text is authentic, so it has the form that `sealAccessToken` gave it.
  const token = JSON.parse(json) as AccessToken;
  opened.set(text, token);
  return token;
}
