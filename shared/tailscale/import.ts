import { ok, type Result } from "../base/result.ts";
import type { Fault } from "./fault.ts";
import { type MeantTest, readRules, readTest } from "./meaning.ts";
import { OTHER_SECTIONS, policySchema } from "./policy.ts";
import { failingTests } from "./run-tests.ts";
import { type Imported, type Inventory, toRules } from "./to-rules.ts";

/**
 * Reads a Tailscale policy file into rules with the same meaning, and names what has no counterpart here. The file is refused
 * where Tailscale refuses it: for a fault in it, or for one of its own tests.
 *
 * @param file The file as JSON reads it.
 */
export function importPolicy(file: unknown, inventory: Inventory): Result<Imported, readonly Fault[]> {
  const parsed = policySchema.safeParse(file);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(
      ({ path, message }): Fault => ({ at: path.join("."), problem: message, remedy: "Correct it" }),
    );
    return { ok: false, error: faults };
  }
  const policy = parsed.data;
  const rules = readRules(policy);
  if (!rules.ok) return { ok: false, error: [rules.error] };
  const tests: MeantTest[] = [];
  for (const [index, test] of policy.tests.entries()) {
    const meant = readTest(test, policy, `tests[${index}]`);
    if (!meant.ok) return { ok: false, error: [meant.error] };
    tests.push(meant.value);
  }
  const known = {
    ...inventory,
    tags: [...new Set([...inventory.tags, ...Object.keys(policy.tagOwners).map(withoutPrefix)])].sort(),
  };
  const failing = failingTests(tests, rules.value, known);
  if (failing.length > 0) return { ok: false, error: failing };
  const { rules: imported, left } = toRules(rules.value, known);
  return ok({ rules: imported, left: [...left, ...applications(policy.grants), ...otherSections(file)] });
}

const withoutPrefix = (tag: string): string => tag.replace(/^tag:/, "");

const applications = (grants: readonly { readonly app?: object | undefined }[]): Fault[] =>
  grants.flatMap(({ app }, index) =>
    app === undefined
      ? []
      : [
          {
            at: `grants[${index}].app`,
            problem: "capabilities of applications have no counterpart",
            remedy: "Say in the application what its callers may do",
          },
        ],
  );

function otherSections(file: unknown): Fault[] {
  const names = Object.keys(typeof file === "object" && file !== null ? file : {});
  return names.flatMap((at) =>
    Object.hasOwn(OTHER_SECTIONS, at)
      ? [{ at, problem: "this section is left out", remedy: OTHER_SECTIONS[at] ?? "" }]
      : [],
  );
}
