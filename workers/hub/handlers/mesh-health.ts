import { healthOf } from "../../../shared/node/mesh-health.ts";
import { meshMetrics } from "../../../shared/node/mesh-metrics.ts";
import type { UsedPath } from "../../../shared/node/path-view.ts";
import { together } from "../../../shared/paths/durations.ts";
import { askAll } from "../../mesh/ask-all.ts";
import type { Bindings } from "../../platform/env.ts";
import type { Handlers } from "../call.ts";
import { namesOfNodes } from "./mesh.ts";
import { pathView } from "./mesh-paths.ts";
import { findNode } from "./nodes.ts";

const DEFAULT_SHOWN = 500;
const OPENMETRICS = "application/openmetrics-text";

/** Everything that figures are made of. A segment that did not answer is in `missing`. */
async function figures(bindings: Bindings, now: number) {
  const { answers, missing } = await askAll(bindings, async (object) => {
    const [pairs, failed, nodes] = await Promise.all([object.pairs(), object.failures(), object.presence()]);
    return { pairs, failed, nodes };
  });
  const all = answers.map(({ answer }) => answer);
  const sum = (of: "all" | "online") => all.reduce((total, { nodes }) => total + nodes[of], 0);
  const failures = all.flatMap(({ failed }) => failed.failures);
  const health = healthOf(
    all.map(({ pairs }) => pairs),
    failures,
    { all: sum("all"), online: sum("online") },
    now,
  );
  return { health, durations: together(all.map(({ failed }) => failed.durations)), missing };
}

export const MESH_HEALTH_HANDLERS: Handlers<
  "mesh.status" | "mesh.health" | "mesh.failures" | "mesh.metrics"
> = {
  "mesh.status": async ({ bindings, query }) => {
    const around = query.node === undefined ? null : (await findNode(bindings.db, query.node)).id;
    const { answers, missing } = await askAll(bindings, (object) => object.pairs());
    const all = answers
      .flatMap(({ answer }) => answer.pairs)
      .filter(({ node, peer }) => around === null || node === around || peer === around)
      .sort((a, b) => badness(b) - badness(a));
    const shown = all.slice(0, query.limit ?? DEFAULT_SHOWN);
    const names = await namesOfNodes(
      bindings.db,
      shown.flatMap(({ node, peer, relay }) => [node, peer, ...(relay === undefined ? [] : [relay])]),
    );
    const nameOf = (id: string) => names.get(id) ?? id;
    return {
      body: {
        items: shown.map(({ node, ...path }) => ({
          ...{ node, name: nameOf(node), peer: path.peer, peerName: nameOf(path.peer) },
          ...pathView(path, nameOf),
        })),
        unreported: answers.reduce((total, { answer }) => total + answer.unreported, 0),
        truncated: shown.length < all.length || answers.some(({ answer }) => answer.truncated),
        missing,
      },
    };
  },

  "mesh.health": async ({ bindings, now }) => {
    const { health, missing } = await figures(bindings, now);
    return { body: { ...health, missing } };
  },

  "mesh.failures": async ({ bindings, query }) => {
    const { answers, missing } = await askAll(bindings, (object) => object.failures());
    const all = answers
      .flatMap(({ segment, answer }) => answer.failures.map((one) => ({ ...one, segment: segment.name })))
      .filter(({ endedAt }) => query.open === undefined || (endedAt === null) === (query.open === "yes"))
      .sort((a, b) => b.suspectedAt - a.suspectedAt);
    const ids = all.flatMap(({ node, to, observers }) => [node, ...(to === null ? [] : [to]), ...observers]);
    const names = await namesOfNodes(bindings.db, ids);
    const nameOf = (id: string) => names.get(id) ?? id;
    const items = all.map((one) => ({
      ...one,
      name: nameOf(one.node),
      toName: one.to === null ? null : nameOf(one.to),
      observers: one.observers.map(nameOf),
    }));
    return { body: { items, missing } };
  },

  "mesh.metrics": async ({ bindings, request, now }) => {
    const { health, durations, missing } = await figures(bindings, now);
    const isOpen = request.headers.get("accept")?.includes(OPENMETRICS) ?? false;
    return new Response(meshMetrics(health, durations, missing.length), {
      headers: {
        "content-type": isOpen
          ? `${OPENMETRICS}; version=1.0.0; charset=utf-8`
          : "text/plain; version=0.0.4; charset=utf-8",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
      },
    });
  },
};

/** What is silent comes first, then what takes longest. */
const badness = ({ state, rttMicros }: Pick<UsedPath, "state" | "rttMicros">): number =>
  state === "well" || state === "unknown" ? (rttMicros ?? -1) : Number.POSITIVE_INFINITY;
