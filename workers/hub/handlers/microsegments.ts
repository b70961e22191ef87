import type { Body } from "../../../shared/api/endpoints.ts";
import type { InputIssue } from "../../../shared/base/errors/catalogue.ts";
import { isId } from "../../../shared/base/ids.ts";
import type { Traffic } from "../../../shared/node/config/types.ts";
import { deleteMicrosegment, storeMicrosegment } from "../../../shared/registry/mesh-statements.ts";
import type { MicrosegmentRow } from "../../../shared/registry/microsegment-rows.ts";
import { flag } from "../../../shared/registry/rows.ts";
import type { MemberSelector } from "../../../shared/segments/microsegment.ts";
import { MEMBER_LISTS, parseMicrosegment, warningsOf } from "../../../shared/segments/microsegment-text.ts";
import { printSelector } from "../../../shared/segments/selector.ts";
import { printTraffic } from "../../../shared/segments/traffic.ts";
import { freshId } from "../../platform/random.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { unchanged } from "../../registry/guards.ts";
import { microsegmentsFit, rulesFit } from "../../registry/mesh-limits.ts";
import type { Effects, Handlers } from "../call.ts";
import { breaksNoTest } from "../mesh-tests.ts";
import { missing } from "../missing.ts";
import { pageOf } from "../paging.ts";
import { notFound } from "../refused.ts";
import { type Condition, selected, wordsHeld } from "../search.ts";
import { refuseReservedSegment } from "./segments.ts";

/** The microsegment with this id or name. Null if there is none. */
export function microsegmentCalled(db: D1Database, reference: string): Promise<MicrosegmentRow | null> {
  const column = isId("microsegment", reference) ? "id" : "name";
  return db
    .prepare(`SELECT * FROM microsegments WHERE ${column} = ?`)
    .bind(reference)
    .first<MicrosegmentRow>();
}

export const findMicrosegment = async (db: D1Database, reference: string): Promise<MicrosegmentRow> =>
  (await microsegmentCalled(db, reference)) ?? missing(db, "microsegment", reference);

/** Microsegments as people read them, with names instead of ids. If a node is gone, its id is shown. */
export async function viewMicrosegments(db: D1Database, rows: readonly MicrosegmentRow[]) {
  const lists = (row: MicrosegmentRow) =>
    MEMBER_LISTS.flatMap((list) => JSON.parse(row[list]) as MemberSelector[]);
  const ids = rows.flatMap(lists).flatMap((one) => (one.kind === "node" ? [one.node] : []));
  const { results } = await db
    .prepare("SELECT id, name FROM nodes WHERE id IN (SELECT value FROM json_each(?))")
    .bind(JSON.stringify([...new Set(ids)]))
    .all<{ id: string; name: string }>();
  const names = new Map(results.map(({ id, name }) => [id, name]));
  const printed = (text: string) =>
    (JSON.parse(text) as MemberSelector[]).map((one) =>
      printSelector(one.kind === "node" ? { kind: "node", node: names.get(one.node) ?? one.node } : one),
    );
  return rows.map((row) => {
    const shown = {
      id: row.id,
      name: row.name,
      description: row.description,
      type: row.type,
      isolation: row.isolation,
      where: row.where_text,
      unless: row.unless_text,
      include: printed(row.include),
      exclude: printed(row.exclude),
      remediation: printed(row.remediation),
      atMost: (JSON.parse(row.at_most) as Traffic[]).map(printTraffic),
      acceptsClaims: row.accepts_claims === 1,
      version: row.version,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    };
    return { ...shown, notes: warningsOf(shown) };
  });
}

async function viewOne(db: D1Database, row: MicrosegmentRow) {
  const [view] = await viewMicrosegments(db, [row]);
  return view ?? notFound("microsegment");
}

/** Finds what is stored for a name. A lookup refuses an unknown name. */
interface MemberLookups {
  /** Returns the node's id. */
  readonly node: (name: string) => string;
  /** Returns the user's address. */
  readonly user: (address: string) => string;
}

/** Looks all names of the lists up at once. */
async function inRegistry(
  db: D1Database,
  { include = [], exclude = [], remediation = [] }: Input,
): Promise<MemberLookups> {
  const named = [...include, ...exclude, ...remediation].map((text) => text.slice(text.indexOf(":") + 1));
  const [nodes, users] = await db.batch<{ key: string; value: string }>(
    [
      "SELECT name AS key, id AS value FROM nodes WHERE name IN (SELECT value FROM json_each(?))",
      "SELECT email AS key, email AS value FROM users WHERE email IN (SELECT lower(value) FROM json_each(?))",
    ].map((sql) => db.prepare(sql).bind(JSON.stringify(named))),
  );
  const lookup = (what: "node" | "user", rows: readonly { key: string; value: string }[] = []) => {
    const known = new Map(rows.map(({ key, value }) => [key, value]));
    return (name: string): string =>
      known.get(name) ?? throwRefusal("invalid_input", `There is no ${what} ${name}.`);
  };
  return { node: lookup("node", nodes?.results), user: lookup("user", users?.results) };
}

type Input = Body<"microsegments.update">;

/** The microsegment with what the input says. What it leaves out stays. Refuses with the place that is wrong. */
export async function changeMicrosegment(
  db: D1Database,
  before: MicrosegmentRow,
  input: Input,
  lookups?: MemberLookups,
): Promise<MicrosegmentRow> {
  const { where, unless, include, exclude, remediation, atMost, type, isolation } = {
    ...(await viewOne(db, before)),
    ...given(input),
  };
  const parsed = parseMicrosegment({
    ...{ where, unless, include, exclude, remediation, atMost, type, isolation },
  });
  if (!parsed.ok) {
    const { field, index, detail } = parsed.error;
    return invalid({ path: index === null ? `/${field}` : `/${field}/${index}`, message: detail });
  }
  const find = lookups ?? (await inRegistry(db, input));
  const stored = (list: (typeof MEMBER_LISTS)[number]) =>
    input[list] === undefined
      ? before[list]
      : JSON.stringify(parsed.value[list].map((one) => byId(find, one)));
  return {
    ...before,
    name: input.name ?? before.name,
    description: input.description ?? before.description,
    type,
    isolation,
    where_text: where.trim(),
    unless_text: unless.trim(),
    include: stored("include"),
    exclude: stored("exclude"),
    remediation: stored("remediation"),
    at_most: JSON.stringify(parsed.value.atMost),
    accepts_claims: input.acceptsClaims === undefined ? before.accepts_claims : flag(input.acceptsClaims),
  };
}

/** The members that are there. */
const given = <T extends object>(input: T) =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };

function byId(find: MemberLookups, selector: MemberSelector): MemberSelector {
  switch (selector.kind) {
    case "node":
      return { kind: "node", node: find.node(selector.node) };
    case "user":
      return { kind: "user", user: find.user(selector.user) };
    case "tag":
      return selector;
  }
}

const invalid = (issue: InputIssue): never =>
  throwRefusal("invalid_input", `${issue.path}: ${issue.message}`, { issues: [issue] });

export const blankMicrosegment = (
  id: string,
  { name, type }: Pick<Body<"microsegments.create">, "name" | "type">,
  now: number,
): MicrosegmentRow => ({
  ...{ id, name, description: "", type, isolation: "standard", where_text: "", unless_text: "" },
  ...{ include: "[]", exclude: "[]", remediation: "[]", at_most: "[]", accepts_claims: 0 },
  ...{ version: 1, created_at: now, updated_at: now },
});

const effects = (action: string, row: MicrosegmentRow, detail: Effects["event"]["detail"] = {}): Effects => ({
  event: { action: `microsegment.${action}`, target: row.id, detail: { name: row.name, ...detail } },
  policies: false,
  userIds: [],
  ends: [],
});

export const MICROSEGMENT_HANDLERS: Handlers<
  | "microsegments.list"
  | "microsegments.create"
  | "microsegments.get"
  | "microsegments.update"
  | "microsegments.delete"
> = {
  "microsegments.list": async ({ bindings, query }) => {
    const page = await pageOf(
      query,
      async (after, limit) => {
        const all: Condition[] = [
          ["id > ?", after ?? ""],
          ...wordsHeld(query.search, "id", "name", "description", "where_text"),
        ];
        const page: Condition = ["ORDER BY id LIMIT ?", limit];
        return (await selected(bindings.db, "SELECT * FROM microsegments", all, page).all<MicrosegmentRow>())
          .results;
      },
      (row) => row.id,
    );
    return { body: { ...page, items: await viewMicrosegments(bindings.db, page.items) } };
  },

  "microsegments.create": async (call) => {
    const { bindings, body, now } = call;
    refuseReservedSegment(body.name);
    const row = await changeMicrosegment(
      bindings.db,
      blankMicrosegment(freshId("microsegment"), body, now),
      body,
    );
    return {
      statements: [
        ...(await breaksNoTest(call, { microsegments: new Map([[row.id, row]]) })),
        ...storeMicrosegment(row),
        ...microsegmentsFit(bindings.db),
      ],
      effects: effects("create", row, { type: row.type, isolation: row.isolation, where: row.where_text }),
      body: await viewOne(bindings.db, row),
      version: 1,
    };
  },

  "microsegments.get": async ({ bindings, params }) => {
    const row = await findMicrosegment(bindings.db, params.microsegment);
    return { body: await viewOne(bindings.db, row), version: row.version };
  },

  "microsegments.update": async (call) => {
    const { bindings, params, body, ifMatch, now } = call;
    const before = await findMicrosegment(bindings.db, params.microsegment);
    if (body.name !== undefined) refuseReservedSegment(body.name);
    const changed = await changeMicrosegment(bindings.db, before, body);
    const after = { ...changed, version: ifMatch + 1, updated_at: now };
    return {
      statements: [
        unchanged(bindings.db, "microsegments", before, ifMatch),
        ...(await breaksNoTest(call, { microsegments: new Map([[after.id, after]]) })),
        ...storeMicrosegment(after),
        ...rulesFit(bindings.db),
      ],
      effects: effects("update", after, { fields: Object.keys(body) }),
      body: await viewOne(bindings.db, after),
      version: after.version,
    };
  },

  "microsegments.delete": async (call) => {
    const { bindings, params, ifMatch } = call;
    const row = await findMicrosegment(bindings.db, params.microsegment);
    return {
      statements: [
        unchanged(bindings.db, "microsegments", row, ifMatch),
        ...(await breaksNoTest(call, { microsegments: new Map([[row.id, null]]) })),
        ...deleteMicrosegment(row.id),
      ],
      effects: effects("delete", row),
      body: null,
    };
  },
};
