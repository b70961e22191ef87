import { err, ok, type Result } from "../base/result.ts";
import { readDeclarations } from "./declarations.ts";
import type { Fault } from "./fault.ts";
import { type MeantTest, readRules, readTest } from "./meaning.ts";
import { otherSections, readPolicy } from "./policy.ts";
import { runTests } from "./run-tests.ts";
import { type Imported, type Inventory, toRules } from "./to-rules.ts";
import { type ImportedTest, toTests } from "./to-tests.ts";

export interface ImportedPolicy extends Imported {
  readonly tests: readonly ImportedTest[];
}

/**
 * Reads a Tailscale policy file into rules and tests with the same meaning, and names what has no counterpart here. The file
 * is refused where Tailscale refuses it: for a fault in it, or for one of its own tests.
 *
 * @param file The file as JSON reads it.
 */
export function importPolicy(file: unknown, inventory: Inventory): Result<ImportedPolicy, readonly Fault[]> {
  const read = readPolicy(file);
  if (!read.ok) return read;
  const policy = read.value;
  const declared = readDeclarations(policy);
  if (!declared.ok) return err([declared.error]);
  const rules = readRules(policy, declared.value);
  if (!rules.ok) return err([rules.error]);
  const tests: MeantTest[] = [];
  for (const [index, test] of policy.tests.entries()) {
    const meant = readTest(test, declared.value, `tests[${index}]`);
    if (!meant.ok) return err([meant.error]);
    tests.push(meant.value);
  }
  const known = {
    ...inventory,
    tags: [...new Set([...inventory.tags, ...Object.keys(policy.tagOwners).map(withoutPrefix)])].sort(),
  };
  const { failing, open } = runTests(tests, rules.value, known);
  if (failing.length > 0) return err(failing);
  const imported = toRules(rules.value, known);
  const tooMany = excess(imported);
  if (tooMany.length > 0) return err(tooMany);
  const carried = toTests(tests, known, open);
  const left = [
    ...(policy.acls || policy.grants ? [] : [EVERYTHING_PASSES]),
    ...imported.left,
    ...open,
    ...carried.left,
    ...applications(policy.grants ?? []),
    ...otherSections(file),
  ];
  return ok({ ...imported, tests: carried.tests, left });
}

const EVERYTHING_PASSES: Fault = {
  at: "acls",
  problem: "the file has neither acls nor grants, so everything passes there, and by a rule here",
  remedy: "Leave that rule out if this is not meant",
};

/** A document has so many rules at most, and so many microsegments (`shared/api/document.ts`). */
const MOST_RULES = 1_000;
const MOST_MICROSEGMENTS = 500;
const MOST_MEMBERS = 5_000;
const MOST_TRAFFIC = 64;

/** What one network can't hold. To leave some of it out would be to choose for its owner. */
function excess({ rules, microsegments }: Imported): Fault[] {
  const faults: Fault[] = [];
  const limit = (at: string, what: string, count: number, most: number) => {
    if (count > most)
      faults.push({ at, problem: `these become ${count} ${what}, and ${most} is the most`, remedy: FEWER });
  };
  limit("acls", "rules", rules.length, MOST_RULES);
  limit("groups", "microsegments", microsegments.length, MOST_MICROSEGMENTS);
  for (const { name, traffic } of rules) limit(name, "lists of ports", traffic.length, MOST_TRAFFIC);
  for (const { name, include = [] } of microsegments)
    limit(`groups.${name}`, "members", include.length, MOST_MEMBERS);
  return faults;
}

const FEWER = "Write fewer, such as one for a tag instead of one for each machine or person";

const withoutPrefix = (tag: string): string => tag.replace(/^tag:/, "");

const applications = (grants: readonly { readonly app: object }[]): Fault[] =>
  grants.flatMap(({ app }, index) =>
    Object.keys(app).length === 0
      ? []
      : [
          {
            at: `grants[${index}].app`,
            problem: "capabilities of applications have no counterpart",
            remedy: "Say in the application what its callers may do",
          },
        ],
  );
