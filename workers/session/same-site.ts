import { hashSecret } from "../../shared/access/login/secret-hash.ts";
import { constantTimeEqual } from "../../shared/base/base64url.ts";
import { boundedBody } from "../platform/bounded-body.ts";

/** Whether a page of this same origin made a POST. A browser without fetch metadata must send `Origin`. */
export function isSameOriginPost(request: Request): boolean {
  const site = request.headers.get("Sec-Fetch-Site");
  if (site !== null) return site === "same-origin";
  return request.headers.get("Origin") === new URL(request.url).origin;
}

/** A token that only a page for this session can hold. */
export function csrfToken(sessionCookie: string): string {
  return hashSecret(`csrf:${sessionCookie}`);
}

export function isCsrfToken(token: string, sessionCookie: string): boolean {
  return constantTimeEqual(token, csrfToken(sessionCookie));
}

const MAX_FORM_BYTES = 16_384;

/** The fields of a small urlencoded form. Null for anything else. */
export async function readForm(request: Request, maxBytes = MAX_FORM_BYTES): Promise<URLSearchParams | null> {
  const type = request.headers.get("Content-Type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded" || !request.body) return null;
  const bytes = await boundedBody(request.body, maxBytes);
  return bytes && new URLSearchParams(new TextDecoder().decode(bytes));
}
