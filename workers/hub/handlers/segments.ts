import { and, asc, eq, gt } from "drizzle-orm";
import { SIGN_IN_SEGMENT } from "../../../shared/access/sessions/types.ts";
import { isId } from "../../../shared/base/ids.ts";
import { canonicalCheck } from "../../../shared/node/config/device-check.ts";
import { segments } from "../../../shared/registry/schema.ts";
import { freshId } from "../../platform/random.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { prepared, registryOf } from "../../registry/database.ts";
import { unchanged } from "../../registry/guards.ts";
import type { Effects, Handlers } from "../call.ts";
import { refuseLookAlike } from "../look-alikes.ts";
import { missing } from "../missing.ts";
import { pageOf } from "../paging.ts";
import { holdsWords } from "../search.ts";

type Row = typeof segments.$inferSelect;

/** The checks as they are stored, each in its one spelling. */
export const checksColumn = (lines: readonly string[]): string =>
  JSON.stringify(lines.map(canonicalCheck).sort());

export const viewSegment = (row: Row) => ({ ...row, deviceChecks: JSON.parse(row.deviceChecks) as string[] });

/** A segment by id or name. */
export async function findSegment(d1: D1Database, reference: string): Promise<Row> {
  const key = isId("segment", reference) ? eq(segments.id, reference) : eq(segments.name, reference);
  const [row] = await registryOf(d1).select().from(segments).where(key).limit(1);
  return row ?? missing(d1, "segment", reference);
}

export function refuseReservedSegment(name: string): void {
  if (name === SIGN_IN_SEGMENT)
    throwRefusal("conflict", "This name is that of the built-in segment of sign-ins.");
}

/** Refuses a new name that is reserved, or that could be taken for another one. Names of microsegments are plain ASCII already. */
export function refuseSegmentName(name: string): void {
  refuseReservedSegment(name);
  refuseLookAlike("segment", name);
}

const effects = (action: string, row: Row, fields?: readonly string[]): Effects => ({
  event: {
    action: `segment.${action}`,
    target: row.id,
    detail: { name: row.name, ...(fields ? { fields } : {}) },
  },
  policies: true,
  userIds: [],
  ends: [],
});

export const SEGMENT_HANDLERS: Handlers<
  "segments.list" | "segments.create" | "segments.get" | "segments.update" | "segments.delete"
> = {
  "segments.list": async ({ bindings, query }) => {
    const page = await pageOf(
      query,
      (after, limit) =>
        registryOf(bindings.db)
          .select()
          .from(segments)
          .where(
            and(
              gt(segments.id, after ?? ""),
              holdsWords(query.search, segments.id, segments.name, segments.description),
            ),
          )
          .orderBy(asc(segments.id))
          .limit(limit),
      (row) => row.id,
    );
    return { body: { ...page, items: page.items.map(viewSegment) } };
  },

  "segments.create": async ({ bindings, body, now }) => {
    refuseSegmentName(body.name);
    const row: Row = {
      id: freshId("segment"),
      name: body.name,
      description: body.description ?? "",
      deviceChecks: checksColumn(body.deviceChecks ?? []),
      version: 1,
      createdAt: now,
      updatedAt: now,
    };
    return {
      statements: [prepared(bindings.db, registryOf(bindings.db).insert(segments).values(row))],
      effects: effects("create", row),
      body: viewSegment(row),
      version: 1,
    };
  },

  "segments.get": async ({ bindings, params }) => {
    const row = await findSegment(bindings.db, params.segment);
    return { body: viewSegment(row), version: row.version };
  },

  "segments.update": async ({ bindings, params, body, ifMatch, now }) => {
    const before = await findSegment(bindings.db, params.segment);
    const after: Row = {
      ...before,
      name: body.name ?? before.name,
      description: body.description ?? before.description,
      deviceChecks: body.deviceChecks ? checksColumn(body.deviceChecks) : before.deviceChecks,
      version: ifMatch + 1,
      updatedAt: now,
    };
    if (after.name !== before.name) refuseSegmentName(after.name);
    return {
      statements: [
        unchanged(bindings.db, "segments", before, ifMatch),
        prepared(
          bindings.db,
          registryOf(bindings.db).update(segments).set(after).where(eq(segments.id, before.id)),
        ),
      ],
      effects: effects("update", after, Object.keys(body)),
      body: viewSegment(after),
      version: after.version,
    };
  },

  "segments.delete": async ({ bindings, params, ifMatch }) => {
    const row = await findSegment(bindings.db, params.segment);
    return {
      statements: [
        unchanged(bindings.db, "segments", row, ifMatch),
        bindings.db.prepare("DELETE FROM segments WHERE id = ?").bind(row.id),
      ],
      effects: effects("delete", row),
      body: null,
    };
  },
};
