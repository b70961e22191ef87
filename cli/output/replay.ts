import type { PolicyReplayed } from "../../shared/api/policy-life.ts";
import { decidedBy, impactInWords, scopeInWords } from "../../shared/api/replay-words.ts";
import { table } from "./table.ts";
import { instant } from "./values.ts";

/** What a draft would change for the requests that were recorded, with at most so many of the changes. */
export function replayText(found: PolicyReplayed, width: number | null, most = 100): string {
  const rows = found.flips
    .slice(0, most)
    .map(({ to, requests, caller, app, before, after, example }) => [
      ...[to, String(requests), caller.name, app, `${example.method} ${example.path}`],
      ...[decidedBy(before), decidedBy(after), example.id],
    ]);
  const shown = found.flips.slice(0, most).reduce((sum, { requests }) => sum + requests, 0);
  const more = found.newlyDenied.requests + found.newlyAllowed.requests - shown;
  const heads = ["would", "requests", "caller", "app", "such as", "today by", "then by", "decision"];
  return [
    `${impactInWords(found)}\n`,
    rows.length > 0 ? table(heads, rows, width) : "",
    more > 0 ? `… and ${more} more of these requests.\n` : "",
    ...scopeInWords(found, instant).map((sentence) => `${sentence}\n`),
  ].join("");
}
