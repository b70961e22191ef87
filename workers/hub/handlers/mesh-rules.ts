import type { MeshRuleCreate } from "../../../shared/api/mesh.ts";
import { isId } from "../../../shared/base/ids.ts";
import { LIMITS, type Traffic } from "../../../shared/node/config/types.ts";
import type { meshRules } from "../../../shared/registry/mesh-schema.ts";
import { deleteRule, storeRule } from "../../../shared/registry/mesh-statements.ts";
import { flag, type RowOf } from "../../../shared/registry/rows.ts";
import { parseRule, printRule, type RuleText } from "../../../shared/segments/rule.ts";
import type { SegmentRule, Selector } from "../../../shared/segments/types.ts";
import { freshId } from "../../platform/random.ts";
import { Refused, throwRefusal } from "../../platform/refused.ts";
import { unchanged } from "../../registry/guards.ts";
import type { Effects, Handlers } from "../call.ts";
import { missing } from "../missing.ts";
import { pageOf } from "../paging.ts";
import { notFound } from "../refused.ts";
import { type Condition, selected, wordsHeld } from "../search.ts";
import { columnsOfTerms, invalidRule, NO_TERMS, viewTerms } from "./mesh-rule-terms.ts";
import { microsegmentCalled } from "./microsegments.ts";
import { findNode } from "./nodes.ts";
import { findSegment } from "./segments.ts";
import { findUser } from "./users.ts";

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
  }));
  const ids = parsed.flatMap(({ from, to }) =>
    [...from, ...to].flatMap((selector) =>
      selector.kind === "segment" ? [selector.segment] : selector.kind === "node" ? [selector.node] : [],
    ),
  );
  const names = await namesOf(db, ids);
  const named = (selector: Selector): Selector => {
    if (selector.kind === "segment") {
      return { kind: "segment", segment: names.get(selector.segment) ?? selector.segment };
    }
    return selector.kind === "node"
      ? { kind: "node", node: names.get(selector.node) ?? selector.node }
      : selector;
  };
  return parsed.map(({ row, from, to, traffic }) => ({
    id: row.id,
    name: row.name,
    ...listsOf(printRule({ from: from.map(named), to: to.map(named), traffic })),
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

async function namesOf(db: D1Database, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const list = JSON.stringify([...new Set(ids)]);
  const { results } = await db
    .prepare(
      `SELECT id, name FROM segments WHERE id IN (SELECT value FROM json_each(?1))
       UNION ALL SELECT id, name FROM microsegments WHERE id IN (SELECT value FROM json_each(?1))
       UNION ALL SELECT id, name FROM nodes WHERE id IN (SELECT value FROM json_each(?1))`,
    )
    .bind(list)
    .all<{ id: string; name: string }>();
  return new Map(results.map(({ id, name }) => [id, name]));
}

type RuleBody = Pick<SegmentRule, "from" | "to" | "traffic">;

/** Finds what a rule stores for each name. A lookup refuses an unknown name. */
export interface RuleLookups {
  /** Finds a home segment or a microsegment. No two of them have one name. */
  readonly segment: (reference: string) => Promise<string> | string;
  readonly node: (reference: string) => Promise<string> | string;
  /** Returns the user's e-mail address. */
  readonly user: (reference: string) => Promise<string> | string;
}

const inRegistry = (db: D1Database): RuleLookups => ({
  segment: async (reference) =>
    (await microsegmentCalled(db, reference))?.id ?? (await findSegment(db, reference)).id,
  node: async (reference) => (await findNode(db, reference)).id,
  user: async (reference) => (await findUser(db, reference)).email,
});

/** The rule with ids instead of names. Refuses with the place that is wrong or unknown. */
export async function resolveRule(find: RuleLookups, text: RuleText): Promise<RuleBody> {
  const parsed = parseRule(text);
  if (!parsed.ok) {
    const { field, index, detail } = parsed.error;
    return invalidRule({ path: index === null ? `/${field}` : `/${field}/${index}`, message: detail });
  }
  const { from, to, traffic } = parsed.value;
  return {
    from: await Promise.all(from.map((selector, at) => byId(find, selector, `/from/${at}`))),
    to: await Promise.all(to.map((selector, at) => byId(find, selector, `/to/${at}`))),
    traffic,
  };
}

async function byId(find: RuleLookups, selector: Selector, path: string): Promise<Selector> {
  try {
    switch (selector.kind) {
      case "segment":
        return { kind: "segment", segment: await find.segment(selector.segment) };
      case "node":
        return { kind: "node", node: await find.node(selector.node) };
      case "user":
        return { kind: "user", user: await find.user(selector.user) };
      default:
        return selector;
    }
  } catch (error) {
    // If the rule names a missing thing, the rule is wrong, not the path of the request.
    if (error instanceof Refused && error.refusal.code === "not_found") {
      return invalidRule({ path, message: "names something that does not exist" });
    }
    throw error;
  }
}

export const columnsOfRule = (rule: RuleBody) => ({
  from_selectors: JSON.stringify(rule.from),
  to_selectors: JSON.stringify(rule.to),
  traffic: JSON.stringify(rule.traffic),
});

const effects = (action: string, row: RuleRow, detail: Effects["event"]["detail"] = {}): Effects => ({
  event: { action: `mesh_rule.${action}`, target: row.id, detail: { name: row.name, ...detail } },
  policies: false,
  userIds: [],
  ends: [],
});

/** Each rule is applied by all nodes that it concerns, so the number of rules must be limited. */
export function refuseMoreRules(count: number): void {
  if (count > LIMITS.rules) throwRefusal("conflict", `A network has at most ${LIMITS.rules} rules.`);
}

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

  "meshRules.create": async ({ bindings, body, now }) => {
    const { count } = (await bindings.db
      .prepare("SELECT count(*) AS count FROM mesh_rules")
      .first<{ count: number }>()) ?? { count: 0 };
    refuseMoreRules(count + 1);
    const terms = columnsOfTerms(body, NO_TERMS);
    const row = newRule(body, await resolveRule(inRegistry(bindings.db), body), terms, now);
    return {
      statements: storeRule(row),
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

  "meshRules.update": async ({ bindings, params, body, ifMatch, now }) => {
    const before = await findRule(bindings.db, params.meshRule);
    const old = await viewOne(bindings.db, before);
    const text = { from: body.from ?? old.from, to: body.to ?? old.to, traffic: body.traffic ?? old.traffic };
    const isRewritten = Boolean(body.from || body.to || body.traffic);
    const after: RuleRow = {
      ...before,
      name: body.name ?? before.name,
      ...(isRewritten ? columnsOfRule(await resolveRule(inRegistry(bindings.db), text)) : {}),
      ...columnsOfTerms(body, before),
      enabled: body.enabled === undefined ? before.enabled : flag(body.enabled),
      version: ifMatch + 1,
      updated_at: now,
    };
    return {
      statements: [unchanged(bindings.db, "mesh_rules", before, ifMatch), ...storeRule(after)],
      effects: effects("update", after, { fields: Object.keys(body) }),
      body: await viewOne(bindings.db, after),
      version: after.version,
    };
  },

  "meshRules.delete": async ({ bindings, params, ifMatch }) => {
    const row = await findRule(bindings.db, params.meshRule);
    return {
      statements: [unchanged(bindings.db, "mesh_rules", row, ifMatch), ...deleteRule(row.id)],
      effects: effects("delete", row),
      body: null,
    };
  },
};
