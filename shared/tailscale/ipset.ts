import { ok, type Result } from "../base/result.ts";
import { outermost, type Prefix, subtract } from "../net/prefix.ts";
import { hostCalled, readAddresses, readRange } from "./addresses.ts";
import { type Fault, fault } from "./fault.ts";
import type { Policy } from "./policy.ts";

/** The addresses of a set, and whether it also has what `autogroup:internet` stands for. */
export interface SetAddresses {
  readonly prefixes: readonly Prefix[];
  readonly internet: boolean;
}

/** Sets that hold one another may not be nested deeper. */
const MOST_NESTED = 20;

/**
 * Reads the sets of addresses (`ipsets`) by name. Their entries are addresses, networks, ranges, hosts, other sets and
 * `autogroup:internet`. One that begins with `remove` takes away from what all others add.
 */
export function readSets(policy: Policy): Result<ReadonlyMap<string, SetAddresses>, Fault> {
  const sets = new Map<string, SetAddresses>();
  for (const name of Object.keys(policy.ipsets)) {
    if (!/^ipset:./.test(name))
      return fault(`ipsets.${name}`, "a set's name begins with `ipset:`", `Write "ipset:${name}"`);
    const set = readSet(name, policy, sets, []);
    if (!set.ok) return set;
  }
  return ok(sets);
}

/** @param within The sets that this one is read for. A set that holds itself is a fault. */
function readSet(
  name: string,
  policy: Policy,
  sets: Map<string, SetAddresses>,
  within: readonly string[],
): Result<SetAddresses, Fault> {
  const known = sets.get(name);
  if (known) return ok(known);
  const at = `ipsets.${name}`;
  if (within.includes(name)) return fault(at, "the set holds itself", "Leave one of the two entries out");
  if (within.length > MOST_NESTED) return fault(at, "the sets are nested too deeply", "Make them flatter");
  const added: Prefix[] = [];
  const removed: Prefix[] = [];
  let internet = false;
  for (const [index, entry] of (policy.ipsets[name] ?? []).entries()) {
    const [, verb = "add", target = ""] = /^\s*(?:(add|remove)\s+)?(.*?)\s*$/.exec(entry) ?? [];
    const place = `${at}[${index}]`;
    const read = target.startsWith("ipset:")
      ? Object.hasOwn(policy.ipsets, target)
        ? readSet(target, policy, sets, [...within, name])
        : fault(place, `${target} is not declared`, "Declare it under `ipsets`")
      : readTarget(target, policy, place);
    if (!read.ok) return read;
    if (read.value.internet && verb === "remove")
      return fault(place, "the Internet can't be taken away here", "Write only what is to be added");
    internet ||= read.value.internet;
    (verb === "remove" ? removed : added).push(...read.value.prefixes);
  }
  const set = { prefixes: outermost(added.flatMap((each) => subtract(each, removed))), internet };
  sets.set(name, set);
  return ok(set);
}

function readTarget(target: string, { hosts }: Policy, at: string): Result<SetAddresses, Fault> {
  if (target === "autogroup:internet") return ok({ prefixes: [], internet: true });
  const prefix = readAddresses(hostCalled(target, hosts) ?? target);
  const prefixes = prefix ? [prefix] : readRange(target);
  return prefixes
    ? ok({ prefixes, internet: false })
    : fault(
        at,
        `${JSON.stringify(target)} is neither an address, a network, a host nor a set`,
        "Leave it out, or declare it under `hosts`",
      );
}
