import { type Resource, USER } from "../../../shared/scim/attributes.ts";
import { applyPatch, readOperations } from "../../../shared/scim/patch.ts";
import {
  domainIsAllowed,
  mayReaddress,
  mayTakeOver,
  type Person,
  personOf,
} from "../../../shared/scim/person.ts";
import { project } from "../../../shared/scim/projection.ts";
import { readResource, requireAll } from "../../../shared/scim/values.ts";
import { freshId } from "../../platform/random.ts";
import { guard, ownerIsLeft, unchanged } from "../../registry/guards.ts";
import type { Effects } from "../call.ts";
import { notFound } from "../refused.ts";
import { changing, checkIfMatch, etagOf, isKnown, readBody, type ScimCall, save } from "./call.ts";
import { projectionOf } from "./listing.ts";
import { need, scimResponse, throwFault } from "./refused.ts";
import {
  documentOf,
  findPerson,
  groupsOfPeople,
  hasUserName,
  type KnownUser,
  knownUser,
  type UserRow,
  userResource,
} from "./user-rows.ts";

/** `POST /Users`: the provider lets a person in. A person whom it may take over gets its say from now on. */
export async function createUser(call: ScimCall): Promise<Response> {
  const resource = need(requireAll(USER, need(readResource(USER, await readBody(call)))));
  const id = await changing(call, () => insertPerson(call, resource));
  return answerPerson(call, id, 201);
}

async function insertPerson(call: ScimCall, resource: Resource): Promise<string> {
  const { bindings, source, now } = call;
  const person = need(personOf(resource));
  need(domainIsAllowed(person.email, source.allowedDomains));
  await refuseTakenName(call, resource, "");
  const known = await knownUser(call, "email", person.email);
  if (known?.sentHere) throwFault("uniqueness", `Another person of yours has the address ${person.email}.`);
  if (known) need(mayTakeOver(known));
  const id = known?.id ?? freshId("user");
  const disables = !person.active && known?.status !== "disabled";
  await save(call, {
    statements: [
      ...(known ? takeOver(call, known, person, disables) : [insertUser(call, id, person)]),
      bindings.db
        .prepare(
          `INSERT INTO scim_users (provider_id, user_id, user_name, external_id, document, made, held, created_at, updated_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .bind(
          ...[source.providerId, id, ...indexed(resource), JSON.stringify(resource)],
          ...[known ? 0 : 1, disables ? 1 : 0, now, now],
        ),
    ],
    effects: effectsOf(known ? "update" : "create", id, { email: person.email }, disables),
  });
  return id;
}

/** What people are found by: the name in lower case, and the provider's id. */
const indexed = ({ userName, externalId }: Resource): [string, string | null] => [
  String(userName).toLowerCase(),
  typeof externalId === "string" ? externalId : null,
];

function insertUser({ bindings, source, now }: ScimCall, id: string, person: Person): D1PreparedStatement {
  const expiresAt = source.guestDays === null ? null : now + source.guestDays * 86_400_000;
  return bindings.db
    .prepare(
      "INSERT INTO users (id, email, name, status, expires_at, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(id, person.email, person.name, person.active ? "active" : "disabled", expiresAt, now, now);
}

const takeOver = (
  call: ScimCall,
  known: KnownUser,
  person: Person,
  disables: boolean,
): D1PreparedStatement[] => [
  unchanged(call.bindings.db, "users", known, known.version),
  ...updateUser(call, known.id, {
    ...(person.name === "" || person.name === known.name ? {} : { name: person.name }),
    ...(disables ? { status: "disabled" } : {}),
  }),
];

/** `GET /Users/{id}` */
export async function getUser(call: ScimCall, id: string): Promise<Response> {
  const row = (await findPerson(call, id)) ?? notFound("person");
  if (isKnown(call, row.version)) return scimResponse(304, null, { ETag: etagOf(row.version) });
  return answerPerson(call, id, 200);
}

/** `PUT /Users/{id}`. Whether the person is active stays as it is if it isn't said. */
export async function replaceUser(call: ScimCall, id: string): Promise<Response> {
  const given = need(readResource(USER, await readBody(call)));
  return change(call, id, ({ active }) => need(requireAll(USER, { active, ...given })));
}

/** `PATCH /Users/{id}` */
export async function patchUser(call: ScimCall, id: string): Promise<Response> {
  const operations = need(readOperations(await readBody(call)));
  return change(call, id, (before) => {
    const after = need(applyPatch(USER, before, operations));
    return { active: before.active, ...after };
  });
}

async function change(call: ScimCall, id: string, next: (before: Resource) => Resource): Promise<Response> {
  await changing(call, async () => {
    const row = (await findPerson(call, id)) ?? notFound("person");
    checkIfMatch(call, row.version);
    const before = documentOf(row);
    await updatePerson(call, row, before, next(before));
  });
  return answerPerson(call, id, 200);
}

async function updatePerson(call: ScimCall, row: UserRow, before: Resource, after: Resource): Promise<void> {
  const { bindings, source, now } = call;
  const [was, is] = [need(personOf(before)), need(personOf(after))];
  const disables = !is.active && row.status === "active";
  const enables = is.active && row.status === "disabled" && Number(row.held) === 1;
  const document = JSON.stringify(after);
  if (document === JSON.stringify(before) && !disables && !enables) return;
  await refuseTakenName(call, after, row.userId);
  const isReaddressed = is.email !== was.email && is.email !== row.email;
  if (isReaddressed) await refuseNewAddress(call, row, is.email);
  const fields = {
    ...(isReaddressed ? { email: is.email } : {}),
    ...(is.name !== was.name && is.name !== "" && is.name !== row.name ? { name: is.name } : {}),
    ...(disables ? { status: "disabled" } : enables ? { status: "active" } : {}),
  };
  await save(call, {
    statements: [
      sameVersion(call, row),
      unchanged(bindings.db, "users", { id: row.userId, version: row.userVersion }, row.userVersion),
      ...updateUser(call, row.userId, fields),
      bindings.db
        .prepare(
          `UPDATE scim_users SET user_name = ?, external_id = ?, document = ?, held = ?, version = version + 1,
           updated_at = max(updated_at + 1, ?) WHERE provider_id = ? AND user_id = ?`,
        )
        .bind(
          ...[...indexed(after), document, disables || (Number(row.held) === 1 && !enables) ? 1 : 0],
          ...[now, source.providerId, row.userId],
        ),
      ...(disables && row.role === "owner" ? [ownerIsLeft(bindings.db)] : []),
    ],
    effects: effectsOf("update", row.userId, { fields: Object.keys(fields) }, disables),
  });
}

const sameVersion = ({ bindings, source }: ScimCall, { userId, version }: UserRow): D1PreparedStatement =>
  guard(
    bindings.db,
    "unchanged",
    "EXISTS (SELECT 1 FROM scim_users WHERE provider_id = ? AND user_id = ? AND version = ?)",
    ...[source.providerId, userId, version],
  );

async function refuseNewAddress(call: ScimCall, row: UserRow, email: string): Promise<void> {
  need(domainIsAllowed(email, call.source.allowedDomains));
  const self = (await knownUser(call, "id", row.userId)) ?? notFound("person");
  need(mayReaddress(self));
  if (await knownUser(call, "email", email))
    throwFault("uniqueness", `Somebody else has the address ${email}.`);
}

async function refuseTakenName(call: ScimCall, { userName }: Resource, except: string): Promise<void> {
  if (await hasUserName(call, String(userName), except)) {
    throwFault("uniqueness", `Another person of yours has the userName ${String(userName)}.`);
  }
}

/** Changes the user behind a person. Principals are ordered by the time of the change. */
function updateUser(
  { bindings, now }: ScimCall,
  id: string,
  fields: Readonly<Partial<Record<"email" | "name" | "status", string>>>,
): D1PreparedStatement[] {
  const columns = Object.keys(fields);
  if (columns.length === 0) return [];
  return [
    bindings.db
      .prepare(
        `UPDATE users SET ${columns.map((column) => `${column} = ?, `).join("")}version = version + 1,
         updated_at = max(updated_at + 1, ?) WHERE id = ?`,
      )
      .bind(...Object.values(fields), now, id),
  ];
}

/**
 * `DELETE /Users/{id}`: the provider has the person no more. A user whom it made is deleted. Any other user is
 * disabled, and so is an administrator: only an owner deletes one.
 */
export async function deleteUser(call: ScimCall, id: string): Promise<Response> {
  await changing(call, async () => {
    const row = (await findPerson(call, id)) ?? notFound("person");
    checkIfMatch(call, row.version);
    const { db } = call.bindings;
    const isDeleted = Number(row.made) === 1 && row.role === null;
    await save(call, {
      statements: [
        sameVersion(call, row),
        unchanged(db, "users", { id, version: row.userVersion }, row.userVersion),
        ...(isDeleted ? deleteStatements(call, id) : leaveStatements(call, row)),
      ],
      effects: effectsOf(isDeleted ? "delete" : "update", id, { email: row.email }, true),
    });
  });
  return scimResponse(204, null);
}

const deleteStatements = ({ bindings: { db } }: ScimCall, id: string): D1PreparedStatement[] => [
  db.prepare("DELETE FROM group_members WHERE member_kind = 'user' AND member_id = ?").bind(id),
  db.prepare("DELETE FROM users WHERE id = ?").bind(id),
];

/** The user stays, disabled, without the provider's word and groups. */
const leaveStatements = (call: ScimCall, { userId, role }: UserRow): D1PreparedStatement[] => {
  const { db } = call.bindings;
  const { providerId } = call.source;
  return [
    ...updateUser(call, userId, { status: "disabled" }),
    db
      .prepare(
        `DELETE FROM group_members WHERE member_kind = 'user' AND member_id = ?
         AND group_id IN (SELECT id FROM groups WHERE provider_id = ?)`,
      )
      .bind(userId, providerId),
    db.prepare("DELETE FROM scim_users WHERE provider_id = ? AND user_id = ?").bind(providerId, userId),
    ...(role === "owner" ? [ownerIsLeft(db)] : []),
  ];
};

const effectsOf = (
  action: "create" | "update" | "delete",
  id: string,
  detail: Effects["event"]["detail"],
  ending: boolean,
): Effects => ({
  event: { action: `user.${action}`, target: id, detail },
  policies: false,
  userIds: [id],
  ends: ending ? [{ filter: { by: "user", id }, reason: "user_disabled" }] : [],
});

async function answerPerson(call: ScimCall, id: string, status: 200 | 201): Promise<Response> {
  const row = (await findPerson(call, id)) ?? notFound("person");
  const groups = (await groupsOfPeople(call, [id])).get(id) ?? [];
  const resource = userResource(call, row, groups);
  const { location } = resource.meta as { location: string };
  return scimResponse(status, project(USER, resource, projectionOf(USER, call.url)), {
    ETag: etagOf(row.version),
    Location: location,
  });
}
