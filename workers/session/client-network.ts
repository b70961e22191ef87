import { limitedNetwork, type Rate } from "../../shared/access/login/rate.ts";
import { hashSecret } from "../../shared/access/login/secret-hash.ts";
import type { Bindings } from "../platform/env.ts";
import { attemptsObject } from "../platform/objects.ts";

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
