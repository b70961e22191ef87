import type { MeshRuleCreate } from "../../shared/api/mesh.ts";
import { type MeshDraft, NO_DRAFT } from "../../shared/node/mesh/mesh-draft.ts";
import { type RuleRow, type ServiceRow, withServices } from "../../shared/registry/node-rows.ts";
import { freshId } from "../platform/random.ts";
import { throwRefusal } from "../platform/refused.ts";
import type { Call } from "./call.ts";
import { builtOf } from "./document/apply.ts";
import { canonicalDocument } from "./document/canonical.ts";
import type { ComingMeshParts } from "./document/mesh-tests.ts";
import { planOf } from "./document/plan.ts";
import { readDocument } from "./document/read.ts";
import { changedRule, findRule, ruleOfInput } from "./handlers/mesh-rules.ts";
import { blankMicrosegment, changeMicrosegment, findMicrosegment } from "./handlers/microsegments.ts";
import { acceptanceOf } from "./suggestions/acceptance.ts";
import { findSuggestion } from "./suggestions/row.ts";

/** What somebody asks about before it is made: a rule, a microsegment, a suggestion or a document, as its rows would be. */

type Asked = Call<"mesh.difference">["body"];

export interface Drafted {
  readonly draft: MeshDraft;
  /** What of the change the draft does not show, in words. */
  readonly notes: string[];
}

/** Refuses what would be refused if it was made. */
export async function draftOf(call: Call<"mesh.difference">): Promise<Drafted> {
  const { rule, microsegment, suggestion, document } = call.body;
  if ([rule, microsegment, suggestion, document].filter((one) => one !== undefined).length !== 1)
    return throwRefusal(
      "invalid_input",
      "Name one thing to ask about: a rule, a microsegment, a suggestion or a document.",
    );
  const { db } = call.bindings;
  if (document) return draftOfDocument(call, document);
  if (suggestion) return { draft: await draftOfSuggestion(call, suggestion), notes: [] };
  if (rule) return { draft: await draftOfRule(db, rule, call.now), notes: [] };
  return { draft: await draftOfMicrosegment(db, microsegment ?? {}, call.now), notes: [] };
}

async function draftOfRule(
  db: D1Database,
  asked: NonNullable<Asked["rule"]>,
  now: number,
): Promise<MeshDraft> {
  const { rule: reference, deleted, ...input } = asked;
  const before = reference === undefined ? null : await findRule(db, reference);
  const row = before
    ? await changedRule(db, before, given(input))
    : await ruleOfInput(
        db,
        { name: "draft", from: [], to: [], traffic: [], ...given(input) } as MeshRuleCreate,
        now,
      );
  const isGone = deleted === true || row.enabled === 0;
  if (isGone) return { ...NO_DRAFT, rules: { put: [], gone: [row.id] } };
  return { ...NO_DRAFT, rules: { put: await withTraffic(db, [row]), gone: [] } };
}

async function draftOfMicrosegment(
  db: D1Database,
  asked: NonNullable<Asked["microsegment"]>,
  now: number,
): Promise<MeshDraft> {
  const { microsegment: reference, deleted, ...input } = asked;
  const { name = "draft", type = "user" } = input;
  const before =
    reference === undefined
      ? blankMicrosegment(freshId("microsegment"), { name, type }, now)
      : await findMicrosegment(db, reference);
  if (deleted === true) return { ...NO_DRAFT, microsegments: { put: [], gone: [before.id] } };
  return { ...NO_DRAFT, microsegments: { put: [await changeMicrosegment(db, before, input)], gone: [] } };
}

async function draftOfSuggestion(
  { bindings, now }: Call<"mesh.difference">,
  { suggestion, ...changes }: NonNullable<Asked["suggestion"]>,
): Promise<MeshDraft> {
  const row = await findSuggestion(bindings.db, suggestion);
  if (row.state !== "open") return throwRefusal("conflict", `The suggestion is ${row.state}, not open.`);
  return (await acceptanceOf(bindings, row, changes, now)).draft;
}

/** What is of people may change facts, and with them who is a member. */
const OF_PEOPLE: readonly string[] = ["user", "group", "segment"];

async function draftOfDocument(
  call: Call<"mesh.difference">,
  wanted: NonNullable<Asked["document"]>,
): Promise<Drafted> {
  const { rows, document } = await readDocument(call.bindings.db);
  const body = {
    document: canonicalDocument(call.bindings, wanted),
    prune: call.body.prune ?? false,
  };
  const steps = planOf(document, body.document, body.prune).filter(({ kind }) => OF_MESH.includes(kind));
  const whole = { ...call, body, query: {} } as Call<"network.plan">;
  const { mesh } = await builtOf(whole, rows, steps);
  const others = steps
    .filter(({ kind }) => OF_PEOPLE.includes(kind))
    .map(({ kind, name }) => `${kind} ${name}`);
  const notes =
    others.length === 0
      ? []
      : [
          `What the document changes of people is left out of account: ${others.slice(0, 5).join(", ")}${others.length > 5 ? ", …" : ""}.`,
        ];
  const draft = draftOfParts(mesh);
  const followers = rows.meshRules.filter(
    ({ id, enabled, services }) =>
      enabled === 1 &&
      !mesh.rules.has(id) &&
      (JSON.parse(services) as string[]).some((service) => mesh.services.has(service)),
  );
  const put = await withTraffic(call.bindings.db, [...draft.rules.put, ...followers], mesh.services);
  return { draft: { ...draft, rules: { put, gone: draft.rules.gone } }, notes };
}

/** The rules with the traffic of the services that they name. @param coming Services that change. */
async function withTraffic<Row extends RuleRow>(
  db: D1Database,
  rows: readonly Row[],
  coming: ReadonlyMap<string, ServiceRow> = new Map(),
): Promise<Row[]> {
  const { results } = await db.prepare("SELECT * FROM mesh_services").all<ServiceRow>();
  const traffic = new Map([...results, ...coming.values()].map((row) => [row.id, row.traffic]));
  return rows.map((row) => withServices(row, traffic));
}

function draftOfParts({ rules, microsegments, nodes }: ComingMeshParts): MeshDraft {
  const isPut = <T>(row: T | null): row is T => row !== null;
  const inForce = [...rules].map(([id, row]) => [id, row?.enabled === 1 ? row : null] as const);
  const gone = (rows: Iterable<readonly [string, unknown]>) =>
    [...rows].flatMap(([id, row]) => (row === null ? [id] : []));
  return {
    rules: { put: inForce.map(([, row]) => row).filter(isPut), gone: gone(inForce) },
    microsegments: { put: [...microsegments.values()].filter(isPut), gone: gone(microsegments) },
    nodes: [...nodes].map(([id, { tags, segment_id, facts, approved_routes }]) => ({
      ...{ id, tags, segment_id, facts },
      ...(approved_routes !== undefined && { approved_routes }),
    })),
  };
}

/** The steps that decide about nodes, and those that others need for their names. */
const OF_MESH: readonly string[] = [...OF_PEOPLE, "node", "microsegment", "meshService", "meshRule"];

/** The members that are there. */
const given = <T extends object>(input: T) =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };
