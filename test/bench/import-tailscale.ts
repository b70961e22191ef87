import { existsSync } from "node:fs";
import { join } from "node:path";
import { SHARED_DATA } from "../support/needs.ts";
import { difference, hasNetworkPart, readCases } from "../support/tailscale-cases.ts";
import { atLeast, type BenchResult } from "./support/result.ts";

/** `RUSTRONAUT_CASES` names another file of cases. */
const CASES = process.env.RUSTRONAUT_CASES ?? join(SHARED_DATA, "tailscale-policy-cases/cases.jsonl.gz");
const BARS: Readonly<Record<string, number>> = { acl: 0.95, routes: 0.95, policytest: 0.95, grant: 0.9 };

export const whyNot = (): string | null => (existsSync(CASES) ? null : `needs ${CASES}`);

/**
 * The share of recorded cases whose import permits the same traffic and shows each node the same peers, by category. Each of the
 * rest is listed with the first difference. Of grants only those count that speak of the network.
 */
export default async function importTailscale(): Promise<BenchResult> {
  const counts = new Map<string, { same: number; all: number }>();
  for (const recorded of readCases(CASES)) {
    if (BARS[recorded.cat] === undefined || !hasNetworkPart(recorded)) continue;
    const count = counts.get(recorded.cat) ?? { same: 0, all: 0 };
    const found = difference(recorded);
    count.all += 1;
    if (found === null) count.same += 1;
    else process.stderr.write(`${recorded.id}: ${found}\n`);
    counts.set(recorded.cat, count);
  }
  const shares = [...counts].map(([category, { same, all }]) => ({ category, share: same / all, all }));
  return {
    metrics: Object.fromEntries(
      shares.flatMap(({ category, share, all }) => [
        [`${category}_share`, share],
        [`${category}_cases`, all],
      ]),
    ),
    goals: shares.map(({ category, share }) => atLeast(category, share, "share", BARS[category] ?? 1)),
  };
}
