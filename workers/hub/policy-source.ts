import type { NotCompiled } from "../../shared/access/policy/compiler-rpc.ts";
import { formsOf } from "../../shared/access/policy/form/read.ts";
import { mayCall } from "../../shared/api/endpoint.ts";
import type { InputIssue } from "../../shared/base/errors/catalogue.ts";
import type { Result } from "../../shared/base/result.ts";
import type { SnapshotPolicy } from "../../shared/registry/snapshot.ts";
import { compilerObject } from "../platform/objects.ts";
import { throwRefusal } from "../platform/refused.ts";
import type { Call } from "./call.ts";
import { failuresOf, triedWith } from "./stored-tests.ts";
import { unknownNames } from "./unknown-names.ts";

/** Who has a text compiled, and the bindings to do it with. */
type Author = Pick<Call, "bindings" | "caller">;

/**
 * The most characters of all policies and their tests in one request, for callers who may only read and for callers who
 * may write.
 */
const MAX_TOGETHER = { auditor: 65_536, admin: 1_048_576 };
/** The most characters per minute for one caller. */
const PER_MINUTE = { auditor: 262_144, admin: 4_194_304 };

const levelOf = ({ caller }: Author) => (mayCall(caller.role, "admin") ? "admin" : "auditor");

/**
 * Refuses a request whose policies and tests are too long in total. Each test asks each policy, so the limits for each
 * of them alone don't limit the work.
 *
 * @param texts The policies, and the tests as JSON.
 */
export function refuseBulk(author: Author, texts: readonly string[]): void {
  const together = texts.reduce((sum, text) => sum + text.length, 0);
  if (together > MAX_TOGETHER.admin) {
    throwRefusal(
      "body_too_large",
      "Together these policies and tests are longer than 1 MiB: send fewer at a time.",
    );
  }
  if (together > MAX_TOGETHER[levelOf(author)]) {
    throwRefusal(
      "forbidden",
      "Together these policies and tests are longer than 64 KiB, which needs the role admin.",
    );
  }
}

async function compile(
  author: Author,
  source: string,
  name: string,
): Promise<Result<readonly SnapshotPolicy[], readonly InputIssue[]>> {
  const compiler = compilerObject(author.bindings, author.caller.actor);
  const compiled = await compiler.compile(source, name, PER_MINUTE[levelOf(author)]);
  return compiled.ok ? compiled : { ok: false, error: issuesOf(compiled.error) };
}

function issuesOf(error: NotCompiled): readonly InputIssue[] {
  if (error.kind === "invalid") return error.issues;
  const { retryAfterSeconds } = error;
  return throwRefusal("rate_limited", "You had many policies checked just now. Try again later.", {
    retryAfterSeconds,
  });
}

/** The statements of a policy in the form that is stored. Refuses an invalid text, with line and column. */
export async function compileSource(
  author: Author,
  source: string,
  name: string,
): Promise<readonly SnapshotPolicy[]> {
  const compiled = await compile(author, source, name);
  if (compiled.ok) return compiled.value;
  const first = compiled.error[0];
  const where = first?.line === undefined ? "" : `line ${first.line}, column ${first.column ?? 1}: `;
  return throwRefusal("policy_invalid", `${name}: ${where}${first?.message ?? "not valid"}`, {
    issues: compiled.error,
  });
}

/** A text that contains only comments has correct syntax, but is usually a mistake of its author. */
export const NO_STATEMENT: InputIssue = {
  path: "/source",
  message: "holds no statement: it permits and forbids nothing",
  line: 1,
  column: 1,
};

/** Compiles the text and returns its faults as a report, for a text that is still being written. */
export async function findIssues(
  author: Author & Pick<Call, "now">,
  { source, name = "draft", tests = [] }: Call<"policies.validate">["body"],
) {
  refuseBulk(author, [source, JSON.stringify(tests)]);
  const compiled = await compile(author, source, name);
  if (!compiled.ok)
    return {
      ...{ valid: false, statements: 0, issues: [...compiled.error], warnings: [], failures: [] },
      ...{ forms: null, onlyText: null },
    };
  const warnings =
    compiled.value.length === 0
      ? [NO_STATEMENT]
      : await unknownNames(author.bindings.db, source, compiled.value);
  const forms = formsOf(compiled.value);
  const failures =
    tests.length > 0
      ? await failuresOf(await triedWith(author, name, compiled.value), tests, author.now)
      : [];
  return {
    ...{ valid: true, statements: compiled.value.length, issues: [], warnings, failures },
    ...(forms.ok ? { forms: forms.value, onlyText: null } : { forms: null, onlyText: forms.error }),
  };
}
