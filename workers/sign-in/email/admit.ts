import {
  CODES_PER_ADDRESS,
  CODES_PER_NETWORK,
  CODES_PER_NETWORK_AND_ADDRESS,
  KNOWN_NETWORK_MS,
  limitedNetwork,
} from "../../../shared/access/login/rate.ts";
import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import type { Bindings } from "../../platform/env.ts";
import { attemptsObject } from "../../platform/objects.ts";
import { addressOf, admit, admitNetwork } from "../../session/client-network.ts";

/** A client network together with an address. */
const pairOf = (request: Request, email: string): string =>
  `codes:${limitedNetwork(addressOf(request))}:${email}`;

const knownKey = (request: Request, email: string): string => hashSecret(`known:${pairOf(request, email)}`);

/**
 * Counts a code that is asked for, unless there were too many. Returns the milliseconds to wait, or 0. What the narrower
 * limits refuse doesn't count for the address, so that one network can't use up the codes of others.
 */
export async function admitCode(request: Request, bindings: Bindings, email: string): Promise<number> {
  const ofNetwork = await admitNetwork(request, bindings, "codes", CODES_PER_NETWORK);
  if (ofNetwork > 0) return ofNetwork;
  const ofPair = await admit(bindings, pairOf(request, email), CODES_PER_NETWORK_AND_ADDRESS);
  if (ofPair > 0) return ofPair;
  const known = knownKey(request, email);
  if (await attemptsObject(bindings, known).isSpent(known)) return 0;
  return admit(bindings, `codes:address:${email}`, CODES_PER_ADDRESS);
}

/** Remembers that a code for this address was right in this network. */
export async function rememberNetwork(request: Request, bindings: Bindings, email: string): Promise<void> {
  const known = knownKey(request, email);
  await attemptsObject(bindings, known).spend(known, Date.now() + KNOWN_NETWORK_MS);
}
