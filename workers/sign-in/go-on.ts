import { htmlResponse, onwardPage } from "../pages/index.ts";

/**
 * A page that continues to the next address. A redirect doesn't work here: browsers allow the answer to a
 * form to lead only to our own host, and a later address may have another host.
 */
export function goOn(
  next: string,
  reason: string,
  cookies: readonly string[] = [],
  title = "You are signed in",
): Response {
  const headers = new Headers({ Refresh: `0; url=${next}` });
  for (const cookie of cookies) headers.append("Set-Cookie", cookie);
  return htmlResponse(onwardPage({ title, nextUrl: next }), 200, reason, headers);
}
