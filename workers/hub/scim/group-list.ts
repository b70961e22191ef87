import { GROUP, type Resource } from "../../../shared/scim/attributes.ts";
import { listResponse } from "../../../shared/scim/discovery.ts";
import { mentions } from "../../../shared/scim/filter.ts";
import { MANAGED } from "../../../shared/scim/group-name.ts";
import { equalityIn } from "../../../shared/scim/matching.ts";
import { project, shows } from "../../../shared/scim/projection.ts";
import type { ScimCall } from "./call.ts";
import { type GroupRow, groupResource, membersOf, SELECT_GROUP } from "./group-rows.ts";
import { type Listing, MAX_CANDIDATES, refuseTooMany } from "./listing.ts";
import { scimResponse } from "./refused.ts";

/** `GET /Groups` and `POST /Groups/.search`. */
export async function listGroups(call: ScimCall, listing: Listing): Promise<Response> {
  const { filter, startIndex, count, projection } = listing;
  const rows = await candidates(call, listing);
  const asksMembers = filter !== null && mentions(filter.written, "members");
  const known = asksMembers ? await resourcesOf(call, rows, true) : await resourcesOf(call, rows, false);
  const found = filter === null ? known : known.filter(filter.test);
  const page = found.slice(startIndex - 1, startIndex - 1 + count);
  const isWhole = asksMembers || !shows(GROUP, projection, "members");
  const wanted = new Set(page.map(({ id }) => id));
  const shown = isWhole
    ? page
    : await resourcesOf(
        call,
        rows.filter(({ id }) => wanted.has(id)),
        true,
      );
  const resources = shown.map((resource) => project(GROUP, resource, projection));
  return scimResponse(200, listResponse(resources, found.length, startIndex));
}

/** The groups that may fit, as far as the database can tell: by equality of the name or an id. */
async function candidates({ bindings, source }: ScimCall, { filter }: Listing): Promise<GroupRow[]> {
  const equal = (path: string) => (filter === null ? null : equalityIn(filter.written, path));
  const name = equal("displayName");
  const conditions = [
    ["g.id", equal("id")],
    ["g.external_id", equal("externalId")],
    [
      "lower(g.name)",
      name && /^[\x20-\x7e]*$/.test(name) ? `${MANAGED}${source.namespace}/${name}`.toLowerCase() : null,
    ],
  ].flatMap(([column, value]) => (value === null ? [] : [{ column, value }]));
  const where = conditions.map(({ column }, at) => `AND ${column} = ?${at + 2}`).join(" ");
  const { results } = await bindings.db
    .prepare(`${SELECT_GROUP} ${where} ORDER BY g.id LIMIT ${MAX_CANDIDATES + 1}`)
    .bind(source.providerId, ...conditions.map(({ value }) => value))
    .all<GroupRow>();
  if (results.length > MAX_CANDIDATES) refuseTooMany("groups");
  return results;
}

async function resourcesOf(
  call: ScimCall,
  rows: readonly GroupRow[],
  withMembers: boolean,
): Promise<Resource[]> {
  const ids = rows.map(({ id }) => id);
  const members = withMembers ? await membersOf(call, ids) : new Map();
  return rows.map((row) => groupResource(call, row, members.get(row.id) ?? []));
}
