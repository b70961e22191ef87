import { ok, type Result } from "../base/result.ts";
import { type Fault, fault } from "./fault.ts";
import type { AclRule, GrantRule, Policy, TestCase } from "./policy.ts";
import { namesPeople, readTag, readTerm, refuseEverything, type Term } from "./term.ts";
import { type Passing, readIp, readPorts, readProtocol } from "./traffic.ts";

/** What one entry of `acls` or `grants` lets pass. */
export interface MeantRule {
  readonly at: string;
  readonly from: readonly Term[];
  readonly to: readonly Destination[];
  /** The tags of the routers by which the traffic must go. Empty: by any. */
  readonly via: readonly string[];
}

export interface Destination {
  readonly term: Term;
  readonly passing: readonly Passing[];
}

export interface MeantTest {
  readonly at: string;
  readonly from: Term;
  readonly protocols: readonly number[];
  /** Whether the test names its protocol. */
  readonly names: boolean;
  readonly accept: readonly Destination[];
  readonly deny: readonly Destination[];
}

/** What a policy file means, or why it is refused. The first fault refuses the whole file. */
export function readRules(policy: Policy): Result<MeantRule[], Fault> {
  const groups = checkGroups(policy);
  if (!groups.ok) return groups;
  const rules: MeantRule[] = [];
  for (const [index, acl] of policy.acls.entries()) {
    const rule = readAcl(acl, policy, `acls[${index}]`);
    if (!rule.ok) return rule;
    rules.push(rule.value);
  }
  for (const [index, grant] of policy.grants.entries()) {
    const rule = readGrant(grant, policy, `grants[${index}]`);
    if (!rule.ok) return rule;
    rules.push(rule.value);
  }
  return ok(rules);
}

/** A group holds people only. So no cycle of groups can exist. */
function checkGroups(policy: Policy): Result<null, Fault> {
  for (const [group, users] of Object.entries(policy.groups)) {
    if (!group.startsWith("group:"))
      return fault(`groups.${group}`, "a group's name begins with `group:`", `Write "group:${group}"`);
    for (const [index, user] of users.entries()) {
      if (/^(group|tag|autogroup):/.test(user))
        return fault(`groups.${group}[${index}]`, "a group holds people only", "Name the people");
    }
  }
  return ok(null);
}

function readAcl(rule: AclRule, policy: Policy, at: string): Result<MeantRule, Fault> {
  if (rule.action.trim() !== "accept")
    return fault(`${at}.action`, `${JSON.stringify(rule.action)} is no action`, 'Write "accept"');
  const from = readSources(rule.src ?? rule.users ?? [], policy, `${at}.src`);
  if (!from.ok) return from;
  const protocols = readProtocol(rule.proto, `${at}.proto`);
  if (!protocols.ok) return protocols;
  const to: Destination[] = [];
  for (const [index, text] of (rule.dst ?? rule.ports ?? []).entries()) {
    const destination = readDestination(text, protocols.value, policy, `${at}.dst[${index}]`);
    if (!destination.ok) return destination;
    to.push(destination.value);
  }
  const allowed = checkSelf(from.value, to, at, true);
  return allowed.ok ? ok({ at, from: from.value, to, via: [] }) : allowed;
}

/** Reads `target:ports`. An address of version 6 may stand in brackets. */
function readDestination(
  text: string,
  protocols: readonly number[],
  policy: Policy,
  at: string,
): Result<Destination, Fault> {
  const colon = text.lastIndexOf(":");
  const target = text
    .slice(0, Math.max(colon, 0))
    .trim()
    .replace(/^\[(.*)\]/, "$1");
  const passing = readPorts(text.slice(colon + 1).trim(), protocols, at);
  if (!passing.ok) return passing;
  const term = readTerm(target, "dst", policy, at);
  return term.ok ? ok({ term: term.value, passing: passing.value }) : term;
}

function readGrant(rule: GrantRule, policy: Policy, at: string): Result<MeantRule, Fault> {
  const ip = rule.ip ?? [];
  const apps = Object.keys(rule.app ?? {});
  if (ip.length === 0 && apps.length === 0)
    return fault(at, "neither `ip` nor `app` says what is granted", 'Write "ip": ["*"] for all traffic');
  const from = readSources(rule.src, policy, `${at}.src`);
  if (!from.ok) return from;
  const passing: Passing[] = [];
  for (const [index, text] of ip.entries()) {
    const read = readIp(text, `${at}.ip[${index}]`);
    if (!read.ok) return read;
    passing.push(...read.value);
  }
  const to: Destination[] = [];
  for (const [index, text] of rule.dst.entries()) {
    const place = `${at}.dst[${index}]`;
    const read = readTerm(text, "dst", policy, place);
    const term = read.ok ? refuseEverything(read.value, place) : read;
    if (!term.ok) return term;
    if (term.value.kind === "internet" && apps.length > 0)
      return fault(place, "an application on the Internet can't be granted", "Leave out `app`");
    to.push({ term: term.value, passing });
  }
  const granted = checkApps(apps, at);
  if (!granted.ok) return granted;
  const allowed = checkSelf(from.value, to, at, false);
  if (!allowed.ok) return allowed;
  const via: string[] = [];
  for (const [index, text] of (rule.via ?? []).entries()) {
    const tag = readTag(text, policy, `${at}.via[${index}]`);
    if (!tag.ok) return tag;
    via.push(tag.value.tag);
  }
  return ok({ at, from: from.value, to, via });
}

function readSources(texts: readonly string[], policy: Policy, at: string): Result<Term[], Fault> {
  const terms: Term[] = [];
  for (const [index, text] of texts.entries()) {
    const term = readTerm(text, "src", policy, `${at}[${index}]`);
    if (!term.ok) return term;
    terms.push(term.value);
  }
  return ok(terms);
}

/** "Their own machines" needs people as sources. An ACL may also say `*`, a grant may not. */
function checkSelf(
  from: readonly Term[],
  to: readonly Destination[],
  at: string,
  takesAll: boolean,
): Result<null, Fault> {
  if (!to.some(({ term }) => term.kind === "self")) return ok(null);
  const wrong = from.find((term) => !namesPeople(term) && !(takesAll && term.kind === "all"));
  return wrong
    ? fault(
        at,
        "`autogroup:self` needs people as sources",
        "Name people, groups or autogroup:member in `src`",
      )
    : ok(null);
}

/** Capabilities of Tailscale's own domain that its clients know. */
const OWN_CAPABILITIES =
  /^tailscale\.com\/cap\/(drive|drive-sharer|kubernetes|relay|webui|golink|tsidp|setec|secrets|ssm|file-sharing.*|debug.*|app-connectors?|is-admin)$/;

function checkApps(names: readonly string[], at: string): Result<null, Fault> {
  for (const name of names) {
    if (name.includes("://") || !/^[^/\s]+\.[^/\s]+\/\S+$/.test(name))
      return fault(`${at}.app`, `${JSON.stringify(name)} is no capability`, "Write {domain}/{path}");
    if (name.startsWith("tailscale.com/") && !OWN_CAPABILITIES.test(name))
      return fault(`${at}.app`, `${name} is not for grants`, "Use a domain of your own");
  }
  return ok(null);
}

/** Reads one entry of `tests`. Names that nobody declared make it fail, so they are faults. */
export function readTest(test: TestCase, policy: Policy, at: string): Result<MeantTest, Fault> {
  if (!test.src) return fault(at, "the test names no source", "Write `src`");
  const accept = test.accept ?? test.allow ?? [];
  const deny = test.deny ?? [];
  if (accept.length + deny.length === 0)
    return fault(at, "the test expects nothing", "Write `accept` or `deny`");
  const from = readTerm(test.src, "src", policy, `${at}.src`);
  if (!from.ok) return from;
  const protocols = readProtocol(test.proto, `${at}.proto`);
  if (!protocols.ok) return protocols;
  const read = (texts: readonly string[], key: string) =>
    readAll(texts, protocols.value, policy, `${at}.${key}`);
  const [accepted, denied] = [read(accept, "accept"), read(deny, "deny")];
  if (!accepted.ok) return accepted;
  if (!denied.ok) return denied;
  return ok({
    at,
    from: from.value,
    protocols: protocols.value,
    names: (test.proto ?? "") !== "",
    accept: accepted.value,
    deny: denied.value,
  });
}

function readAll(
  texts: readonly string[],
  protocols: readonly number[],
  policy: Policy,
  at: string,
): Result<Destination[], Fault> {
  const destinations: Destination[] = [];
  for (const [index, text] of texts.entries()) {
    const destination = readDestination(text, protocols, policy, `${at}[${index}]`);
    if (!destination.ok) return destination;
    destinations.push(destination.value);
  }
  return ok(destinations);
}
