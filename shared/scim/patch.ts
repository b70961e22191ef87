import { ok, type Result } from "../base/result.ts";
import type { Attribute, Resource, ResourceType } from "./attributes.ts";
import { fault, type ScimFault } from "./fault.ts";
import { type Comparison, type Filter, parseValuePath } from "./filter.ts";
import { testOfValue } from "./matching.ts";
import { extensionNamed, type Place, placeOf, quoted } from "./path.ts";
import { isObject, readResource, readValue, requireAll, withinBounds } from "./values.ts";

/** One change of a resource (RFC 7644 §3.5.2). */
export interface Operation {
  readonly op: "add" | "replace" | "remove";
  readonly path: string | null;
  readonly value: unknown;
}

const MAX_OPERATIONS = 1_000;
/** How many characters the operations of one request may compare. It takes about half a second. */
const MAX_WORK = 50_000_000;
/** To tell one value of a list from others costs as much as to compare this many characters. */
const VALUE_WORK = 60;

/** What is left of `MAX_WORK`. Many operations on a long list cost seconds, for which everybody in the isolate waits. */
interface Work {
  left: number;
}

/** The operations in a request's body. Entra ID writes `Add` for `add`. */
export function readOperations(body: unknown): Result<Operation[], ScimFault> {
  const [, given] =
    Object.entries(isObject(body) ? body : {}).find(([key]) => key.toLowerCase() === "operations") ?? [];
  if (!Array.isArray(given) || given.length === 0 || given.length > MAX_OPERATIONS) {
    return fault("invalidSyntax", `Send 1 to ${MAX_OPERATIONS} Operations.`);
  }
  const operations: Operation[] = [];
  for (const one of given) {
    const { op, path = null, value } = isObject(one) ? one : {};
    const name = typeof op === "string" ? op.toLowerCase() : "";
    if (name !== "add" && name !== "replace" && name !== "remove") {
      return fault("invalidSyntax", "The op must be add, replace or remove.");
    }
    if (path !== null && typeof path !== "string") return fault("invalidPath", "The path must be a text.");
    if (name === "remove" && !path) return fault("noTarget", "To remove something, name it by its path.");
    if (name !== "remove" && value === undefined) return fault("invalidValue", "The value is needed.");
    operations.push({ op: name, path: path === "" ? null : path, value });
  }
  return ok(operations);
}

/** The resource after all operations. If one is refused, none counts. */
export function applyPatch(
  type: ResourceType,
  resource: Resource,
  operations: readonly Operation[],
): Result<Resource, ScimFault> {
  const work = { left: MAX_WORK };
  let now = resource;
  for (const operation of operations) {
    const next =
      operation.path === null
        ? applyObject(type, now, operation, work)
        : applyPath(type, now, operation, work);
    if (!next.ok) return next;
    now = next.value;
  }
  return requireAll(type, now);
}

/**
 * An operation without a path has an object of attributes. Entra ID names parts in it by paths, such as
 * `name.familyName`. What no schema has and what only we may set are left out, as in a whole resource.
 */
function applyObject(
  type: ResourceType,
  resource: Resource,
  { op, value }: Operation,
  work: Work,
): Result<Resource, ScimFault> {
  if (!isObject(value)) return fault("invalidValue", "Without a path, the value must be an object.");
  let now = resource;
  for (const [path, one] of Object.entries(value)) {
    const place = placeOf(type, path, "invalidPath");
    const isOurs = place.ok && isReadOnly(place.value);
    if (isOurs || (!place.ok && extensionNamed(type, path) === null)) continue;
    if (place.ok && place.value.attribute.name === "schemas") continue;
    const next = applyPath(type, now, { op, path, value: one }, work);
    if (!next.ok) return next;
    now = next.value;
  }
  return ok(now);
}

const isReadOnly = ({ attribute, sub }: Place): boolean =>
  attribute.mutability === "readOnly" || sub?.mutability === "readOnly";

function applyPath(
  type: ResourceType,
  resource: Resource,
  operation: Operation,
  work: Work,
): Result<Resource, ScimFault> {
  const path = operation.path ?? "";
  const extension = extensionNamed(type, path);
  if (extension !== null) return applyExtension(type, resource, extension.schema, operation);
  const parsed = parseValuePath(path);
  if (!parsed.ok) return parsed;
  const { filter, sub } = parsed.value;
  const found = placeOf(
    type,
    sub === null ? parsed.value.path : `${parsed.value.path}.${sub}`,
    "invalidPath",
  );
  if (!found.ok) return found;
  const place = found.value;
  if (isReadOnly(place)) return fault("mutability", `${quoted(path)} is set by us alone.`);
  if (place.attribute.returned === "never") return ok(resource);
  const held = holderOf(resource, place)[place.attribute.name];
  if (Array.isArray(held)) work.left -= VALUE_WORK * held.length;
  if (filter !== null && !place.attribute.multiValued) {
    return fault("invalidPath", `${place.attribute.name} is no list, so it takes no [filter].`);
  }
  const changed =
    filter !== null || (place.attribute.multiValued && place.sub !== null)
      ? changeSome(place, filter, (held ?? []) as Resource[], operation, work)
      : changeWhole(place, held, operation);
  if (work.left < 0)
    return fault(
      "tooMany",
      "These are too many operations on long lists. Send fewer at once, or all values in one.",
    );
  return changed.ok ? ok(put(resource, place, changed.value)) : changed;
}

/** Changes an extension as a whole: its attributes are merged, or all are removed. */
function applyExtension(
  type: ResourceType,
  resource: Resource,
  schema: string,
  { op, value }: Operation,
): Result<Resource, ScimFault> {
  const { [schema]: before, ...others } = resource;
  if (op === "remove") return ok(others);
  if (!isObject(value)) return fault("invalidValue", `${schema} must be an object.`);
  const read = readResource(type, { [schema]: value });
  if (!read.ok) return read;
  return ok({ ...others, [schema]: { ...(before as Resource), ...(read.value[schema] as Resource) } });
}

/** Changes an attribute as a whole, or a part of an attribute that is no list. */
function changeWhole(
  place: Place,
  held: unknown,
  { op, path, value }: Operation,
): Result<unknown, ScimFault> {
  const { attribute, sub } = place;
  const target = sub ?? attribute;
  if (op === "remove" && !(attribute.multiValued && value !== undefined)) {
    return ok(sub === null ? undefined : without(held, sub));
  }
  const read = readValue(target, value, path ?? target.name);
  if (!read.ok) return read;
  if (sub !== null) {
    return ok(
      read.value === undefined ? without(held, sub) : { ...(held as Resource), [sub.name]: read.value },
    );
  }
  if (attribute.multiValued) {
    const [before, given] = [(held ?? []) as unknown[], (read.value ?? []) as unknown[]];
    if (op === "remove") return ok(subtracted(before, given));
    return op === "add" ? merged(attribute, before, given) : ok(onePrimary(given, given));
  }
  const isMerged = attribute.type === "complex" && read.value !== undefined;
  return ok(isMerged ? { ...(held as Resource), ...(read.value as Resource) } : read.value);
}

/**
 * Changes those values of a list that fit a filter, or their parts. To add a part where no value fits makes the value
 * that would fit: so Entra ID sets an address that the person didn't have.
 */
function changeSome(
  { attribute, sub }: Place,
  filter: Filter | null,
  held: readonly Resource[],
  { op, path, value }: Operation,
  work: Work,
): Result<unknown, ScimFault> {
  const spend = (characters: number) => {
    work.left -= characters;
  };
  const test = filter === null ? ok(() => true) : testOfValue(attribute, filter, spend);
  if (!test.ok) return test;
  if (op === "remove") {
    return ok(held.flatMap((one) => (test.value(one) ? (sub === null ? [] : [without(one, sub)]) : [one])));
  }
  const label = path ?? attribute.name;
  const read = sub === null ? readPart(attribute, value, label) : readValue(sub, value, label);
  if (!read.ok) return read;
  const change = sub === null ? (read.value as Resource) : { [sub.name]: read.value };
  if (!held.some(test.value)) {
    const fitting = op === "add" ? valueThatFits(filter) : null;
    if (fitting === null) return fault("noTarget", `Nothing fits ${quoted(label)}. Add the value first.`);
    const made = readValue(attribute, [{ ...fitting, ...change }], label);
    return made.ok ? merged(attribute, held, (made.value ?? []) as unknown[]) : made;
  }
  const changed = held.map((one) => (test.value(one) ? { ...one, ...change } : one));
  return ok(
    onePrimary(
      changed,
      changed.filter((_, at) => held[at] !== changed[at]),
    ),
  );
}

/** Some parts of one value of a list. */
function readPart(attribute: Attribute, value: unknown, path: string): Result<unknown, ScimFault> {
  const parts = attribute.subAttributes.map((part) => ({ ...part, required: false }));
  const one = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return readValue({ ...attribute, multiValued: false, subAttributes: parts }, one, path);
}

/** The smallest value that fits `a eq "x" and b eq "y"`. Null for any other filter. */
function valueThatFits(filter: Filter | null): Resource | null {
  if (filter?.kind === "compare" && filter.op === ("eq" satisfies Comparison)) {
    return { [filter.path]: filter.value };
  }
  if (filter?.kind !== "and") return null;
  const parts = filter.terms.map(valueThatFits);
  return parts.includes(null) ? null : Object.assign({}, ...parts);
}

/** Adds values to a list. One that is there already is not added again. */
function merged(
  attribute: Attribute,
  before: readonly unknown[],
  given: readonly unknown[],
): Result<unknown, ScimFault> {
  const known = new Set(before.map(identity));
  const added: unknown[] = [];
  for (const one of given) {
    const key = identity(one);
    if (!known.has(key)) added.push(one);
    known.add(key);
  }
  const all = withinBounds(attribute, [...before, ...added], attribute.name);
  return all.ok ? ok(onePrimary(all.value, added)) : all;
}

/** What tells one value of a list from others: members are told by their id, other values by all parts. */
function identity(value: unknown): string {
  const { value: id, type } = isObject(value) ? value : {};
  return JSON.stringify([id ?? value, type === "User" ? null : (type ?? null)]);
}

function subtracted(before: readonly unknown[], given: readonly unknown[]): unknown {
  const gone = new Set(
    given.map((one) => (isObject(one) && "value" in one ? one.value : JSON.stringify(one))),
  );
  return before.filter((one) => !gone.has(isObject(one) && "value" in one ? one.value : JSON.stringify(one)));
}

/** At most one value is the primary one (RFC 7643 §2.4): the last one that was just set. */
function onePrimary(values: readonly unknown[], set: readonly unknown[]): unknown[] {
  const isPrimary = (one: unknown) => isObject(one) && one.primary === true;
  const newest = set.findLast(isPrimary);
  if (newest === undefined) return [...values];
  return values.map((one) =>
    one !== newest && isPrimary(one) ? { ...(one as Resource), primary: false } : one,
  );
}

function without(held: unknown, { name }: Attribute): Resource | undefined {
  const { [name]: _, ...rest } = (held ?? {}) as Resource;
  return Object.keys(rest).length === 0 ? undefined : rest;
}

const holderOf = (resource: Resource, { extension }: Place): Resource =>
  extension === null ? resource : ((resource[extension] ?? {}) as Resource);

function put(resource: Resource, place: Place, value: unknown): Resource {
  const { [place.attribute.name]: _, ...others } = holderOf(resource, place);
  const isAbsent = value === undefined || (Array.isArray(value) && value.length === 0);
  const holder = isAbsent ? others : { ...others, [place.attribute.name]: value };
  if (place.extension === null) return holder;
  const { [place.extension]: __, ...rest } = resource;
  return Object.keys(holder).length === 0 ? rest : { ...rest, [place.extension]: holder };
}
