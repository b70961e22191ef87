import { ok, type Result } from "../base/result.ts";
import type { Attribute, Resource, ResourceType } from "./attributes.ts";
import { fault, type ScimFault } from "./fault.ts";
import type { Comparison, Filter } from "./filter.ts";
import { type Place, placeOf, quoted } from "./path.ts";

/** Whether a resource, or one value of a list in it, fits a filter. */
export type Test = (value: Resource) => boolean;

/**
 * Is told of the characters of each value before it is compared. A filter of many terms on many long lists costs
 * seconds, so whoever runs tests counts, and stops in time.
 */
export type Spend = (characters: number) => void;

/** Makes the test of a filter. Refuses attributes that the type doesn't have, and comparisons that make no sense. */
export const testOf = (type: ResourceType, filter: Filter, spend: Spend): Result<Test, ScimFault> =>
  compile(filter, { spend, find: (path) => placeOf(type, path, "invalidFilter") });

/** Makes the test of a filter about one value of a list, such as `type eq "work"` of e-mail addresses. */
export const testOfValue = (list: Attribute, filter: Filter, spend: Spend): Result<Test, ScimFault> =>
  compile(filter, {
    spend,
    find: (path) => {
      const attribute = list.subAttributes.find(({ name }) => name.toLowerCase() === path.toLowerCase());
      return attribute
        ? ok({ extension: null, attribute, sub: null })
        : fault("invalidFilter", `${list.name} has no part ${quoted(path)}.`);
    },
  });

interface About {
  readonly find: (path: string) => Result<Place, ScimFault>;
  readonly spend: Spend;
}

function compile(filter: Filter, about: About): Result<Test, ScimFault> {
  if (filter.kind === "and" || filter.kind === "or") {
    const tests: Test[] = [];
    for (const term of filter.terms) {
      const test = compile(term, about);
      if (!test.ok) return test;
      tests.push(test.value);
    }
    return ok(
      filter.kind === "and"
        ? (value) => tests.every((test) => test(value))
        : (value) => tests.some((test) => test(value)),
    );
  }
  if (filter.kind === "not") {
    const test = compile(filter.term, about);
    return test.ok ? ok((value) => !test.value(value)) : test;
  }
  const place = about.find(filter.path);
  if (!place.ok) return place;
  if (filter.kind === "present") return ok((value) => valuesAt(value, place.value).some(isPresent));
  if (filter.kind === "within") {
    const { attribute, sub } = place.value;
    if (sub !== null || attribute.type !== "complex") {
      return fault("invalidFilter", `${quoted(filter.path)} has no parts, so it takes no [filter].`);
    }
    const test = testOfValue(attribute, filter.filter, about.spend);
    return test.ok ? ok((value) => (valuesAt(value, place.value) as Resource[]).some(test.value)) : test;
  }
  return comparison(place.value, filter, about.spend);
}

function comparison(
  place: Place,
  { op, value: literal, path }: Extract<Filter, { kind: "compare" }>,
  spend: Spend,
): Result<Test, ScimFault> {
  const simple = simplePlace(place);
  if (simple === null) return fault("invalidFilter", `Name a part of ${quoted(path)} to compare it.`);
  const attribute = simple.sub ?? simple.attribute;
  if (literal === null) {
    if (op !== "eq" && op !== "ne") return fault("invalidFilter", "null is only compared by eq and ne.");
    const isAbsent: Test = (value) => !valuesAt(value, simple).some(isPresent);
    return ok(op === "eq" ? isAbsent : (value) => !isAbsent(value));
  }
  if (attribute.type === "boolean" && !["eq", "ne"].includes(op)) {
    return fault("invalidFilter", `${quoted(path)} is only compared by eq and ne.`);
  }
  const wanted = comparable(attribute, literal);
  if (wanted === null) return fault("invalidFilter", `${quoted(path)} can't be compared with ${literal}.`);
  const holds = (given: unknown) => {
    spend(typeof given === "string" ? given.length + 1 : 1);
    const value = comparable(attribute, given);
    return value !== null && typeof value === typeof wanted && COMPARE[op](value, wanted);
  };
  return ok((value) => {
    const values = valuesAt(value, simple);
    return values.some(holds) || (op === "ne" && values.length === 0);
  });
}

/** A list of complex values is compared by the part `value` (RFC 7643 §2.4). */
function simplePlace(place: Place): Place | null {
  const { attribute, sub } = place;
  if ((sub ?? attribute).type !== "complex") return place;
  const value = attribute.subAttributes.find(({ name }) => name === "value");
  return attribute.multiValued && value ? { ...place, sub: value } : null;
}

type Comparable = string | number | boolean;

const COMPARE: Record<Comparison, (a: Comparable, b: Comparable) => boolean> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  co: (a, b) => String(a).includes(String(b)),
  sw: (a, b) => String(a).startsWith(String(b)),
  ew: (a, b) => String(a).endsWith(String(b)),
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
};

/** A value in the form in which the attribute's values are compared. Null for a value of another type. */
function comparable({ type, caseExact }: Attribute, value: unknown): Comparable | null {
  // Entra ID writes booleans as texts.
  if (type === "boolean") return booleanOf(value);
  if (typeof value !== "string") return null;
  if (type === "dateTime") {
    const time = Date.parse(value);
    return Number.isNaN(time) ? null : time;
  }
  return caseExact ? value : value.toLowerCase();
}

/** A boolean, also as the text that Entra ID sends. Null for anything else. */
export function booleanOf(value: unknown): boolean | null {
  if (typeof value === "boolean") return value;
  if (typeof value !== "string") return null;
  const text = value.toLowerCase();
  return text === "true" ? true : text === "false" ? false : null;
}

/** All values at a place: of a list, of the parts of a list's values, or the only one. */
function valuesAt(resource: Resource, { extension, attribute, sub }: Place): unknown[] {
  const holder = (extension === null ? resource : resource[extension]) as Resource | undefined;
  const found = holder?.[attribute.name];
  const values: unknown[] = Array.isArray(found) ? found : found === undefined ? [] : [found];
  if (sub === null) return values;
  return values.flatMap((value) => {
    const part = (value as Resource)[sub.name];
    return part === undefined ? [] : [part];
  });
}

/** Whether a value counts as present (RFC 7643 §2.5). */
const isPresent = (value: unknown): boolean =>
  value !== null && value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0);

/**
 * The value that an attribute must equal for the filter to hold, whatever else the filter says. The database finds few
 * candidates by it, and the test decides about each.
 */
export function equalityIn(filter: Filter, path: string): string | null {
  if (filter.kind === "and") {
    for (const term of filter.terms) {
      const found = equalityIn(term, path);
      if (found !== null) return found;
    }
    return null;
  }
  if (filter.kind !== "compare" || filter.op !== "eq" || typeof filter.value !== "string") return null;
  const name = filter.path.slice(filter.path.lastIndexOf(":") + 1);
  return name.toLowerCase() === path.toLowerCase() ? filter.value : null;
}
