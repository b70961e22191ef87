import { limitedNetwork, type Rate, SIGN_INS_PER_NETWORK } from "../../shared/access/login/rate.ts";
import { hashSecret } from "../../shared/access/login/secret-hash.ts";
import type { Bindings } from "../platform/env.ts";
import { attemptsObject } from "../platform/objects.ts";
import { refusalPage } from "./answers.ts";

/** The client's IP address, as the platform states it. Empty if the platform states none. */
export const addressOf = (request: Request): string => request.headers.get("CF-Connecting-IP") ?? "";

/**
 * Counts an event for something, unless there were too many. Returns the milliseconds to wait, or 0.
 *
 * @param what What the events are counted for. Only its hash is stored.
 */
export async function admit(bindings: Bindings, what: string, rate: Rate): Promise<number> {
  const key = hashSecret(what);
  return attemptsObject(bindings, key).admit(key, rate);
}

/** Counts an event of one kind for the client's network. */
export const admitNetwork = (
  request: Request,
  bindings: Bindings,
  kind: string,
  rate: Rate,
): Promise<number> => admit(bindings, `${kind}:network:${limitedNetwork(addressOf(request))}`, rate);

/**
 * Counts a sign-in that begins in the client's network. The refusal if there were too many, otherwise null.
 *
 * @param kind Where it begins. Each kind is counted by itself, since one sign-in begins in several places.
 */
export async function tooManySignIns(
  request: Request,
  bindings: Bindings,
  kind: "app" | "provider" | "client",
): Promise<Response | null> {
  const wait = await admitNetwork(request, bindings, `sign-in:${kind}`, SIGN_INS_PER_NETWORK);
  if (wait === 0) return null;
  const seconds = Math.ceil(wait / 1_000);
  return refusalPage(
    "rate_limited",
    `Too many sign-ins began in your network at once. Try again in ${seconds} seconds.`,
    { headers: { "Retry-After": String(seconds) } },
  );
}
