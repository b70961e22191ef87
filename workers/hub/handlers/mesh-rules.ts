import type { Body } from "../../../shared/api/endpoints.ts";
import type { MeshRuleCreate } from "../../../shared/api/mesh.ts";
import { isId } from "../../../shared/base/ids.ts";
import type { Traffic } from "../../../shared/node/config/types.ts";
import type { meshRules } from "../../../shared/registry/mesh-schema.ts";
import { deleteRule, storeRule } from "../../../shared/registry/mesh-statements.ts";
import { flag, type RowOf } from "../../../shared/registry/rows.ts";
import { parseRule, printRule, type RuleBody, type RuleText } from "../../../shared/segments/rule.ts";
import type { Selector } from "../../../shared/segments/types.ts";
import { freshId } from "../../platform/random.ts";
import { unchanged } from "../../registry/guards.ts";
import { rulesFit } from "../../registry/mesh-limits.ts";
import type { Effects, Handlers } from "../call.ts";
import { breaksNoTest } from "../mesh-tests.ts";
import { missing } from "../missing.ts";
import { pageOf } from "../paging.ts";
import { notFound } from "../refused.ts";
import { type Condition, selected, wordsHeld } from "../search.ts";
import { columnsOfTerms, invalidRule, NO_TERMS, viewTerms } from "./mesh-rule-terms.ts";
import { namesOfServices } from "./mesh-service-rows.ts";
import { found, inRegistry, namesIn, type SelectorLookups, selectorById } from "./selectors.ts";

/** A row of `mesh_rules`. */
export type RuleRow = RowOf<typeof meshRules>;

export async function findRule(db: D1Database, reference: string): Promise<RuleRow> {
  const column = isId("meshRule", reference) ? "id" : "name";
  const row = await db
    .prepare(`SELECT * FROM mesh_rules WHERE ${column} = ?`)
    .bind(reference)
    .first<RuleRow>();
  return row ?? missing(db, "rule", reference);
}

/** Rules as people read them, with names instead of ids. If a thing is gone, its id is shown. */
export async function viewRules(db: D1Database, rows: readonly RuleRow[]) {
  const parsed = rows.map((row) => ({
    row,
    from: JSON.parse(row.from_selectors) as Selector[],
    to: JSON.parse(row.to_selectors) as Selector[],
    traffic: JSON.parse(row.traffic) as Traffic[],
    services: JSON.parse(row.services) as string[],
  }));
  const serviceNames = await namesOfServices(
    db,
    parsed.flatMap(({ services }) => services),
  );
  const named = await namesIn(
    db,
    parsed.flatMap(({ from, to }) => [...from, ...to]),
  );
  return parsed.map(({ row, from, to, traffic, services }) => ({
    id: row.id,
    name: row.name,
    ...listsOf(
      printRule({
        from: from.map(named),
        to: to.map(named),
        traffic,
        services: services.map((id) => serviceNames.get(id) ?? id),
      }),
    ),
    ...viewTerms(row),
    enabled: row.enabled === 1,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }));
}

const listsOf = ({ from, to, traffic }: RuleText) => ({
  from: [...from],
  to: [...to],
  traffic: [...traffic],
});

async function viewOne(db: D1Database, row: RuleRow) {
  const [view] = await viewRules(db, [row]);
  return view ?? notFound("rule");
}

/** The rule with ids instead of names. Refuses with the place that is wrong or unknown. */
export async function resolveRule(find: SelectorLookups, text: RuleText): Promise<RuleBody> {
  const parsed = parseRule(text);
  if (!parsed.ok) {
    const { field, index, detail } = parsed.error;
    return invalidRule({ path: index === null ? `/${field}` : `/${field}/${index}`, message: detail });
  }
  const { from, to, traffic, services } = parsed.value;
  return {
    from: await Promise.all(from.map((selector, at) => selectorById(find, selector, `/from/${at}`))),
    to: await Promise.all(to.map((selector, at) => selectorById(find, selector, `/to/${at}`))),
    traffic,
    services: await Promise.all(
      services.map((name) => found(() => find.service(name), { path: "/traffic", entry: `service:${name}` })),
    ),
  };
}

export const columnsOfRule = (rule: RuleBody) => ({
  from_selectors: JSON.stringify(rule.from),
  to_selectors: JSON.stringify(rule.to),
  traffic: JSON.stringify(rule.traffic),
  services: JSON.stringify(rule.services),
});

const effects = (action: string, row: RuleRow, detail: Effects["event"]["detail"] = {}): Effects => ({
  event: { action: `mesh_rule.${action}`, target: row.id, detail: { name: row.name, ...detail } },
  policies: false,
  userIds: [],
  ends: [],
});

export const newRule = (
  { name, enabled }: Pick<MeshRuleCreate, "name" | "enabled">,
  rule: RuleBody,
  terms: ReturnType<typeof columnsOfTerms>,
  now: number,
): RuleRow => ({
  id: freshId("meshRule"),
  name,
  ...columnsOfRule(rule),
  ...terms,
  enabled: flag(enabled ?? true),
  version: 1,
  created_at: now,
  updated_at: now,
});

/** The rule with what the input says. What it leaves out stays. */
export async function changedRule(
  db: D1Database,
  before: RuleRow,
  input: Body<"meshRules.update">,
): Promise<RuleRow> {
  const isRewritten = Boolean(input.from || input.to || input.traffic);
  const old = await viewOne(db, before);
  const text = {
    from: input.from ?? old.from,
    to: input.to ?? old.to,
    traffic: input.traffic ?? old.traffic,
  };
  return {
    ...before,
    name: input.name ?? before.name,
    ...(isRewritten ? columnsOfRule(await resolveRule(inRegistry(db), text)) : {}),
    ...columnsOfTerms(input, before),
    enabled: input.enabled === undefined ? before.enabled : flag(input.enabled),
  };
}

/** A rule that is made of an input, with the names that the network has. */
export const ruleOfInput = async (db: D1Database, input: MeshRuleCreate, now: number): Promise<RuleRow> =>
  newRule(input, await resolveRule(inRegistry(db), input), columnsOfTerms(input, NO_TERMS), now);

export const MESH_RULE_HANDLERS: Handlers<
  "meshRules.list" | "meshRules.create" | "meshRules.get" | "meshRules.update" | "meshRules.delete"
> = {
  "meshRules.list": async ({ bindings, query }) => {
    const page = await pageOf(
      query,
      async (after, limit) => {
        const all: Condition[] = [
          ["id > ?", after ?? ""],
          ...wordsHeld(query.search, "id", "name", "traffic"),
        ];
        const page: Condition = ["ORDER BY id LIMIT ?", limit];
        const select = "SELECT * FROM mesh_rules";
        return (await selected(bindings.db, select, all, page).all<RuleRow>()).results;
      },
      (row) => row.id,
    );
    return { body: { ...page, items: await viewRules(bindings.db, page.items) } };
  },

  "meshRules.create": async (call) => {
    const { bindings, body, now } = call;
    const row = await ruleOfInput(bindings.db, body, now);
    return {
      statements: [
        ...(await breaksNoTest(call, { rules: new Map([[row.id, row]]) })),
        ...storeRule(row),
        ...rulesFit(bindings.db),
      ],
      effects: effects("create", row, {
        from: body.from,
        to: body.to,
        traffic: body.traffic,
        effect: row.effect,
      }),
      body: await viewOne(bindings.db, row),
      version: 1,
    };
  },

  "meshRules.get": async ({ bindings, params }) => {
    const row = await findRule(bindings.db, params.meshRule);
    return { body: await viewOne(bindings.db, row), version: row.version };
  },

  "meshRules.update": async (call) => {
    const { bindings, params, body, ifMatch, now } = call;
    const before = await findRule(bindings.db, params.meshRule);
    const after: RuleRow = {
      ...(await changedRule(bindings.db, before, body)),
      version: ifMatch + 1,
      updated_at: now,
    };
    return {
      statements: [
        unchanged(bindings.db, "mesh_rules", before, ifMatch),
        ...(await breaksNoTest(call, { rules: new Map([[after.id, after]]) })),
        ...storeRule(after),
        ...rulesFit(bindings.db),
      ],
      effects: effects("update", after, { fields: Object.keys(body) }),
      body: await viewOne(bindings.db, after),
      version: after.version,
    };
  },

  "meshRules.delete": async (call) => {
    const { bindings, params, ifMatch } = call;
    const row = await findRule(bindings.db, params.meshRule);
    return {
      statements: [
        unchanged(bindings.db, "mesh_rules", row, ifMatch),
        ...(await breaksNoTest(call, { rules: new Map([[row.id, null]]) })),
        ...deleteRule(row.id),
      ],
      effects: effects("delete", row),
      body: null,
    };
  },
};
