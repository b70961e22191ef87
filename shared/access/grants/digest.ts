import { sha256 } from "@noble/hashes/sha2.js";
import { base64url } from "../../base/base64url.ts";
import type { GrantContent } from "./types.ts";

/** What else an approver sees, and what an approval is bound to besides the content. */
export interface Seen {
  readonly id: string;
  readonly app: { readonly name: string; readonly host: string };
  /** The address of the person who requests. */
  readonly email: string;
}

/**
 * SHA-256 of all that an approver is shown, in base64url. An approval names it. So nobody approves one thing and allows
 * another: not after the app took another name or moved to another host, nor after the person got another address, nor
 * by a mix-up of two requests.
 */
export function digestOf(content: GrantContent, { id, app, email }: Seen): string {
  const { userId, appId, actions, paths, seconds, reason, needed, emergency } = content;
  const shown = [
    "rustronaut-grant-v2",
    ...[id, userId, email, appId, app.name, app.host],
    ...[[...actions].sort(), [...paths].sort(), seconds, reason, needed, emergency],
  ];
  return base64url(sha256(new TextEncoder().encode(JSON.stringify(shown))));
}
