import type { Body } from "../../../shared/api/endpoints.ts";
import { isId } from "../../../shared/base/ids.ts";
import { MESH_TESTS_QUERY, type MeshTestRow, meshTestOf } from "../../../shared/registry/mesh-test-rows.ts";
import { printEntry } from "../../../shared/segments/rule.ts";
import {
  type MeshTestText,
  namedTarget,
  parseMeshTest,
  printMeshTest,
  type Target,
} from "../../../shared/segments/tests/mesh-test.ts";
import { freshId } from "../../platform/random.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { unchanged } from "../../registry/guards.ts";
import type { Effects, Handlers } from "../call.ts";
import { breaksNoTest, ranTests } from "../mesh-tests.ts";
import { missing } from "../missing.ts";
import { pageOf } from "../paging.ts";
import { notFound } from "../refused.ts";
import { type Condition, selected, wordsHeld } from "../search.ts";
import { invalidRule } from "./mesh-rule-terms.ts";
import { namesOfServices } from "./mesh-service-rows.ts";
import { found, inRegistry, namesIn, type SelectorLookups, selectorById } from "./selectors.ts";

const MOST = 500;

async function findTest(db: D1Database, reference: string): Promise<MeshTestRow> {
  const column = isId("meshTest", reference) ? "id" : "name";
  const row = await db
    .prepare(`SELECT * FROM mesh_tests WHERE ${column} = ?`)
    .bind(reference)
    .first<MeshTestRow>();
  return row ?? missing(db, "test of rules", reference);
}

/** Tests as people read them, with names instead of ids. If a thing is gone, its id is shown. */
export async function viewTests(db: D1Database, rows: readonly MeshTestRow[]) {
  const tests = rows.map((row) => ({ row, ...meshTestOf(row) }));
  const named = await namesIn(
    db,
    tests.flatMap(({ from, accept, deny }) => [from, ...[...accept, ...deny].map(({ to }) => to)]),
  );
  const services = await namesOfServices(
    db,
    tests.flatMap(({ accept, deny }) =>
      [...accept, ...deny].flatMap(({ traffic }) => (typeof traffic === "string" ? [traffic] : [])),
    ),
  );
  const shown = (targets: readonly Target[]) =>
    targets.map((one) => namedTarget(one, named, (id) => services.get(id)));
  return tests.map(({ row, from, accept, deny }) => {
    const text = printMeshTest({ from: named(from), accept: shown(accept), deny: shown(deny) });
    return {
      ...{ id: row.id, name: row.name, from: text.from, accept: [...text.accept], deny: [...text.deny] },
      ...{ failing: row.failing, version: row.version, createdAt: row.created_at, updatedAt: row.updated_at },
    };
  });
}

async function viewOne(db: D1Database, row: MeshTestRow) {
  const [view] = await viewTests(db, [row]);
  return view ?? notFound("test of rules");
}

/** The columns of a test with ids instead of names. Refuses with the place that is wrong or unknown. */
export async function columnsOfTest(find: SelectorLookups, text: MeshTestText) {
  const parsed = parseMeshTest(text);
  if (!parsed.ok) {
    const { field, index, detail } = parsed.error;
    return invalidRule({ path: index === null ? `/${field}` : `/${field}/${index}`, message: detail });
  }
  const { from, accept, deny } = parsed.value;
  const stored = async (targets: readonly Target[], field: string) =>
    JSON.stringify(
      await Promise.all(
        targets.map(async ({ to, traffic }, at): Promise<Target> => {
          const path = `/${field}/${at}`;
          return {
            to: await selectorById(find, to, path),
            traffic:
              typeof traffic === "string"
                ? await found(() => find.service(traffic), { path, entry: printEntry(traffic) })
                : traffic,
          };
        }),
      ),
    );
  return {
    from_selector: JSON.stringify(await selectorById(find, from, "/from")),
    accept: await stored(accept, "accept"),
    deny: await stored(deny, "deny"),
  };
}

export const newTest = (
  name: string,
  columns: Awaited<ReturnType<typeof columnsOfTest>>,
  now: number,
): MeshTestRow => ({
  ...{ id: freshId("meshTest"), name, ...columns, failing: null, ran_revision: -1, ran_at: 0 },
  ...{ version: 1, created_at: now, updated_at: now },
});

export const storeTest = (db: D1Database, row: MeshTestRow): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO mesh_tests (id, name, from_selector, accept, deny, failing, ran_revision, ran_at, version, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, from_selector = excluded.from_selector,
         accept = excluded.accept, deny = excluded.deny, ran_revision = -1, version = excluded.version,
         updated_at = excluded.updated_at`,
    )
    .bind(
      ...[
        row.id,
        row.name,
        row.from_selector,
        row.accept,
        row.deny,
        row.failing,
        row.ran_revision,
        row.ran_at,
      ],
      ...[row.version, row.created_at, row.updated_at],
    );

export const dropTest = (db: D1Database, id: string): D1PreparedStatement =>
  db.prepare("DELETE FROM mesh_tests WHERE id = ?").bind(id);

/** All tests are run at each change, so their number must be limited. */
export function refuseMoreTests(count: number): void {
  if (count > MOST) throwRefusal("conflict", `A network has at most ${MOST} tests of rules.`);
}

const effects = (action: string, row: MeshTestRow, detail: Effects["event"]["detail"] = {}): Effects => ({
  event: { action: `mesh_test.${action}`, target: row.id, detail: { name: row.name, ...detail } },
  policies: false,
  userIds: [],
  ends: [],
});

const textOf = ({ from, accept = [], deny = [] }: Body<"meshTests.create">): MeshTestText => ({
  from,
  accept,
  deny,
});

export const MESH_TEST_HANDLERS: Handlers<
  | "meshTests.list"
  | "meshTests.create"
  | "meshTests.get"
  | "meshTests.update"
  | "meshTests.delete"
  | "meshTests.run"
> = {
  "meshTests.list": async ({ bindings, query }) => {
    const page = await pageOf(
      query,
      async (after, limit) => {
        const all: Condition[] = [["id > ?", after ?? ""], ...wordsHeld(query.search, "id", "name")];
        const page: Condition = ["ORDER BY id LIMIT ?", limit];
        return (await selected(bindings.db, "SELECT * FROM mesh_tests", all, page).all<MeshTestRow>())
          .results;
      },
      (row) => row.id,
    );
    return { body: { ...page, items: await viewTests(bindings.db, page.items) } };
  },

  "meshTests.create": async (call) => {
    const { bindings, body, now } = call;
    const count = await bindings.db.prepare("SELECT count(*) FROM mesh_tests").first<number>("count(*)");
    refuseMoreTests((count ?? 0) + 1);
    const row = newTest(body.name, await columnsOfTest(inRegistry(bindings.db), textOf(body)), now);
    return {
      statements: [
        ...(await breaksNoTest(call, { tests: new Map([[row.id, row]]) })),
        storeTest(bindings.db, row),
      ],
      effects: effects("create", row, { ...textOf(body) }),
      body: await viewOne(bindings.db, row),
      version: 1,
    };
  },

  "meshTests.get": async ({ bindings, params }) => {
    const row = await findTest(bindings.db, params.meshTest);
    return { body: await viewOne(bindings.db, row), version: row.version };
  },

  "meshTests.update": async (call) => {
    const { bindings, params, body, ifMatch, now } = call;
    const before = await findTest(bindings.db, params.meshTest);
    const { from, accept, deny } = await viewOne(bindings.db, before);
    const text = { from: body.from ?? from, accept: body.accept ?? accept, deny: body.deny ?? deny };
    const isRewritten = Boolean(body.from || body.accept || body.deny);
    const after: MeshTestRow = {
      ...before,
      name: body.name ?? before.name,
      ...(isRewritten ? await columnsOfTest(inRegistry(bindings.db), text) : {}),
      version: ifMatch + 1,
      updated_at: now,
    };
    const passes = isRewritten ? await breaksNoTest(call, { tests: new Map([[after.id, after]]) }) : [];
    return {
      statements: [
        unchanged(bindings.db, "mesh_tests", before, ifMatch),
        ...passes,
        storeTest(bindings.db, after),
      ],
      effects: effects("update", after, { fields: Object.keys(body) }),
      body: await viewOne(bindings.db, after),
      version: after.version,
    };
  },

  "meshTests.delete": async ({ bindings, params, ifMatch }) => {
    const row = await findTest(bindings.db, params.meshTest);
    return {
      statements: [unchanged(bindings.db, "mesh_tests", row, ifMatch), dropTest(bindings.db, row.id)],
      effects: effects("delete", row),
      body: null,
    };
  },

  "meshTests.run": async ({ bindings, now }) => {
    const { results } = await bindings.db.prepare(MESH_TESTS_QUERY).all<MeshTestRow>();
    const ran = await ranTests(bindings.db, results, {}, now);
    return { body: { items: ran.outcomes.map(({ path: _, ...outcome }) => outcome) } };
  },
};
