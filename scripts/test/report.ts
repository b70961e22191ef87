import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";

/** The parts of the output of vitest's JSON reporter that are read here. */
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
  /** Tests that were skipped although nothing they need is missing: `file > test`. */
  readonly unexplained: readonly string[];
  /** The seconds of each file, longest first. */
  readonly files: readonly (readonly [file: string, seconds: number])[];
}

/** `test/support/needs.ts` puts this at the end of the title of each test that it skips. */
const EXPLAINED = /\(skipped: needs /;

/** Sums the report of vitest. Null if vitest ended without a report. */
export function readReport(path: string): Summary | null {
  if (!existsSync(path)) return null;
  const { testResults } = JSON.parse(readFileSync(path, "utf8")) as VitestReport;
  const tests = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ status, fullName }) => ({ status, title: `${nameOf(name)} > ${fullName}` })),
  );
  const count = (status: string) => tests.filter((test) => test.status === status).length;
  const [passed, failed] = [count("passed"), count("failed")];
  // Some broken files have no failed test: a file that could not be read has no tests at all, and a file can
  // also break outside its tests.
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
