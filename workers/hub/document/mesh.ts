import type { NetworkDocument, PlanStep } from "../../../shared/api/document.ts";
import {
  deleteMicrosegment,
  deleteRule,
  deleteService,
  storeMicrosegment,
  storeRule,
  storeService,
} from "../../../shared/registry/mesh-statements.ts";
import { storeRoutes } from "../../../shared/registry/node-statements.ts";
import { flag } from "../../../shared/registry/rows.ts";
import type { ApprovedRoute } from "../../../shared/segments/approved-routes.ts";
import type { NodeRow } from "../../mesh/node-rows.ts";
import { checkRoutes } from "../../mesh/routes.ts";
import { meshState } from "../../mesh/state.ts";
import { unchanged } from "../../registry/guards.ts";
import { columnsOfTerms, NO_TERMS } from "../handlers/mesh-rule-terms.ts";
import { columnsOfRule, newRule, resolveRule } from "../handlers/mesh-rules.ts";
import { newService, refuseMoreServices, trafficColumn } from "../handlers/mesh-services.ts";
import { blankMicrosegment, changeMicrosegment } from "../handlers/microsegments.ts";
import { factsText, storeNode, tagsText } from "../handlers/nodes.ts";
import { overlayIn } from "../handlers/selectors.ts";
import { refusePast } from "../handlers/service-tokens.ts";
import type { Building } from "./apply.ts";
import { instantOf } from "./canonical.ts";

type Section<Key extends "nodes" | "meshRules" | "meshServices" | "microsegments"> = NonNullable<
  NetworkDocument[Key]
>[number];

export async function applyNode(
  building: Building,
  step: PlanStep,
  item: Section<"nodes"> | undefined,
): Promise<void> {
  const { call, rows, names, guards, statements, mesh } = building;
  const { bindings, now } = call;
  const before = rows.nodes.find((row) => row.name === step.name);
  if (!before || !item) return;
  const expiresAt = instantOf(item.expiresAt);
  if (expiresAt !== before.expires_at) refusePast(expiresAt, now);
  const userId = item.user ? names.user(item.user) : item.user;
  const after: NodeRow = {
    ...before,
    tags: item.tags ? tagsText(item.tags) : before.tags,
    segment_id: item.segment === undefined ? before.segment_id : names.segment(item.segment),
    relay: item.relay ?? before.relay,
    expires_at: expiresAt === undefined ? before.expires_at : expiresAt,
    facts: item.facts ? factsText(item.facts) : before.facts,
    version: before.version + 1,
  };
  mesh.nodes.set(after.id, { ...after, userId });
  guards.push(unchanged(bindings.db, "nodes", before, before.version));
  statements.push(await storeNode(bindings, before, after, userId, now));
  if (!item.approvedRoutes) return;
  const { overlay } = await meshState(bindings.db);
  const routes = checkRoutes(overlay, item.approvedRoutes, routesOfOthers(building, before));
  mesh.nodes.set(after.id, { ...after, userId, approved_routes: JSON.stringify(routes) });
  statements.push(...storeRoutes(before.id, routes, now));
}

/**
 * The routes of the other nodes after the document is applied. So one node may take a route that another node
 * gives up.
 */
function routesOfOthers({ call, rows }: Building, { id }: NodeRow): ApprovedRoute[] {
  const wanted = new Map(call.body.document.nodes?.map((item) => [item.name, item.approvedRoutes]));
  return rows.nodes
    .filter((row) => row.id !== id)
    .flatMap(({ name, approved_routes }) => {
      const routes = wanted.get(name) ?? (JSON.parse(approved_routes) as string[]);
      return routes.map((prefix) => ({ node: name, prefix }));
    });
}

export async function applyMicrosegment(
  building: Building,
  step: PlanStep,
  item: Section<"microsegments"> | undefined,
): Promise<void> {
  const { call, rows, names, guards, statements, mesh } = building;
  const { db } = call.bindings;
  const before = rows.microsegments.find((row) => row.name === step.name);
  if (before) guards.push(unchanged(db, "microsegments", before, before.version));
  if (!item) {
    if (before) statements.push(...deleteMicrosegment(before.id));
    if (before) mesh.microsegments.set(before.id, null);
    return;
  }
  const user = (email: string) => names.user(email) && email;
  const row = before ?? blankMicrosegment(names.microsegment(item.name), item, call.now);
  const version = (before?.version ?? 0) + 1;
  const changed = await changeMicrosegment(db, row, item, { node: names.node, user });
  const after = { ...changed, version, updated_at: call.now };
  mesh.microsegments.set(after.id, after);
  statements.push(...storeMicrosegment(after));
}

export function applyService(
  { call, rows, names, guards, statements, mesh }: Building,
  step: PlanStep,
  item: Section<"meshServices"> | undefined,
): void {
  const before = rows.meshServices.find((row) => row.name === step.name);
  if (before) guards.push(unchanged(call.bindings.db, "mesh_services", before, before.version));
  if (!item) {
    if (before) statements.push(...deleteService(before.id));
    return;
  }
  if (!before) refuseMoreServices(call.body.document.meshServices?.length ?? 0);
  const after = before
    ? {
        ...before,
        description: item.description ?? before.description,
        traffic: trafficColumn(item.traffic),
        version: before.version + 1,
        updated_at: call.now,
      }
    : newService(item, names.meshService(item.name), call.now);
  mesh.services.set(after.id, after);
  statements.push(...storeService(after));
}

export async function applyRule(
  building: Building,
  step: PlanStep,
  item: Section<"meshRules"> | undefined,
): Promise<void> {
  const { call, rows, names, guards, statements, mesh } = building;
  const { db } = call.bindings;
  const before = rows.meshRules.find((row) => row.name === step.name);
  if (before) guards.push(unchanged(db, "mesh_rules", before, before.version));
  if (!item) {
    if (before) statements.push(...deleteRule(before.id));
    if (before) mesh.rules.set(before.id, null);
    return;
  }
  const user = (email: string) => names.user(email) && email;
  const rule = await resolveRule(
    {
      segment: names.anySegment,
      node: names.node,
      service: names.meshService,
      user,
      overlay: () => overlayIn(db),
    },
    item,
  );
  const said = { ...item, notBefore: instantOf(item.notBefore), notAfter: instantOf(item.notAfter) };
  const after = before
    ? {
        ...before,
        ...columnsOfRule(rule),
        ...columnsOfTerms(said, before),
        enabled: item.enabled === undefined ? before.enabled : flag(item.enabled),
        version: before.version + 1,
        updated_at: call.now,
      }
    : newRule(item, rule, columnsOfTerms(said, NO_TERMS), call.now);
  mesh.rules.set(after.id, after);
  statements.push(...storeRule(after));
}
