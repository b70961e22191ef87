import type { Answer } from "../../../shared/api/endpoints.ts";
import { isId } from "../../../shared/base/ids.ts";
import type { RowOf } from "../../../shared/registry/rows.ts";
import type { suggestions } from "../../../shared/registry/suggestion-schema.ts";
import type { Meaning } from "../../../shared/segments/suggest/memory.ts";
import { LEAST_CONFIDENCE } from "../../../shared/segments/suggest/proposal.ts";
import { freshId } from "../../platform/random.ts";
import type { RuleRow } from "../handlers/mesh-rules.ts";
import { missing } from "../missing.ts";

/** Suggestions as they are stored, and as people read them. */

export type SuggestionRow = RowOf<typeof suggestions>;
type View = Answer<"suggestions.get">;

/** The column `basis`. */
export type Basis = View["basis"];

/** The column `body`: what is shown, with the ids that accepting it needs. */
export type Body = Pick<View, "members" | "rules" | "breaks" | "unused" | "exposure" | "splits"> & {
  readonly narrowing:
    | (NonNullable<View["narrowing"]> & { readonly id: string; readonly version: number })
    | null;
  readonly microsegments: readonly (View["microsegments"][number] & {
    /** The id of the one that exists. */
    readonly id: string | null;
    /** Ids of the nodes that it has, or is meant to have. */
    readonly nodes: readonly string[];
  })[];
};

/** The column `undo`: what accepting it left, by id and version. */
export interface Undo {
  readonly microsegments: readonly Left[];
  readonly rules: readonly Left[];
  /** What the changed rules named. Absent in what was accepted before services were kept. */
  readonly services?: readonly Left[];
  /** Rules that were switched off or narrowed, with what they were. */
  readonly changed: readonly (Left & {
    readonly before: Pick<RuleRow, "traffic" | "services" | "enabled">;
  })[];
}
export interface Left {
  readonly id: string;
  readonly version: number;
}

export const bodyOf = (row: SuggestionRow): Body => JSON.parse(row.body) as Body;

export function viewSuggestion(row: SuggestionRow): View {
  const { microsegments, narrowing, ...body } = bodyOf(row);
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    state: row.state,
    confidence: row.confidence,
    sure: row.confidence >= LEAST_CONFIDENCE,
    basis: JSON.parse(row.basis) as Basis,
    ...body,
    microsegments: microsegments.map(({ id: _, nodes: __, ...shown }) => shown),
    narrowing: narrowing && shownNarrowing(narrowing),
    decidedBy: row.decided_by,
    decidedAt: row.decided_at,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

const shownNarrowing = ({ id: _, version: __, ...shown }: NonNullable<Body["narrowing"]>) => shown;

/** An open suggestion, before it is stored. */
export function newSuggestion(
  made: Pick<SuggestionRow, "name" | "kind" | "confidence" | "seen"> & {
    readonly meaning: Meaning;
    readonly basis: Basis;
    readonly body: Body;
  },
  now: number,
): SuggestionRow {
  return {
    id: freshId("suggestion"),
    state: "open",
    ...made,
    meaning: JSON.stringify(made.meaning),
    basis: JSON.stringify(made.basis),
    body: JSON.stringify(made.body),
    decided_by: null,
    decided_at: null,
    undo: null,
    share: 0,
    version: 1,
    created_at: now,
    updated_at: now,
  };
}

/** By id, or by name the newest one, an open one before others. */
export async function findSuggestion(db: D1Database, reference: string): Promise<SuggestionRow> {
  const column = isId("suggestion", reference) ? "id" : "name";
  const row = await db
    .prepare(
      `SELECT * FROM suggestions WHERE ${column} = ? ORDER BY state = 'open' DESC, updated_at DESC LIMIT 1`,
    )
    .bind(reference)
    .first<SuggestionRow>();
  return row ?? missing(db, "suggestion", reference);
}

export const insertSuggestion = (db: D1Database, row: SuggestionRow): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO suggestions (id, name, kind, state, confidence, seen, meaning, basis, body, share, version, created_at, updated_at)
       VALUES (?, ?, ?, 'open', ?, ?, ?, ?, ?, ?, 1, ?, ?)`,
    )
    .bind(
      row.id,
      row.name,
      row.kind,
      row.confidence,
      row.seen,
      row.meaning,
      row.basis,
      row.body,
      row.share,
      row.created_at,
      row.updated_at,
    );

export const decideSuggestion = (db: D1Database, row: SuggestionRow): D1PreparedStatement =>
  db
    .prepare(
      `UPDATE suggestions SET state = ?, decided_by = ?, decided_at = ?, undo = ?, version = ?, updated_at = ? WHERE id = ?`,
    )
    .bind(row.state, row.decided_by, row.decided_at, row.undo, row.version, row.updated_at, row.id);
