import type { MicrosegmentRow } from "../../../shared/registry/microsegment-rows.ts";
import type { RuleRow } from "../../../shared/registry/node-rows.ts";
import type { ObservedFlow } from "../../../shared/segments/flow-graph.ts";
import { isBetweenNodes, serviceOf } from "../../../shared/segments/suggest/watch.ts";
import { type NetworkCopy, permissionsWith } from "../../mesh/network-copy.ts";
import { watchedFlows } from "../../mesh/watched.ts";
import type { Bindings } from "../../platform/env.ts";
import { throwRefusal } from "../../platform/refused.ts";

/** How many flows a refusal names. */
const MOST_NAMED = 5;

/** Refuses a change of the rules by which recorded flows would be refused that are permitted today. */
export async function refuseBreaks(
  bindings: Bindings,
  copy: NetworkCopy,
  rules: readonly RuleRow[],
  microsegments: readonly MicrosegmentRow[],
  now: number,
): Promise<void> {
  const { watch, missing } = await watchedFlows(bindings);
  if (missing.length > 0)
    throwRefusal(
      "unavailable",
      `The flows of ${missing.join(", ")} can't be read right now. Try again in a moment.`,
    );
  const recorded = watch.flows.filter((flow) => flow.verdict === "allowed" && isBetweenNodes(flow));
  const permitted = recorded.filter((flow) => isPermitted(copy.permissions, flow));
  const after = permissionsWith(copy, rules, microsegments, now);
  const broken = permitted.filter((flow) => !isPermitted(after, flow));
  if (broken.length === 0) return;
  const { network } = copy;
  const named = broken
    .slice(0, MOST_NAMED)
    .map(({ source, destination, ...flow }) => {
      return `${network.nameOf(source.node)} to ${network.nameOf(destination.node)} ${serviceOf(flow) ?? flow.protocol}`;
    })
    .join(", ");
  const more = broken.length > MOST_NAMED ? ` and ${broken.length - MOST_NAMED} more` : "";
  const nodes = new Set(broken.map(({ source }) => source.node)).size;
  throwRefusal(
    "would_break_flows",
    `${broken.length} recorded flow(s) of ${nodes} node(s) would be refused: ${named}${more}. Replace fewer rules, or say despiteBreaks.`,
  );
}

function isPermitted(permissions: NetworkCopy["permissions"], flow: ObservedFlow): boolean {
  // What no rule can name, only a rule for any traffic lets pass.
  return permissions.permits(flow.source.node, flow.destination.node, serviceOf(flow) ?? "any");
}
