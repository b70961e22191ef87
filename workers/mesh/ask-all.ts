import type { Bindings } from "../platform/env.ts";
import { meshObject } from "../platform/objects.ts";

export interface SegmentName {
  readonly id: string;
  readonly name: string;
}

/** The segments that have nodes in the registry, whatever the status of the nodes is. */
export async function populated({ db }: Bindings): Promise<SegmentName[]> {
  const { results } = await db
    .prepare("SELECT id, name FROM segments WHERE id IN (SELECT segment_id FROM nodes) ORDER BY name")
    .all<SegmentName>();
  return results;
}

/**
 * Asks every segment that has nodes. When a segment does not answer, its name is in `missing`. The other answers still
 * count.
 */
export async function askAll<T>(
  bindings: Bindings,
  ask: (object: ReturnType<typeof meshObject>) => Promise<T>,
): Promise<{ answers: { segment: SegmentName; answer: T }[]; missing: string[] }> {
  const answers: { segment: SegmentName; answer: T }[] = [];
  const missing: string[] = [];
  await Promise.all(
    (await populated(bindings)).map(async (segment) => {
      try {
        answers.push({ segment, answer: await ask(meshObject(bindings, segment.id)) });
      } catch {
        missing.push(segment.name);
      }
    }),
  );
  answers.sort((a, b) => (a.segment.name < b.segment.name ? -1 : 1));
  return { answers, missing: missing.sort() };
}
