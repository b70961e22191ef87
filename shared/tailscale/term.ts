import { err, ok, type Result } from "../base/result.ts";
import { hostOf, isDefaultRoute, type Prefix, prefixOf } from "../net/prefix.ts";
import { type Fault, fault } from "./fault.ts";
import type { Policy } from "./policy.ts";

/** Whom one entry of `src` or `dst` names. */
export type Term =
  | { readonly kind: "all" }
  /** Machines that belong to a person and carry no tag. */
  | { readonly kind: "members" }
  | { readonly kind: "tagged" }
  /** As a destination: the other machines of the person whose machine is the source. */
  | { readonly kind: "self" }
  | { readonly kind: "internet" }
  | { readonly kind: "tag"; readonly tag: string }
  /** People, by e-mail address. An empty group names nobody. */
  | { readonly kind: "users"; readonly users: readonly string[]; readonly group: string | null }
  | { readonly kind: "domain"; readonly domain: string }
  | { readonly kind: "addresses"; readonly prefix: Prefix };

export type Side = "src" | "dst";

const ROLES = new Set(["admin", "owner", "it-admin", "network-admin", "billing-admin", "auditor"]);

/** Reads one entry. `at` says where it stands. */
export function readTerm(text: string, side: Side, policy: Policy, at: string): Result<Term, Fault> {
  const term = text.trim();
  if (term === "*") return ok({ kind: "all" });
  if (term.startsWith("autogroup:")) return readAutogroup(term.slice("autogroup:".length), side, at);
  if (term.startsWith("tag:")) return readTag(term, policy, at);
  if (term.startsWith("group:")) return readGroup(term, policy, at);
  if (term.startsWith("user:*@")) return ok({ kind: "domain", domain: term.slice("user:*@".length) });
  if (term.startsWith("ipset:"))
    return fault(at, "sets of addresses are not read", "Write the addresses that the set has");
  const host = Object.hasOwn(policy.hosts, term) ? policy.hosts[term] : undefined;
  const prefix = readAddresses(host ?? term);
  if (prefix !== null) return ok({ kind: "addresses", prefix });
  if (term.includes("@")) return ok({ kind: "users", users: [term.toLowerCase()], group: null });
  return fault(
    at,
    `${JSON.stringify(text)} is neither a person, a group, a tag, a host nor an address`,
    "Declare the name under `hosts`, or correct it",
  );
}

function readAutogroup(name: string, side: Side, at: string): Result<Term, Fault> {
  switch (name) {
    case "member":
    case "members":
      return ok({ kind: "members" });
    case "tagged":
      return ok({ kind: "tagged" });
    case "self":
      if (side === "dst") return ok({ kind: "self" });
      return fault(at, "`autogroup:self` is a destination", "Name in `src` whose machines these are");
    case "internet":
      if (side === "dst") return ok({ kind: "internet" });
      return fault(at, "`autogroup:internet` is a destination", "Name in `src` who may reach it");
    case "danger-all":
      if (side === "src")
        return fault(at, "traffic from outside the network is never let in", "Leave the rule out");
      return fault(at, "`autogroup:danger-all` is a source", "Write `*`");
    default:
      return ROLES.has(name)
        ? fault(at, `who is ${name} there is not in the file`, "Name the people in a group")
        : fault(at, `there is no autogroup:${name}`, "Correct the name");
  }
}

export function readTag(term: string, policy: Policy, at: string): Result<Term & { kind: "tag" }, Fault> {
  if (!Object.hasOwn(policy.tagOwners, term))
    return fault(at, `${term} is not declared`, "Declare it under `tagOwners`");
  return ok({ kind: "tag", tag: term.slice("tag:".length) });
}

function readGroup(term: string, policy: Policy, at: string): Result<Term, Fault> {
  if (!Object.hasOwn(policy.groups, term))
    return fault(at, `${term} is not declared`, "Declare it under `groups`");
  const users = (policy.groups[term] ?? []).map((user) => user.trim().toLowerCase());
  return ok({ kind: "users", users, group: term.slice("group:".length) });
}

/** An address, a prefix (its host bits are cut), or null. */
export function readAddresses(text: string): Prefix | null {
  return hostOf(text) ?? prefixOf(text) ?? withoutHostBits(text);
}

function withoutHostBits(text: string): Prefix | null {
  const [address = "", length = ""] = text.split("/");
  const host = hostOf(address);
  const bits = Number(length);
  if (!host || !/^\d{1,3}$/.test(length) || bits > host.length) return null;
  const shift = BigInt(host.length - bits);
  const first = (host.first >> shift) << shift;
  return { version: host.version, length: bits, first, last: first | ((1n << shift) - 1n) };
}

/** Whether the term names people, so that "their own machines" means something. */
export const namesPeople = ({ kind }: Term): boolean =>
  kind === "users" || kind === "members" || kind === "domain";

/** Everything is written `*` or `autogroup:internet`. */
export function refuseEverything(term: Term, at: string): Result<Term, Fault> {
  if (term.kind !== "addresses" || !isDefaultRoute(term.prefix)) return ok(term);
  return err({
    at,
    problem: "a default route is no destination",
    remedy: "Write `*` or `autogroup:internet`",
  });
}
