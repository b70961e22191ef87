import { joinFlows } from "../../shared/segments/flow-graph.ts";
import type { Watch } from "../../shared/segments/suggest/watch.ts";
import type { Bindings } from "../platform/env.ts";
import { askAll } from "./ask-all.ts";

/** What the nodes of all segments reported of their connections. */
export async function watchedFlows(
  bindings: Bindings,
): Promise<{ readonly watch: Watch; readonly missing: string[] }> {
  const { answers, missing } = await askAll(bindings, (object) => object.watch());
  const watch: Watch = {
    flows: joinFlows(answers.flatMap(({ answer }) => answer.flows)),
    nodes: answers.flatMap(({ answer }) => answer.nodes),
    truncated: answers.some(({ answer }) => answer.truncated),
  };
  return { watch, missing };
}
