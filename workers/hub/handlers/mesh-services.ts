import type { Traffic } from "../../../shared/node/config/types.ts";
import { deleteService, storeService } from "../../../shared/registry/mesh-statements.ts";
import type { ServiceRow } from "../../../shared/registry/node-rows.ts";
import { parseService } from "../../../shared/segments/service.ts";
import { printTraffic } from "../../../shared/segments/traffic.ts";
import { freshId } from "../../platform/random.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { unchanged } from "../../registry/guards.ts";
import { rulesFit } from "../../registry/mesh-limits.ts";
import type { Effects, Handlers } from "../call.ts";
import { breaksNoTest } from "../mesh-tests.ts";
import { pageOf } from "../paging.ts";
import { type Condition, selected, wordsHeld } from "../search.ts";
import { invalidRule } from "./mesh-rule-terms.ts";
import { findService } from "./mesh-service-rows.ts";

const MOST = 500;

export const viewService = (row: ServiceRow) => ({
  id: row.id,
  name: row.name,
  description: row.description,
  traffic: (JSON.parse(row.traffic) as Traffic[]).map(printTraffic),
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

/** The traffic as it is stored. Refuses with the place that is wrong. */
export function trafficColumn(texts: readonly string[]): string {
  const parsed = parseService(texts);
  if (parsed.ok) return JSON.stringify(parsed.value);
  const { index, detail } = parsed.error;
  return invalidRule({ path: index === null ? "/traffic" : `/traffic/${index}`, message: detail });
}

export const newService = (
  {
    name,
    description = "",
    traffic,
  }: {
    readonly name: string;
    readonly description?: string | undefined;
    readonly traffic: readonly string[];
  },
  id: string,
  now: number,
): ServiceRow => ({
  ...{ id, name, description, traffic: trafficColumn(traffic) },
  ...{ version: 1, created_at: now, updated_at: now },
});

/** Every object of a segment reads all services with the rules, so their number must be limited. */
export function refuseMoreServices(count: number): void {
  if (count > MOST) throwRefusal("conflict", `A network has at most ${MOST} services.`);
}

const effects = (action: string, row: ServiceRow, detail: Effects["event"]["detail"] = {}): Effects => ({
  event: { action: `mesh_service.${action}`, target: row.id, detail: { name: row.name, ...detail } },
  policies: false,
  userIds: [],
  ends: [],
});

export const MESH_SERVICE_HANDLERS: Handlers<
  | "meshServices.list"
  | "meshServices.create"
  | "meshServices.get"
  | "meshServices.update"
  | "meshServices.delete"
> = {
  "meshServices.list": async ({ bindings, query }) => {
    const page = await pageOf(
      query,
      async (after, limit) => {
        const all: Condition[] = [
          ["id > ?", after ?? ""],
          ...wordsHeld(query.search, "id", "name", "description"),
        ];
        const page: Condition = ["ORDER BY id LIMIT ?", limit];
        return (await selected(bindings.db, "SELECT * FROM mesh_services", all, page).all<ServiceRow>())
          .results;
      },
      (row) => row.id,
    );
    return { body: { ...page, items: page.items.map(viewService) } };
  },

  "meshServices.create": async ({ bindings, body, now }) => {
    const count = await bindings.db.prepare("SELECT count(*) FROM mesh_services").first<number>("count(*)");
    refuseMoreServices((count ?? 0) + 1);
    const row = newService(body, freshId("meshService"), now);
    return {
      statements: storeService(row),
      effects: effects("create", row, { traffic: body.traffic }),
      body: viewService(row),
      version: 1,
    };
  },

  "meshServices.get": async ({ bindings, params }) => {
    const row = await findService(bindings.db, params.meshService);
    return { body: viewService(row), version: row.version };
  },

  "meshServices.update": async (call) => {
    const { bindings, params, body, ifMatch, now } = call;
    const before = await findService(bindings.db, params.meshService);
    const after: ServiceRow = {
      ...before,
      name: body.name ?? before.name,
      description: body.description ?? before.description,
      traffic: body.traffic ? trafficColumn(body.traffic) : before.traffic,
      version: ifMatch + 1,
      updated_at: now,
    };
    return {
      statements: [
        unchanged(bindings.db, "mesh_services", before, ifMatch),
        ...(await breaksNoTest(call, { services: new Map([[after.id, after]]) })),
        ...storeService(after),
        ...rulesFit(bindings.db),
      ],
      effects: effects("update", after, { fields: Object.keys(body) }),
      body: viewService(after),
      version: after.version,
    };
  },

  "meshServices.delete": async ({ bindings, params, ifMatch }) => {
    const row = await findService(bindings.db, params.meshService);
    return {
      statements: [unchanged(bindings.db, "mesh_services", row, ifMatch), ...deleteService(row.id)],
      effects: effects("delete", row),
      body: null,
    };
  },
};
