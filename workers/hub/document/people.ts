import { eq } from "drizzle-orm";
import type { NetworkDocument, PlanStep } from "../../../shared/api/document.ts";
import { groups, segments, users } from "../../../shared/registry/schema.ts";
import { prepared, registryOf } from "../../registry/database.ts";
import { unchanged } from "../../registry/guards.ts";
import { touchUsers } from "../handlers/groups.ts";
import { checksColumn, refuseSegmentName } from "../handlers/segments.ts";
import { refuseEnd } from "../handlers/users.ts";
import { refuseLookAlike } from "../look-alikes.ts";
import type { Building } from "./apply.ts";

type Section<Key extends "segments" | "users" | "groups"> = NonNullable<NetworkDocument[Key]>[number];

export function applySegment(
  building: Building,
  step: PlanStep,
  item: Section<"segments"> | undefined,
): void {
  const { call, rows, names, guards, statements, mesh } = building;
  const d1 = call.bindings.db;
  const before = rows.segments.find((row) => row.name === step.name);
  if (before) guards.push(unchanged(d1, "segments", before, before.version));
  if (!item) {
    if (before) statements.push(d1.prepare("DELETE FROM segments WHERE id = ?").bind(before.id));
    return;
  }
  if (!before) refuseSegmentName(item.name);
  const row = {
    ...described(before, names.segment(item.name), item, call.now),
    deviceChecks: item.deviceChecks ? checksColumn(item.deviceChecks) : (before?.deviceChecks ?? "[]"),
  };
  if (!before) mesh.segments.set(row.id, row.name);
  const db = registryOf(d1);
  statements.push(
    before
      ? prepared(d1, db.update(segments).set(row).where(eq(segments.id, row.id)))
      : prepared(d1, db.insert(segments).values(row)),
  );
}

/** A segment or group with the values of the item. */
function described(
  before: Omit<typeof segments.$inferSelect, "deviceChecks"> | undefined,
  id: string,
  item: { readonly name: string; readonly description?: string | undefined },
  now: number,
) {
  return {
    id,
    name: item.name,
    description: item.description ?? before?.description ?? "",
    version: (before?.version ?? 0) + 1,
    createdAt: before?.createdAt ?? now,
    updatedAt: now,
  };
}

export function applyUser(building: Building, step: PlanStep, item: Section<"users"> | undefined): void {
  const { call, rows, names, guards, statements, userIds, ends } = building;
  const d1 = call.bindings.db;
  const before = rows.users.find((row) => row.email === step.name);
  if (before) guards.push(unchanged(d1, "users", before, before.version));
  const id = before?.id ?? names.user(step.name);
  userIds.add(id);
  if (item?.status === "disabled" || !item) {
    ends.push({ filter: { by: "user", id }, reason: "user_disabled" });
  }
  if (!item) {
    statements.push(
      d1.prepare("DELETE FROM group_members WHERE member_kind = 'user' AND member_id = ?").bind(id),
      d1.prepare("DELETE FROM users WHERE id = ?").bind(id),
    );
    return;
  }
  const row = {
    id,
    email: item.email,
    name: item.name ?? before?.name ?? "",
    status: item.status ?? before?.status ?? ("active" as const),
    role: item.role === undefined ? (before?.role ?? null) : item.role,
    expiresAt: item.expiresAt === undefined ? (before?.expiresAt ?? null) : item.expiresAt,
    version: (before?.version ?? 0) + 1,
    createdAt: before?.createdAt ?? call.now,
    updatedAt: Math.max(call.now, (before?.updatedAt ?? 0) + 1),
  };
  refuseEnd(row, call.now);
  const db = registryOf(d1);
  statements.push(
    before
      ? prepared(d1, db.update(users).set(row).where(eq(users.id, id)))
      : prepared(d1, db.insert(users).values(row)),
  );
}

export function applyGroup(building: Building, step: PlanStep, item: Section<"groups"> | undefined): void {
  const { call, rows, names, guards, statements } = building;
  const d1 = call.bindings.db;
  const before = rows.groups.find((row) => row.name === step.name);
  if (before) guards.push(unchanged(d1, "groups", before, before.version));
  const id = before?.id ?? names.group(step.name);
  if (!item) {
    touch(building, membersOf(building, id, "user"));
    statements.push(
      d1.prepare("DELETE FROM group_members WHERE member_kind = 'group' AND member_id = ?").bind(id),
      d1.prepare("DELETE FROM groups WHERE id = ?").bind(id),
    );
    return;
  }
  if (!before) refuseLookAlike("group", item.name);
  const row = described(before, id, item, call.now);
  const db = registryOf(d1);
  statements.push(
    before
      ? prepared(d1, db.update(groups).set(row).where(eq(groups.id, id)))
      : prepared(d1, db.insert(groups).values(row)),
  );
  if (item.users) touch(building, replaceMembers(building, id, "user", item.users.map(names.user)));
  // The document may define these groups later. That is possible because the members table has no foreign key
  // for members.
  if (item.groups) replaceMembers(building, id, "group", item.groups.map(names.group));
}

const membersOf = ({ rows }: Building, groupId: string, kind: "user" | "group"): string[] =>
  rows.members
    .filter((member) => member.groupId === groupId && member.kind === kind)
    .map((member) => member.memberId);

/** Makes the list of members exactly this one. Returns the members that were added or removed. */
function replaceMembers(
  building: Building,
  groupId: string,
  kind: "user" | "group",
  wanted: string[],
): string[] {
  const { call, statements } = building;
  const d1 = call.bindings.db;
  const present = membersOf(building, groupId, kind);
  const gone = present.filter((id) => !wanted.includes(id));
  const come = [...new Set(wanted)].filter((id) => !present.includes(id));
  statements.push(
    d1
      .prepare(
        `DELETE FROM group_members WHERE group_id = ? AND member_kind = ?
         AND member_id IN (SELECT value FROM json_each(?))`,
      )
      .bind(groupId, kind, JSON.stringify(gone)),
    d1
      .prepare(
        `INSERT INTO group_members (group_id, member_kind, member_id, created_at)
         SELECT ?, ?, value, ? FROM json_each(?) WHERE true ON CONFLICT DO NOTHING`,
      )
      .bind(groupId, kind, call.now, JSON.stringify(come)),
  );
  return [...gone, ...come];
}

function touch({ call, statements, userIds }: Building, ids: readonly string[]): void {
  for (const id of ids) userIds.add(id);
  if (ids.length > 0) statements.push(touchUsers(call.bindings.db, ids, call.now));
}
