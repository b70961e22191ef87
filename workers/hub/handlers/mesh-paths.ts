import type { LedgerPath } from "../../../shared/node/path-ledger.ts";
import type { PathsOfPair } from "../../../shared/node/path-view.ts";
import type { Bindings } from "../../platform/env.ts";
import { meshObject } from "../../platform/objects.ts";
import { throwRefusal } from "../../platform/refused.ts";
import type { Handlers } from "../call.ts";
import { namesOfNodes } from "./mesh.ts";
import { findNode } from "./nodes.ts";

type Node = Awaited<ReturnType<typeof findNode>>;

/** What a node knows of its paths to the other, or the name of its segment where that does not answer. */
async function sideOf(bindings: Bindings, node: Node, peer: Node): Promise<PathsOfPair | null | string> {
  try {
    return await meshObject(bindings, node.segment_id).paths(node.id, peer.id);
  } catch {
    return node.segment;
  }
}

const thousand = (value: number | null): number | null => (value === null ? null : value / 1_000);

/** @param nameOf what a node is called */
export const pathView = <P extends Omit<LedgerPath, "inUse">>(
  { peer: _, relay, rttMicros, jitterMicros, lossPermille, halfMicros, ...path }: P,
  nameOf: (node: string) => string,
) => ({
  ...path,
  relay: relay ?? null,
  relayName: relay === undefined ? null : nameOf(relay),
  rttMs: thousand(rttMicros),
  jitterMs: thousand(jitterMicros),
  loss: thousand(lossPermille),
  halfMs: thousand(halfMicros ?? null),
});

export const MESH_PATH_HANDLERS: Handlers<"mesh.paths"> = {
  "mesh.paths": async ({ bindings, query }) => {
    const [from, to] = [await findNode(bindings.db, query.from), await findNode(bindings.db, query.to)];
    if (from.id === to.id) throwRefusal("invalid_input", "from and to are the same node. Name two nodes.");
    const answers = await Promise.all([sideOf(bindings, from, to), sideOf(bindings, to, from)]);
    const found = answers.filter((answer) => answer !== null && typeof answer !== "string");
    const relays = found.flatMap(({ paths }) => paths.flatMap(({ relay }) => relay ?? []));
    const names = await namesOfNodes(bindings.db, [from.id, to.id, ...relays]);
    const nameOf = (id: string) => names.get(id) ?? id;
    return {
      body: {
        linked: found.length > 0,
        sides: found.map(({ paths, moves, ...side }) => ({
          ...side,
          name: nameOf(side.node),
          peerName: nameOf(side.peer),
          paths: paths
            .toSorted((a, b) => Number(b.inUse) - Number(a.inUse))
            .map((path) => pathView(path, nameOf)),
          moves: moves.map(({ peer: _, ...move }) => move),
        })),
        missing: [...new Set(answers.filter((answer) => typeof answer === "string"))],
      },
    };
  },
};
