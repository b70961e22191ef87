import type { Bindings } from "../platform/env.ts";
import { refusedUrl } from "./address.ts";

/** A destination did not take a message. The text says why, for an administrator, and holds no secret. */
export class NotSent extends Error {}

const TIMEOUT_MS = 10_000;

/** Posts a body, which is JSON unless the headers say otherwise. @throws NotSent */
export async function post(
  bindings: Bindings,
  url: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const refused = refusedUrl(bindings, url);
  if (refused !== null) throw new NotSent(`Its address is refused. ${refused}`);
  const status = await statusOf(url, body, headers);
  if (status >= 300 && status < 400)
    throw new NotSent(
      `It answered ${status}, and redirects are not followed: give the address that it leads to.`,
    );
  if (status < 200 || status > 299) throw new NotSent(`It answered ${status}.`);
}

async function statusOf(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "User-Agent": "rustronaut", ...headers },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    // Nothing of the answer counts but its status: its body may be as long as it likes.
    await response.body?.cancel();
    return response.status;
  } catch (cause) {
    const isLate = cause instanceof Error && cause.name === "TimeoutError";
    throw new NotSent(isLate ? "It did not answer within 10 seconds." : "It can't be reached.", { cause });
  }
}
