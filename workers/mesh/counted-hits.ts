import { joinHits } from "../../shared/segments/hits.ts";
import type { Bindings } from "../platform/env.ts";
import { askAll } from "./ask-all.ts";

/** The packets that each rule decided. Null unless every node counts: of a rule that nobody counts nothing is known. */
export async function countedHits(bindings: Bindings): Promise<Record<string, number> | null> {
  const { answers, missing } = await askAll(bindings, (object) => object.hits());
  const isCounted = answers.length > 0 && answers.every(({ answer }) => answer.counting === answer.nodes);
  if (missing.length > 0 || !isCounted) return null;
  const hits = joinHits(answers.flatMap(({ answer }) => answer.rules));
  return Object.fromEntries([...hits].map(([rule, { packets }]) => [rule, packets]));
}
