import type { Resource, ResourceType } from "../../../shared/scim/attributes.ts";
import { MAX_PAGE } from "../../../shared/scim/discovery.ts";
import { type Filter, parseFilter } from "../../../shared/scim/filter.ts";
import { type Test, testOf } from "../../../shared/scim/matching.ts";
import { type Projection, readProjection } from "../../../shared/scim/projection.ts";
import { readQuery } from "../input.ts";
import { need, throwFault } from "./refused.ts";

/** What a client asks of a list (RFC 7644 §3.4.2). */
export interface Listing {
  readonly filter: { readonly written: Filter; readonly test: Test } | null;
  /** From 1 on. */
  readonly startIndex: number;
  readonly count: number;
  readonly projection: Projection;
}

const DEFAULT_COUNT = 100;
/** How many characters one filter may compare. It takes about half a second, for which everybody in the isolate waits. */
const MAX_COMPARED = 50_000_000;

/** What the query string of a GET asks. */
export const listingOfQuery = (type: ResourceType, url: URL): Listing => listingOf(type, readQuery(url));

/** What the body of a POST to `.search` asks. */
export const listingOfBody = (type: ResourceType, body: Resource): Listing => listingOf(type, body);

/** The attributes that an answer about one resource shows. */
export const projectionOf = (type: ResourceType, url: URL): Projection => {
  const { attributes, excludedAttributes } = readQuery(url);
  return need(readProjection(type, namesIn(attributes), namesIn(excludedAttributes)));
};

function listingOf(type: ResourceType, given: Resource): Listing {
  const { filter, startIndex, count, attributes, excludedAttributes } = given;
  const written = filter === undefined || filter === "" ? null : need(parseFilter(String(filter)));
  let left = MAX_COMPARED;
  const spend = (characters: number) => {
    left -= characters;
    if (left < 0) throwFault("tooMany", `The filter compares too much. ${FILTER_BY}`);
  };
  return {
    filter: written && { written, test: need(testOf(type, written, spend)) },
    startIndex: Math.max(1, integerIn("startIndex", startIndex, 1)),
    count: Math.min(MAX_PAGE, Math.max(0, integerIn("count", count, DEFAULT_COUNT))),
    projection: need(readProjection(type, namesIn(attributes), namesIn(excludedAttributes))),
  };
}

function integerIn(name: string, value: unknown, otherwise: number): number {
  if (value === undefined || value === "") return otherwise;
  const text = String(value);
  return /^-?\d{1,9}$/.test(text)
    ? Number(text)
    : throwFault("invalidValue", `${name} must be a whole number.`);
}

/** Names with commas between them, or a list of names. */
function namesIn(value: unknown): string[] {
  const names = Array.isArray(value)
    ? value.map(String)
    : value === undefined
      ? []
      : String(value).split(",");
  return names.map((name) => name.trim()).filter((name) => name !== "");
}

/** The most resources that one filter is tried on. */
export const MAX_CANDIDATES = 10_000;
const FILTER_BY = "Filter by userName, externalId, displayName or id.";

export const refuseTooMany = (what: string): never =>
  throwFault("tooMany", `More than ${MAX_CANDIDATES} ${what} would have to be looked at. ${FILTER_BY}`);
