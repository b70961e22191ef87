import { type Resource, USER } from "../../../shared/scim/attributes.ts";
import { listResponse } from "../../../shared/scim/discovery.ts";
import type { Filter } from "../../../shared/scim/filter.ts";
import { equalityIn } from "../../../shared/scim/matching.ts";
import { project, shows } from "../../../shared/scim/projection.ts";
import type { ScimCall } from "./call.ts";
import { type Listing, MAX_CANDIDATES, refuseTooMany } from "./listing.ts";
import { scimResponse } from "./refused.ts";
import { groupsOfPeople, SELECT_USER, type UserRow, userResource } from "./user-rows.ts";

/** `GET /Users` and `POST /Users/.search`. */
export async function listUsers(call: ScimCall, listing: Listing): Promise<Response> {
  const { total, resources } = listing.filter ? await filtered(call, listing) : await page(call, listing);
  const shown = resources.map((resource) => project(USER, resource, listing.projection));
  return scimResponse(200, listResponse(shown, total, listing.startIndex));
}

/** Without a filter, the database counts and cuts. */
async function page(call: ScimCall, { startIndex, count, projection }: Listing) {
  const { bindings, source } = call;
  const [total, rows] = await bindings.db.batch<{ total: number } | UserRow>([
    bindings.db
      .prepare("SELECT count(*) AS total FROM scim_users WHERE provider_id = ?")
      .bind(source.providerId),
    bindings.db
      .prepare(`${SELECT_USER} ORDER BY s.user_id LIMIT ?2 OFFSET ?3`)
      .bind(source.providerId, count, startIndex - 1),
  ]);
  return {
    total: (total?.results[0] as { total: number } | undefined)?.total ?? 0,
    resources: await resourcesOf(call, (rows?.results ?? []) as UserRow[], shows(USER, projection, "groups")),
  };
}

const EVERYBODY: Filter = { kind: "and", terms: [] };

/**
 * The filter's test decides about each person. An equality in the filter lets the database find the few who may fit.
 * Without one, all people of the provider are looked at, up to a limit.
 */
async function filtered(call: ScimCall, { filter, startIndex, count }: Listing) {
  const { bindings, source } = call;
  const written = filter?.written ?? EVERYBODY;
  const conditions = [
    ["s.user_id", equalityIn(written, "id")],
    ["s.external_id", equalityIn(written, "externalId")],
    ["s.user_name", equalityIn(written, "userName")?.toLowerCase() ?? null],
  ].flatMap(([column, value]) => (value === null ? [] : [{ column, value }]));
  const where = conditions.map(({ column }, at) => `AND ${column} = ?${at + 2}`).join(" ");
  const { results } = await bindings.db
    .prepare(`${SELECT_USER} ${where} ORDER BY s.user_id LIMIT ${MAX_CANDIDATES + 1}`)
    .bind(source.providerId, ...conditions.map(({ value }) => value))
    .all<UserRow>();
  if (results.length > MAX_CANDIDATES) refuseTooMany("people");
  const found = (await resourcesOf(call, results, true)).filter((one) => filter?.test(one));
  return { total: found.length, resources: found.slice(startIndex - 1, startIndex - 1 + count) };
}

async function resourcesOf(
  call: ScimCall,
  rows: readonly UserRow[],
  withGroups: boolean,
): Promise<Resource[]> {
  const ids = rows.map(({ userId }) => userId);
  const groups = withGroups ? await groupsOfPeople(call, ids) : new Map();
  return rows.map((row) => userResource(call, row, groups.get(row.userId) ?? []));
}
