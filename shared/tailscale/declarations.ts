import { ok, type Result } from "../base/result.ts";
import { prefixOf } from "../net/prefix.ts";
import { readAddresses } from "./addresses.ts";
import { type Fault, fault } from "./fault.ts";
import { readSets, type SetAddresses } from "./ipset.ts";
import type { Policy } from "./policy.ts";

/** What a policy file declares for its rules to name. A fault in a name that no rule uses refuses the file, too. */
export interface Declared extends Pick<Policy, "groups" | "tagOwners" | "hosts"> {
  readonly sets: ReadonlyMap<string, SetAddresses>;
}

export function readDeclarations(policy: Policy): Result<Declared, Fault> {
  for (const check of [checkGroups, checkTags, checkHosts, checkApprovers, checkPostures]) {
    const checked = check(policy);
    if (!checked.ok) return checked;
  }
  const sets = readSets(policy);
  return sets.ok ? ok({ ...policy, sets: sets.value }) : sets;
}

/** A group holds people only. So no cycle of groups can exist. */
function checkGroups({ groups }: Policy): Result<null, Fault> {
  for (const [group, users] of Object.entries(groups)) {
    if (!/^group:./.test(group))
      return fault(`groups.${group}`, "a group's name begins with `group:`", `Write "group:${group}"`);
    for (const [index, user] of users.entries()) {
      if (!isPerson(user))
        return fault(`groups.${group}[${index}]`, "a group holds people only", "Name people by their logins");
    }
  }
  return ok(null);
}

const isPerson = (name: string): boolean => name.includes("@") && !name.includes(":");

/** A tag may own itself, and tags one another: nothing here walks from owner to owner. */
function checkTags(policy: Policy): Result<null, Fault> {
  for (const [tag, owners] of Object.entries(policy.tagOwners)) {
    if (!/^tag:[A-Za-z][A-Za-z0-9-]*$/.test(tag))
      return fault(
        `tagOwners.${tag}`,
        "this is no tag",
        "Write `tag:`, a letter, and letters, digits and hyphens",
      );
    const checked = checkNamed(owners, policy, `tagOwners.${tag}`);
    if (!checked.ok) return checked;
  }
  return ok(null);
}

function checkNamed(names: readonly string[], policy: Policy, at: string): Result<null, Fault> {
  const unknown = names.findIndex((name) => !isDeclared(name.trim(), policy));
  return unknown < 0
    ? ok(null)
    : fault(
        `${at}[${unknown}]`,
        `${JSON.stringify(names[unknown])} is not declared`,
        "Declare it, or correct it",
      );
}

/** A group with an `@` comes from the identity provider. */
const isDeclared = (name: string, { groups, tagOwners }: Policy): boolean =>
  name.startsWith("autogroup:") ||
  isPerson(name) ||
  (name.startsWith("group:") && (name.includes("@") || Object.hasOwn(groups, name))) ||
  Object.hasOwn(tagOwners, name);

function checkHosts({ hosts }: Policy): Result<null, Fault> {
  const wrong = Object.entries(hosts).find(([, addresses]) => readAddresses(addresses) === null);
  return wrong
    ? fault(
        `hosts.${wrong[0]}`,
        `${JSON.stringify(wrong[1])} is no address`,
        "Write an address, or a network",
      )
    : ok(null);
}

function checkApprovers(policy: Policy): Result<null, Fault> {
  const { routes, exitNode } = policy.autoApprovers;
  for (const [route, approvers] of Object.entries(routes)) {
    const at = `autoApprovers.routes.${route}`;
    if (prefixOf(route) === null) return fault(at, "this is no network", "Write one such as 10.0.0.0/8");
    const checked = checkNamed(approvers, policy, at);
    if (!checked.ok) return checked;
  }
  return checkNamed(exitNode, policy, "autoApprovers.exitNode");
}

function checkPostures(policy: Policy): Result<null, Fault> {
  const names = Object.keys(policy.postures);
  const wrong = names.find((name) => !/^posture:./.test(name));
  if (wrong !== undefined)
    return fault(`postures.${wrong}`, "a posture's name begins with `posture:`", `Write "posture:${wrong}"`);
  const used = [
    ...policy.defaultSrcPosture.map((name) => [name, "defaultSrcPosture"] as const),
    ...["acls" as const, "grants" as const].flatMap((section) =>
      (policy[section] ?? []).flatMap(({ srcPosture }, index) =>
        srcPosture.map((name) => [name, `${section}[${index}].srcPosture`] as const),
      ),
    ),
  ];
  const unknown = used.find(([name]) => !names.includes(name));
  return unknown
    ? fault(unknown[1], `${unknown[0]} is not declared`, "Declare it under `postures`")
    : ok(null);
}
