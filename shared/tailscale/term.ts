import { err, ok, type Result } from "../base/result.ts";
import { isDefaultRoute, type Prefix } from "../net/prefix.ts";
import { hostCalled, readAddresses } from "./addresses.ts";
import type { Declared } from "./declarations.ts";
import { type Fault, fault } from "./fault.ts";

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
  | { readonly kind: "addresses"; readonly prefixes: readonly Prefix[] }
  /** What Tailscale knows and nothing here corresponds to. It names nobody. */
  | { readonly kind: "foreign"; readonly fault: Fault };

export type Side = "src" | "dst";

const ROLES = new Set(["admin", "owner", "it-admin", "network-admin", "billing-admin", "auditor"]);

const foreign = (at: string, problem: string, remedy: string): Term => ({
  kind: "foreign",
  fault: { at, problem, remedy },
});

/** Reads one entry. `at` says where it stands. Most name one thing; a set of addresses may name two. */
export function readTerms(text: string, side: Side, declared: Declared, at: string): Result<Term[], Fault> {
  const term = text.trim();
  if (term === "autogroup:danger-all" && side === "src") {
    const remedy = "Nothing is to be done for the network's own machines";
    return ok([{ kind: "all" }, foreign(at, "traffic from outside the network is never let in", remedy)]);
  }
  if (!term.startsWith("ipset:")) {
    const read = readTerm(term, side, declared, at);
    return read.ok ? ok([read.value]) : read;
  }
  const set = declared.sets.get(term);
  if (!set) return fault(at, `${term} is not declared`, "Declare it under `ipsets`");
  if (set.internet && side === "src") return fault(at, INTERNET_AS_SOURCE, "Name in `src` who may reach it");
  const { prefixes, internet } = set;
  return ok([{ kind: "addresses", prefixes }, ...(internet ? [{ kind: "internet" } as const] : [])]);
}

const INTERNET_AS_SOURCE = "`autogroup:internet` is a destination";

function readTerm(term: string, side: Side, declared: Declared, at: string): Result<Term, Fault> {
  if (term === "*") return ok({ kind: "all" });
  if (term.startsWith("autogroup:")) return readAutogroup(term.slice("autogroup:".length), side, at);
  if (term.startsWith("tag:")) return readTag(term, declared, at);
  if (term.startsWith("group:")) return readGroup(term, declared, at);
  if (term.startsWith("user:*@"))
    return ok({ kind: "domain", domain: term.slice("user:*@".length).toLowerCase() });
  if (term.startsWith("svc:") && side === "dst")
    return ok(foreign(at, `${term} is a service of Tailscale`, "Name the machines that offer it"));
  const prefix = readAddresses(hostCalled(term, declared.hosts) ?? term);
  if (prefix !== null) return ok({ kind: "addresses", prefixes: [prefix] });
  if (term.includes("@") && !term.includes(":"))
    return ok({ kind: "users", users: [term.toLowerCase()], group: null });
  return fault(
    at,
    `${JSON.stringify(term)} is neither a person, a group, a tag, a host nor an address`,
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
      return fault(at, INTERNET_AS_SOURCE, "Name in `src` who may reach it");
    case "danger-all":
      return fault(at, "`autogroup:danger-all` is a source", "Write `*`");
    case "shared":
      if (side === "src")
        return ok(foreign(at, "no machine of another network is shared here", "Leave it out"));
      return fault(at, "`autogroup:shared` is a source", "Name whom they may reach");
    default:
      return ROLES.has(name)
        ? ok(foreign(at, `who is ${name} there is not in the file`, "Name the people in a group"))
        : fault(at, `there is no autogroup:${name}`, "Correct the name");
  }
}

export function readTag(
  term: string,
  { tagOwners }: Declared,
  at: string,
): Result<Term & { kind: "tag" }, Fault> {
  if (!Object.hasOwn(tagOwners, term))
    return fault(at, `${term} is not declared`, "Declare it under `tagOwners`");
  return ok({ kind: "tag", tag: term.slice("tag:".length) });
}

function readGroup(term: string, { groups }: Declared, at: string): Result<Term, Fault> {
  if (Object.hasOwn(groups, term)) {
    const users = (groups[term] ?? []).map((user) => user.trim().toLowerCase());
    return ok({ kind: "users", users, group: term.slice("group:".length) });
  }
  if (!term.includes("@")) return fault(at, `${term} is not declared`, "Declare it under `groups`");
  const remedy = 'Write a microsegment with `user.groups has "…"`, and a rule that names it';
  return ok(foreign(at, `who is in ${term} only the identity provider knows`, remedy));
}

/** Whether the term names people, so that "their own machines" means something. */
export const namesPeople = ({ kind }: Term): boolean =>
  kind === "users" || kind === "members" || kind === "domain" || kind === "foreign";

/** Everything is written `*` or `autogroup:internet`. */
export function refuseEverything(term: Term, at: string): Result<Term, Fault> {
  if (term.kind !== "addresses" || !term.prefixes.some(isDefaultRoute)) return ok(term);
  return err({
    at,
    problem: "a default route is no destination",
    remedy: "Write `*` or `autogroup:internet`",
  });
}
