import type { LookupFunction } from "node:net";
import {
  type DialTarget,
  mayDial,
  mayLeadTo,
  printTarget,
  targetOfUpstream,
} from "../../shared/connector/dial-list.ts";
import { lookupWith, resolveName } from "../hub/addresses.ts";

/** Where an upstream is dialled. */
export interface Dial extends DialTarget {
  readonly scheme: string;
  /** Resolves the host, and leaves out the addresses to which it may not lead. */
  readonly lookup: LookupFunction;
}

/** An upstream that this agent may not dial. */
export class NotDialled extends Error {
  override readonly name = "NotDialled";
}

/** @throws NotDialled when the list does not name the upstream's host and port. */
export function dialOf(upstream: string, list: readonly DialTarget[]): Dial {
  const target = targetOfUpstream(upstream);
  if (!target || !mayDial(list, target)) {
    const what = target ? printTarget(target) : upstream;
    throw new NotDialled(`this agent may not dial ${what}: its --dial does not name it`);
  }
  return { ...target, lookup: lookupWith(checkedResolve) };
}

/** The address that was checked is the address that is dialled. A second look-up could give another one. */
async function checkedResolve(host: string) {
  const found = await resolveName(host);
  const allowed = found.filter(({ address }) => mayLeadTo(host, address));
  if (found.length > 0 && allowed.length === 0)
    throw new NotDialled(`${host} leads to ${found[0]?.address}, where no private app may be`);
  return allowed;
}
