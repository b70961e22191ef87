import type { Answer } from "../../../shared/api/endpoints.ts";
import { within } from "../../../shared/base/async/within.ts";
import type { TunnelHealth } from "../../../shared/connector/connector-tunnel.ts";
import { APPS_WITH_AGENTS } from "../../../shared/registry/connectors.ts";
import type { Bindings } from "../../platform/env.ts";
import { auditObject, tunnelObject } from "../../platform/objects.ts";
import { freshId } from "../../platform/random.ts";
import { recordEnding } from "../../platform/saved-events.ts";
import { timer } from "../../platform/timer.ts";
import type { Call, Handlers } from "../call.ts";
import { pageOf } from "../paging.ts";
import { notFound } from "../refused.ts";
import { type Condition, selected, wordsHeld } from "../search.ts";
import { findApp } from "./apps.ts";
import { findNode } from "./nodes.ts";

type Connector = Answer<"connectors.list">["items"][number];
type Row = Pick<Connector, "appId" | "app" | "nodeId" | "node">;

const IS_PRIVATE: Condition = ["a.through <> '[]'"];
const POSITION = "a.name || '/' || coalesce(n.name, '')";
const TIMEOUT_MS = 3_000;
const DAY_MS = 86_400_000;

/** Adds what the objects of the apps and the audit log know. */
async function described(bindings: Bindings, rows: readonly Row[], now: number): Promise<Connector[]> {
  const apps = [...new Set(rows.map(({ appId }) => appId))];
  const ask = (app: string) =>
    within(timer, TIMEOUT_MS, Promise.resolve(tunnelObject(bindings, app).health())).catch(() => null);
  const [health, unexplained] = await Promise.all([
    Promise.all(apps.map(async (app) => [app, await ask(app)] as const)),
    rows.length === 0 ? [] : auditObject(bindings).unexplainedHits(now - DAY_MS),
  ]);
  const healthOf = new Map(health);
  return rows.map((row) => ({
    ...row,
    ...standing(healthOf.get(row.appId) ?? null, row.nodeId),
    unexplained: unexplained.find(({ app, node }) => app === row.appId && node === row.nodeId)?.hits ?? 0,
  }));
}

function standing(
  health: TunnelHealth | null,
  node: string | null,
): Omit<Connector, keyof Row | "unexplained"> {
  // While a drained tunnel ends in peace, a newer one of the same node may be open.
  const open = health?.connected.filter((one) => one.node === node) ?? [];
  const agent = open.find(({ isDraining }) => !isDraining) ?? open[0];
  const state = agent ? (agent.isDraining ? "draining" : "connected") : health ? "away" : "unknown";
  return {
    state: node === null ? "no_agent" : state,
    drained: node !== null && (health?.drained.includes(node) ?? false),
    connectedAt: agent?.connectedAt ?? null,
    heardAt: agent?.heardAt ?? null,
    streams: open.reduce((sum, { streams }) => sum + streams, 0),
    weight: agent?.weight ?? null,
    lastFailure: (node !== null && health?.failures[node]) || null,
  };
}

async function setDrained(
  { bindings, params, author, now }: Call<"connectors.drain" | "connectors.undrain">,
  isDrained: boolean,
): Promise<{ body: Connector }> {
  const [app, node] = [await findApp(bindings.db, params.app), await findNode(bindings.db, params.node)];
  const { results } = await selected(
    bindings.db,
    APPS_WITH_AGENTS,
    [IS_PRIVATE, ["a.id = ?", app.id], ["n.id = ?", node.id]],
    ["LIMIT 1"],
  ).all<Row>();
  const [row] = results;
  if (!row) return notFound("node");
  const entry = {
    ...author,
    kind: "admin",
    id: freshId("audit"),
    at: now,
    action: isDrained ? "connector.drain" : "connector.undrain",
    target: app.id,
    detail: { name: app.name, node: node.name },
  } as const;
  await recordEnding(bindings, entry, async () => {
    await tunnelObject(bindings, app.id).drain(node.id, isDrained);
    return {};
  });
  const [body] = await described(bindings, [row], now);
  return body ? { body } : notFound("node");
}

export const CONNECTOR_HANDLERS: Handlers<"connectors.list" | "connectors.drain" | "connectors.undrain"> = {
  "connectors.list": async ({ bindings, query, now }) => {
    const filters = [IS_PRIVATE, ...wordsHeld(query.search, "a.name", "a.title", "n.name")];
    const page = await pageOf(
      query,
      async (after, limit) => {
        const further: Condition[] = after === null ? [] : [[`${POSITION} > ?`, after]];
        const end: Condition = [`ORDER BY ${POSITION} LIMIT ?`, limit];
        return (await selected(bindings.db, APPS_WITH_AGENTS, [...filters, ...further], end).all<Row>())
          .results;
      },
      ({ app, node }) => `${app}/${node ?? ""}`,
    );
    return { body: { ...page, items: await described(bindings, page.items, now) } };
  },

  "connectors.drain": (call) => setDrained(call, true),
  "connectors.undrain": (call) => setDrained(call, false),
};
