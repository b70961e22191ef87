import type { Body as Input } from "../../../shared/api/endpoints.ts";
import { type MeshDraft, NO_DRAFT } from "../../../shared/node/mesh/mesh-draft.ts";
import { storeMicrosegment, storeRule } from "../../../shared/registry/mesh-statements.ts";
import { type MicrosegmentRow, microsegmentOf } from "../../../shared/registry/microsegment-rows.ts";
import { belongingOf } from "../../../shared/segments/microsegment.ts";
import { keyOfMembers, LEAST_CONFIDENCE } from "../../../shared/segments/suggest/proposal.ts";
import type { ChangeStatement } from "../../mesh/changes.ts";
import { membersOf, type NetworkCopy, networkCopy } from "../../mesh/network-copy.ts";
import type { Bindings } from "../../platform/env.ts";
import { freshId } from "../../platform/random.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { guard, unchanged } from "../../registry/guards.ts";
import { microsegmentsFit } from "../../registry/mesh-limits.ts";
import { columnsOfTerms, NO_TERMS } from "../handlers/mesh-rule-terms.ts";
import { findRule, newRule, type RuleRow, resolveRule } from "../handlers/mesh-rules.ts";
import { blankMicrosegment, changeMicrosegment } from "../handlers/microsegments.ts";
import { refuseReservedSegment } from "../handlers/segments.ts";
import { breaksNoTest } from "../mesh-tests.ts";
import { refuseBreaks } from "./breaks.ts";
import { type Body, bodyOf, type SuggestionRow, type Undo } from "./row.ts";
import { servicesNamed } from "./undo.ts";

type Changes = Input<"suggestions.accept">;

/** What accepting a suggestion does to the registry. */
export interface Acceptance {
  /** The rules and microsegments as they are then, for who asks before. */
  readonly draft: MeshDraft;
  readonly statements: readonly ChangeStatement[];
  readonly undo: Undo;
  /** Names, for the audit log. */
  readonly made: { readonly microsegments: string[]; readonly rules: string[]; readonly replaced: string[] };
}

/**
 * Makes the microsegments and rules that a role suggests, and switches off the rules that it replaces.
 * Refuses what is not sure enough, what the network no longer is, and what would refuse recorded traffic unasked.
 */
export async function acceptRole(
  bindings: Bindings,
  row: SuggestionRow,
  changes: Changes,
  now: number,
): Promise<Acceptance> {
  const { db } = bindings;
  const body = bodyOf(row);
  if (row.confidence < LEAST_CONFIDENCE)
    throwRefusal(
      "suggestion_unsure",
      `It is ${percent(row.confidence)} sure, and ${percent(LEAST_CONFIDENCE)} is the least. Wait for more traffic, or make the microsegment by hand.`,
    );
  const copy = await networkCopy(
    db,
    body.microsegments.flatMap(({ nodes }) => nodes),
    now,
  );
  if (copy === null) return stale("The network has no nodes any more.");
  const microsegments = await microsegmentsFor(db, body, changes, copy, now);
  const ids = new Map(microsegments.map(({ as, row }) => [as, row.id]));
  const rules = await rulesFor(body, changes, ids, (as) => nameIn(microsegments, as), copy, now);
  const replaced = await Promise.all((changes.replace ?? []).map((rule) => findRule(db, rule)));
  const made = microsegments.filter(({ isNew }) => isNew).map(({ row }) => row);
  if (replaced.length > 0 && changes.despiteBreaks !== true) {
    const left = copy.ruleRows.filter(({ id }) => !replaced.some((rule) => rule.id === id));
    await refuseBreaks(bindings, copy, [...left, ...rules], [...copy.microsegmentRows, ...made], now);
  }
  const off = replaced.map((rule) => ({
    ...rule,
    enabled: 0 as const,
    version: rule.version + 1,
    updated_at: now,
  }));
  const tested = await breaksNoTest(
    { bindings, now },
    { rules: byId([...rules, ...off]), microsegments: byId(made) },
  );
  return {
    draft: {
      ...NO_DRAFT,
      rules: { put: rules, gone: off.map(({ id }) => id) },
      microsegments: { put: made, gone: [] },
    },
    statements: [
      ...tested,
      ...replaced.map((rule) => unchanged(db, "mesh_rules", rule, rule.version)),
      ...body.microsegments.flatMap(({ id }) => (id === null ? [] : existsStill(db, id))),
      ...made.flatMap(storeMicrosegment),
      ...rules.flatMap(storeRule),
      ...off.flatMap(storeRule),
      ...microsegmentsFit(db),
    ],
    undo: {
      microsegments: made.map(({ id, version }) => ({ id, version })),
      rules: rules.map(({ id, version }) => ({ id, version })),
      services: await servicesNamed(db, replaced),
      changed: replaced.map(({ id, version, traffic, services, enabled }) => ({
        id,
        version: version + 1,
        before: { traffic, services, enabled },
      })),
    },
    made: {
      microsegments: made.map(({ name }) => name),
      rules: rules.map(({ name }) => name),
      replaced: off.map(({ name }) => name),
    },
  };
}

const byId = <Row extends { readonly id: string }>(rows: readonly Row[]) =>
  new Map(rows.map((row) => [row.id, row]));

const percent = (share: number): string => `${Math.round(share * 100)} %`;
const stale = (why: string): never => throwRefusal("suggestion_stale", `${why} Have suggestions made again.`);

interface Made {
  /** What the suggestion calls it. */
  readonly as: string;
  readonly row: MicrosegmentRow;
  readonly isNew: boolean;
}
const nameIn = (all: readonly Made[], as: string): string => all.find((one) => one.as === as)?.row.name ?? as;

/** The microsegments that are there and those to be made, each held against the nodes that it is meant to have. */
async function microsegmentsFor(
  db: D1Database,
  body: Body,
  changes: Changes,
  copy: NetworkCopy,
  now: number,
): Promise<Made[]> {
  const rows = await rowsCalled(
    db,
    body.microsegments.map(({ name }, at) => (at === 0 ? (changes.name ?? name) : name)),
  );
  const members = membersOf(copy);
  const made: Made[] = [];
  for (const [at, wanted] of body.microsegments.entries()) {
    const isOwn = at === 0;
    const name = isOwn ? (changes.name ?? wanted.name) : wanted.name;
    const there = rows.find((row) => row.name === name);
    if (there) {
      if (keyOfMembers(members.get(there.id) ?? []) !== keyOfMembers(wanted.nodes) || !copy.isWhole)
        stale(`The microsegment ${name} has other members now.`);
      made.push({ as: wanted.name, row: there, isNew: false });
      continue;
    }
    if (wanted.exists) stale(`The microsegment ${name} is gone.`);
    const { type, where, include, exclude } = wanted;
    refuseReservedSegment(name);
    const row = await changeMicrosegment(
      db,
      blankMicrosegment(freshId("microsegment"), { name, type: type as MicrosegmentRow["type"] }, now),
      {
        description: "From a suggestion by recorded traffic",
        where: (isOwn ? changes.where : undefined) ?? where,
        include: (isOwn ? changes.include : undefined) ?? include,
        exclude: (isOwn ? changes.exclude : undefined) ?? exclude,
      },
    );
    const isEdited =
      isOwn && [changes.where, changes.include, changes.exclude].some((one) => one !== undefined);
    if (!isEdited) refuseOthers(row, wanted.nodes, copy);
    made.push({ as: wanted.name, row, isNew: true });
  }
  return made;
}

async function rowsCalled(db: D1Database, names: readonly string[]): Promise<MicrosegmentRow[]> {
  const { results } = await db
    .prepare("SELECT * FROM microsegments WHERE name IN (SELECT value FROM json_each(?))")
    .bind(JSON.stringify(names))
    .all<MicrosegmentRow>();
  return results;
}

/** Facts may have changed since: then the criterion lets in others than those for which the traffic speaks. */
function refuseOthers(row: MicrosegmentRow, nodes: readonly string[], { candidates }: NetworkCopy): void {
  const microsegment = microsegmentOf(row);
  const members = candidates.filter((node) => belongingOf(microsegment, node, node.facts) === "full");
  if (keyOfMembers(members.map(({ id }) => id)) !== keyOfMembers(nodes))
    stale(`The microsegment ${row.name} would have other members than those whose traffic was seen.`);
}

/** Statements that fail when the microsegment is gone meanwhile. */
const existsStill = (db: D1Database, id: string): ChangeStatement[] => [
  guard(db, "unchanged", "EXISTS (SELECT 1 FROM microsegments WHERE id = ?)", id),
];

async function rulesFor(
  { rules }: Body,
  { traffic }: Changes,
  ids: ReadonlyMap<string, string>,
  nameOf: (as: string) => string,
  copy: NetworkCopy,
  now: number,
): Promise<RuleRow[]> {
  const taken = new Set(copy.rules.map(({ name }) => name));
  const wanted = rules.flatMap((rule) => {
    const services = rule.traffic
      .filter(({ service, sure }) => (traffic === undefined ? sure : traffic.includes(service)))
      .map(({ service }) => service);
    return services.length === 0 ? [] : [{ ...rule, services }];
  });
  if (wanted.length === 0)
    throwRefusal(
      "suggestion_unsure",
      "None of its traffic is sure enough to be permitted by itself. Name what you want in `traffic`.",
    );
  const lookups = {
    segment: (as: string) => ids.get(as) ?? stale(`There is no microsegment ${as}.`),
    node: (name: string) => name,
    service: (name: string) => name,
    user: (name: string) => name,
    // Roles are sets of nodes: no subnet is proposed.
    overlay: async () => null,
  };
  return Promise.all(
    wanted.map(async ({ from, to, services }) => {
      const text = { from: [`segment:${from}`], to: [`segment:${to}`], traffic: services };
      const name = freeName(`${nameOf(from)} to ${nameOf(to)}`, taken);
      taken.add(name);
      const terms = columnsOfTerms({}, NO_TERMS);
      return newRule({ name, enabled: true }, await resolveRule(lookups, text), terms, now);
    }),
  );
}

function freeName(base: string, taken: ReadonlySet<string>): string {
  const cut = base.slice(0, 90);
  for (let count = 1; ; count++) {
    const name = count === 1 ? cut : `${cut} ${count}`;
    if (!taken.has(name)) return name;
  }
}
