import { parsePast } from "../shared/base/past.ts";
import { EXIT } from "./exit-codes.ts";
import { Failure } from "./failure.ts";

/** A moment that a person gave; milliseconds since the Unix epoch. */
export function toPast(text: string, now: number): number {
  const at = parsePast(text, now);
  if (at !== null) return at;
  throw new Failure(EXIT.usage, `${text} is no time`, {
    hint: "Give a span back from now (30m, 2h, 7d) or a date such as 2026-11-29 or 2026-11-29T14:00Z.",
  });
}
