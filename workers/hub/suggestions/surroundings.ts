import type { ObservedFlow } from "../../../shared/segments/flow-graph.ts";
import type { Surroundings } from "../../../shared/segments/suggest/proposal.ts";
import { parseTraffic } from "../../../shared/segments/traffic.ts";
import { coversTraffic } from "../../../shared/segments/traffic-sets.ts";
import type { Selector } from "../../../shared/segments/types.ts";
import { membersOf, type NetworkCopy } from "../../mesh/network-copy.ts";

/** What proposals are held against: the names, microsegments and rules that are there. */
export async function surroundingsOf(
  db: D1Database,
  copy: NetworkCopy,
  recorded: readonly ObservedFlow[],
): Promise<Surroundings> {
  const { candidates, isWhole, permissions, microsegments, rules } = copy;
  const { results } = await db
    .prepare("SELECT name FROM segments UNION SELECT name FROM microsegments")
    .all<{ name: string }>();
  const names = new Map(microsegments.map(({ id, name }) => [id, name]));
  const known = isWhole ? [...membersOf(copy)] : [];
  const between = rules
    .filter(({ effect }) => effect !== "deny")
    .flatMap(({ from, to, traffic }) => {
      const [source, destination] = [onlySegment(from), onlySegment(to)].map((id) => names.get(id ?? ""));
      return source !== undefined && destination !== undefined ? [{ source, destination, traffic }] : [];
    });
  return {
    candidates,
    isWhole,
    permissions,
    existing: new Map(known.map(([id, nodes]) => [names.get(id) ?? id, nodes])),
    names: new Set(results.map(({ name }) => name)),
    recorded,
    isInForce: (from, to, service) => {
      const asked = parseTraffic(service);
      return (
        asked.ok &&
        between.some(
          ({ source, destination, traffic }) =>
            source === from && destination === to && coversTraffic(traffic, [asked.value]),
        )
      );
    },
  };
}

const onlySegment = (selectors: readonly Selector[]): string | null => {
  const [only, ...more] = selectors;
  return only?.kind === "segment" && more.length === 0 ? only.segment : null;
};
