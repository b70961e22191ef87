import { ok, type Result } from "../base/result.ts";
import { type Attribute, COMMON, named, type Resource, type ResourceType } from "./attributes.ts";
import { fault, type ScimFault } from "./fault.ts";
import { booleanOf } from "./matching.ts";

const MAX_TEXT = 2_000;
const MAX_VALUES = 100;
/** A group with more members is refused. */
export const MAX_MEMBERS = 10_000;

/**
 * A resource as a client sent it, with the names as the schemas write them. Attributes that no schema has and
 * attributes that only we may set are left out (RFC 7644 §3.3). Refuses values of a wrong type.
 */
export function readResource(type: ResourceType, given: Resource): Result<Resource, ScimFault> {
  const core = readAttributes([...COMMON, ...type.attributes], given, "");
  if (!core.ok) return core;
  const resource: Record<string, unknown> = { ...core.value };
  delete resource.schemas;
  for (const { schema, attributes } of type.extensions) {
    const [, part] = Object.entries(given).find(([key]) => key.toLowerCase() === schema.toLowerCase()) ?? [];
    if (!isObject(part)) continue;
    const read = readAttributes(attributes, part, `${schema}:`);
    if (!read.ok) return read;
    if (Object.keys(read.value).length > 0) resource[schema] = read.value;
  }
  return ok(resource);
}

/** Refuses a resource that lacks what its schema needs. */
export function requireAll(type: ResourceType, resource: Resource): Result<Resource, ScimFault> {
  const missing = type.attributes.find(({ name, required }) => required && !resource[name]);
  return missing ? fault("invalidValue", `${missing.name} is needed.`) : ok(resource);
}

function readAttributes(
  attributes: readonly Attribute[],
  given: Resource,
  prefix: string,
): Result<Resource, ScimFault> {
  const read: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    const attribute = named(attributes, key);
    if (!attribute || !isKept(attribute)) continue;
    const one = readValue(attribute, value, prefix + attribute.name);
    if (!one.ok) return one;
    if (one.value !== undefined) read[attribute.name] = one.value;
  }
  return ok(read);
}

/** Whether clients may set the attribute, and it is stored. */
const isKept = ({ mutability, returned }: Attribute): boolean =>
  mutability !== "readOnly" && returned !== "never";

/** One attribute's value, in the form that is stored. Undefined for a value that counts as absent. */
export function readValue(attribute: Attribute, value: unknown, path: string): Result<unknown, ScimFault> {
  if (value === null || value === undefined) return ok(undefined);
  if (!attribute.multiValued) return readOne(attribute, value, path);
  const values = withinBounds(attribute, Array.isArray(value) ? value : [value], path);
  if (!values.ok) return values;
  const read: unknown[] = [];
  for (const one of values.value) {
    const value = readOne(attribute, one, path);
    if (!value.ok) return value;
    if (value.value !== undefined) read.push(value.value);
  }
  return ok(read.length === 0 ? undefined : read);
}

/** Refuses a list that is too long. */
export function withinBounds(
  { name }: Attribute,
  values: readonly unknown[],
  path: string,
): Result<readonly unknown[], ScimFault> {
  const max = name === "members" ? MAX_MEMBERS : MAX_VALUES;
  return values.length > max ? fault("invalidValue", `${path} may hold at most ${max} values.`) : ok(values);
}

function readOne(attribute: Attribute, value: unknown, path: string): Result<unknown, ScimFault> {
  const { type } = attribute;
  if (type === "complex") return readComplex(attribute, value, path);
  if (type === "boolean") {
    const read = booleanOf(value);
    return read === null ? fault("invalidValue", `${path} must be true or false.`) : ok(read);
  }
  if (typeof value !== "string") return fault("invalidValue", `${path} must be a text.`);
  if (value.length > MAX_TEXT) {
    return fault("invalidValue", `${path} may have at most ${MAX_TEXT} characters.`);
  }
  return ok(value);
}

/** Okta and Entra ID also send a text for an object with a `value`, such as a manager or a member. */
function readComplex(attribute: Attribute, value: unknown, path: string): Result<unknown, ScimFault> {
  const given = typeof value === "string" && named(attribute.subAttributes, "value") ? { value } : value;
  if (!isObject(given)) return fault("invalidValue", `${path} must be an object.`);
  const read = readAttributes(attribute.subAttributes, given, `${path}.`);
  if (!read.ok) return read;
  const missing = attribute.subAttributes.find(({ name, required }) => required && !read.value[name]);
  if (missing) return fault("invalidValue", `${path}.${missing.name} is needed.`);
  return ok(Object.keys(read.value).length === 0 ? undefined : read.value);
}

export const isObject = (value: unknown): value is Resource =>
  typeof value === "object" && value !== null && !Array.isArray(value);
