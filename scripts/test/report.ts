import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";

/** What vitest's JSON reporter writes, as far as it is read here. */
interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: "passed" | "failed";
    readonly startTime: number;
    readonly endTime: number;
    readonly assertionResults: readonly {
      readonly status: "passed" | "failed" | "skipped" | "pending" | "disabled" | "todo";
      readonly fullName: string;
    }[];
  }[];
}

export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Skipped although nothing that they need is missing: `file > test`. */
  readonly unexplained: readonly string[];
  /** Seconds by file, longest first. */
  readonly files: readonly (readonly [file: string, seconds: number])[];
}

/** How `test/support/needs.ts` ends the title of what it skips. */
const EXPLAINED = /\(skipped: needs /;

/** Sums what vitest reported, or null when it ended without a report. */
export function readReport(path: string): Summary | null {
  if (!existsSync(path)) return null;
  const { testResults } = JSON.parse(readFileSync(path, "utf8")) as VitestReport;
  const tests = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ status, fullName }) => ({ status, title: `${nameOf(name)} > ${fullName}` })),
  );
  const count = (status: string) => tests.filter((test) => test.status === status).length;
  const [passed, failed] = [count("passed"), count("failed")];
  // A file that could not be read has no tests to count, and one that broke around its tests has none that failed.
  const broken = testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  );
  return {
    passed,
    failed: failed + broken.length,
    skipped: tests.length - passed - failed,
    unexplained: tests
      .filter(({ status, title }) => !["passed", "failed", "todo"].includes(status) && !EXPLAINED.test(title))
      .map(({ title }) => title),
    files: testResults
      .map(({ name, startTime, endTime }) => [nameOf(name), (endTime - startTime) / 1_000] as const)
      .sort((a, b) => b[1] - a[1]),
  };
}

const nameOf = (file: string) => relative(process.cwd(), file);
