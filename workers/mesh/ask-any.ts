import type { Standpoint } from "../../shared/node/mesh/answers.ts";
import type { Bindings } from "../platform/env.ts";
import { meshObject } from "../platform/objects.ts";
import { askAll, populated } from "./ask-all.ts";

type Asked = ReturnType<typeof meshObject>;

/**
 * Asks one segment about the whole network: each knows all of it. Only which agents are old does each segment know of its own
 * members alone.
 * @returns Null when there is no node. `missing` has the segments that did not say which of their agents are old.
 * @throws when no segment answers
 */
export async function askAny<T>(
  bindings: Bindings,
  at: number,
  ask: (object: Asked, standpoint: Standpoint) => Promise<T>,
): Promise<{ readonly answer: T | null; readonly missing: string[] }> {
  const { answers, missing } = await askAll(bindings, (object) => object.olderAgents());
  const standpoint = { at, older: Object.assign({}, ...answers.map(({ answer }) => answer)) };
  const [first] = answers;
  const segment = first?.segment ?? (await populated(bindings))[0];
  if (!segment) return { answer: null, missing };
  return { answer: await ask(meshObject(bindings, segment.id), standpoint), missing };
}
