import { ok, type Result } from "../base/result.ts";
import type { Declared } from "./declarations.ts";
import { type Fault, fault } from "./fault.ts";
import type { AclRule, GrantRule, Policy, TestCase } from "./policy.ts";
import { namesPeople, readTag, readTerms, refuseEverything, type Term } from "./term.ts";
import { ALL_PORTS, type Passing, readIp, readPorts, readProtocol, USUAL } from "./traffic.ts";

/** What one entry of `acls` or `grants` lets pass. */
export interface MeantRule {
  readonly at: string;
  readonly from: readonly Term[];
  readonly to: readonly Destination[];
  /** The tags of the routers by which the traffic must go. Empty: by any. */
  readonly via: readonly string[];
  /** The postures of which the source must meet one. Empty: none is asked for. */
  readonly postures: readonly string[];
}

export interface Destination {
  readonly term: Term;
  readonly passing: readonly Passing[];
}

export interface MeantTest {
  readonly at: string;
  readonly from: readonly Term[];
  readonly protocols: readonly number[];
  /** Whether the test names its protocol. */
  readonly names: boolean;
  readonly accept: readonly TestedDestination[];
  readonly deny: readonly TestedDestination[];
}

export interface TestedDestination extends Destination {
  readonly at: string;
}

/**
 * What the rules of a policy file mean, or why it is refused. The first fault refuses the whole file. Where neither list of rules
 * is there, everything passes.
 */
export function readRules(policy: Policy, declared: Declared): Result<MeantRule[], Fault> {
  if (!policy.acls && !policy.grants) return ok([EVERYTHING]);
  const rules: MeantRule[] = [];
  const add = (rule: Omit<MeantRule, "postures">, { srcPosture }: AclRule | GrantRule) =>
    rules.push({ ...rule, postures: srcPosture.length > 0 ? srcPosture : policy.defaultSrcPosture });
  for (const [index, acl] of (policy.acls ?? []).entries()) {
    const rule = readAcl(acl, declared, `acls[${index}]`);
    if (!rule.ok) return rule;
    add(rule.value, acl);
  }
  for (const [index, grant] of (policy.grants ?? []).entries()) {
    const rule = readGrant(grant, declared, `grants[${index}]`);
    if (!rule.ok) return rule;
    add(rule.value, grant);
  }
  return ok(rules);
}

const EVERYTHING: MeantRule = {
  at: "acls",
  from: [{ kind: "all" }],
  to: [{ term: { kind: "all" }, passing: [{ protocols: USUAL, ports: ALL_PORTS }] }],
  via: [],
  postures: [],
};

type Unconditional = Omit<MeantRule, "postures">;

function readAcl(rule: AclRule, declared: Declared, at: string): Result<Unconditional, Fault> {
  if (rule.action.trim() !== "accept")
    return fault(`${at}.action`, `${JSON.stringify(rule.action)} is no action`, 'Write "accept"');
  const from = readSources(rule.src ?? rule.users ?? [], declared, `${at}.src`);
  if (!from.ok) return from;
  const protocols = readProtocol(rule.proto, `${at}.proto`);
  if (!protocols.ok) return protocols;
  const to: Destination[] = [];
  for (const [index, text] of (rule.dst ?? rule.ports ?? []).entries()) {
    const destination = readDestination(text, protocols.value, declared, `${at}.dst[${index}]`);
    if (!destination.ok) return destination;
    to.push(...destination.value);
  }
  const allowed = checkSelf(from.value, to, at, true);
  return allowed.ok ? ok({ at, from: from.value, to, via: [] }) : allowed;
}

/** Reads `target:ports`. An address of version 6 may stand in brackets. */
function readDestination(
  text: string,
  protocols: readonly number[],
  declared: Declared,
  at: string,
): Result<Destination[], Fault> {
  const colon = text.lastIndexOf(":");
  const target = text
    .slice(0, Math.max(colon, 0))
    .trim()
    .replace(/^\[(.*)\]/, "$1");
  const passing = readPorts(text.slice(colon + 1).trim(), protocols, at);
  if (!passing.ok) return passing;
  const terms = readTerms(target, "dst", declared, at);
  return terms.ok ? ok(terms.value.map((term) => ({ term, passing: passing.value }))) : terms;
}

function readGrant(rule: GrantRule, declared: Declared, at: string): Result<Unconditional, Fault> {
  const { ip } = rule;
  const apps = Object.keys(rule.app);
  if (ip.length === 0 && apps.length === 0)
    return fault(at, "neither `ip` nor `app` says what is granted", 'Write "ip": ["*"] for all traffic');
  const from = readSources(rule.src, declared, `${at}.src`);
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
    const terms = readTerms(text, "dst", declared, place);
    if (!terms.ok) return terms;
    for (const term of terms.value) {
      const limited = refuseEverything(term, place);
      if (!limited.ok) return limited;
      if (term.kind === "internet" && apps.length > 0)
        return fault(place, "an application on the Internet can't be granted", "Leave out `app`");
      to.push({ term, passing });
    }
  }
  const granted = checkApps(apps, at);
  if (!granted.ok) return granted;
  const allowed = checkSelf(from.value, to, at, false);
  if (!allowed.ok) return allowed;
  const via: string[] = [];
  for (const [index, text] of rule.via.entries()) {
    const tag = readTag(text, declared, `${at}.via[${index}]`);
    if (!tag.ok) return tag;
    via.push(tag.value.tag);
  }
  return ok({ at, from: from.value, to, via });
}

function readSources(texts: readonly string[], declared: Declared, at: string): Result<Term[], Fault> {
  const terms: Term[] = [];
  for (const [index, text] of texts.entries()) {
    const read = readTerms(text, "src", declared, `${at}[${index}]`);
    if (!read.ok) return read;
    terms.push(...read.value);
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
export function readTest(test: TestCase, declared: Declared, at: string): Result<MeantTest, Fault> {
  const source = test.src ?? test.user;
  if (!source) return fault(at, "the test names no source", "Write `src`");
  const accept = test.accept ?? test.allow ?? [];
  if (accept.length + test.deny.length === 0)
    return fault(at, "the test expects nothing", "Write `accept` or `deny`");
  const from = readTerms(source, "src", declared, `${at}.src`);
  if (!from.ok) return from;
  const protocols = readProtocol(test.proto, `${at}.proto`);
  if (!protocols.ok) return protocols;
  const read = (texts: readonly string[], key: string) =>
    readAll(texts, protocols.value, declared, `${at}.${key}`);
  const [accepted, denied] = [read(accept, "accept"), read(test.deny, "deny")];
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
  declared: Declared,
  at: string,
): Result<TestedDestination[], Fault> {
  const destinations: TestedDestination[] = [];
  for (const [index, text] of texts.entries()) {
    const place = `${at}[${index}]`;
    const destination = readDestination(text, protocols, declared, place);
    if (!destination.ok) return destination;
    destinations.push(...destination.value.map((each) => ({ ...each, at: place })));
  }
  return ok(destinations);
}
