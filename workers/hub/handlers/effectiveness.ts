import { Judge } from "../../../shared/segments/suggest/effectiveness.ts";
import { countedHits } from "../../mesh/counted-hits.ts";
import { membersOf, networkCopy } from "../../mesh/network-copy.ts";
import { watchedFlows } from "../../mesh/watched.ts";
import { throwRefusal } from "../../platform/refused.ts";
import type { Handlers } from "../call.ts";

export const EFFECTIVENESS_HANDLERS: Handlers<"microsegments.effectiveness"> = {
  "microsegments.effectiveness": async ({ bindings, now }) => {
    const [copy, { watch, missing }, hits] = await Promise.all([
      networkCopy(bindings.db, [], now),
      watchedFlows(bindings),
      countedHits(bindings),
    ]);
    if (copy === null) return { body: { items: [], since: null, missing, truncated: false } };
    if (!copy.isWhole)
      throwRefusal(
        "network_too_large",
        "The network has more than 10,000 nodes, which is more than can be judged in one go.",
      );
    const judge = new Judge(watch.flows, copy.permissions, hits && new Set(Object.keys(hits)));
    const microsegments = membersOf(copy);
    const homes = Map.groupBy(copy.candidates, ({ segment }) => segment);
    const times = watch.nodes.map(({ since }) => since);
    return {
      body: {
        items: [
          ...copy.microsegments.map(({ id, name }) => ({
            ...{ id, name, kind: "microsegment" as const },
            ...judge.judge(microsegments.get(id) ?? []),
          })),
          ...[...homes].map(([id, nodes]) => ({
            ...{ id, name: copy.homeNames.get(id) ?? id, kind: "home" as const },
            ...judge.judge(nodes.map((node) => node.id)),
          })),
        ],
        since: times.length === 0 ? null : Math.min(...times),
        missing,
        truncated: watch.truncated,
      },
    };
  },
};
