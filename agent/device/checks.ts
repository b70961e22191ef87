import type { FileHandle } from "node:fs/promises";
import { within } from "../../shared/base/async/within.ts";
import {
  type CheckReport,
  type CheckResult,
  type DeviceCheck,
  digestOf,
  isCheckPath,
} from "../../shared/node/config/device-check.ts";
import { timer } from "../timer.ts";
import { FileHashes } from "./file-hashes.ts";
import { findFile } from "./open-safely.ts";
import { isOf, type Processes, type Running, runningNow, runsAny } from "./processes.ts";

/** How long (milliseconds) all checks together may take. What is not answered by then is left out of the report. */
const MOST_MS = 20_000;
/** Of how many executables of one name the hash is taken. */
const MOST_ALIKE = 8;
const NONE: Processes = { running: [], areAll: true };
const RANKING: readonly CheckResult[] = ["match", "mismatch", "unreadable"];

/** Carries out the checks of a config, one after the other. It gives one word for each, and nothing else of a file. */
export class DeviceChecks {
  readonly #hashes = new FileHashes();
  #busy: Promise<void> | null = null;

  /** The answers that came in time. Nothing while a former look still hangs, as on a disk that does not answer. */
  async look(checks: readonly DeviceCheck[]): Promise<CheckReport[]> {
    if (checks.length === 0 || this.#busy) return [];
    const answered: CheckReport[] = [];
    const work = this.#lookAll(checks, answered).finally(() => {
      this.#busy = null;
    });
    this.#busy = work;
    await within(timer, MOST_MS, work).catch(() => undefined);
    return [...answered];
  }

  async #lookAll(checks: readonly DeviceCheck[], answered: CheckReport[]): Promise<void> {
    this.#hashes.begin();
    const processes = checks.some(({ kind }) => kind === "process") ? await runningNow() : NONE;
    const until = performance.now() + MOST_MS;
    for (const check of checks) {
      if (performance.now() > until) return;
      const result = await this.#look(check, processes).catch((): CheckResult => "unreadable");
      answered.push({ name: check.name, of: digestOf(check), result });
    }
  }

  async #look(check: DeviceCheck, { running, areAll }: Processes): Promise<CheckResult> {
    const { kind, target, sha256 } = check;
    if (kind === "file") return withFile(target, (file) => this.#judge(file, sha256));
    const missing = areAll ? "absent" : "unreadable";
    const named = running.filter(isOf(target));
    if (target.startsWith("/")) {
      return withFile(target, async (file) =>
        (await runsAny(named, file)) ? this.#judge(file, sha256) : missing,
      );
    }
    if (named.length === 0) return missing;
    return sha256.length === 0 ? "present" : this.#best(named, sha256);
  }

  /** Of several executables of one name, the one that fits counts. Those outside of the places for programs are not read. */
  async #best(named: readonly Running[], sha256: readonly string[]): Promise<CheckResult> {
    const paths = [...new Set(named.map(({ path }) => path))].filter(isCheckPath).slice(0, MOST_ALIKE);
    const results: CheckResult[] = [];
    for (const path of paths) {
      results.push(
        await withFile(path, async (file) =>
          (await runsAny(named, file)) ? this.#judge(file, sha256) : "unreadable",
        ),
      );
    }
    return RANKING.find((result) => results.includes(result)) ?? "unreadable";
  }

  async #judge(file: FileHandle, sha256: readonly string[]): Promise<CheckResult> {
    if (sha256.length === 0) return "present";
    const hash = await this.#hashes.of(file);
    if (hash === null) return "unreadable";
    return sha256.includes(hash) ? "match" : "mismatch";
  }
}

async function withFile(path: string, use: (file: FileHandle) => Promise<CheckResult>): Promise<CheckResult> {
  const found = await findFile(path);
  if (found === "unreadable") return found;
  if (!found) return "absent";
  try {
    return await use(found);
  } finally {
    await found.close();
  }
}
