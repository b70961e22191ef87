import { ok, type Result } from "../base/result.ts";
import { type Attribute, COMMON, named, type ResourceType } from "./attributes.ts";
import { fault, type ScimFault, type ScimType } from "./fault.ts";

/** The place of an attribute in a resource. */
export interface Place {
  /** The schema below which the attribute is. Null for the resource itself. */
  readonly extension: string | null;
  readonly attribute: Attribute;
  readonly sub: Attribute | null;
}

/**
 * Finds the attribute of a path such as `name.familyName` or `urn:…:User:active`. An extension's attribute may also be
 * named without its schema if no other attribute has the name.
 */
export function placeOf(type: ResourceType, path: string, scimType: ScimType): Result<Place, ScimFault> {
  const { extension, attributes, rest } = schemaOf(type, path);
  const [name = "", subName, more] = rest.split(".");
  const attribute = named(attributes, name);
  if (!attribute || more !== undefined) return fault(scimType, `There is no attribute ${quoted(path)}.`);
  if (subName === undefined) return ok({ extension, attribute, sub: null });
  const sub = named(attribute.subAttributes, subName);
  if (!sub) return fault(scimType, `${attribute.name} has no part ${quoted(subName)}.`);
  return ok({ extension, attribute, sub });
}

/** The extension that a path names as a whole. Null for any other path. */
export const extensionNamed = (type: ResourceType, path: string): ResourceType["extensions"][number] | null =>
  type.extensions.find(({ schema }) => schema.toLowerCase() === path.toLowerCase()) ?? null;

function schemaOf(type: ResourceType, path: string) {
  const core = [...COMMON, ...type.attributes];
  const schemas = [
    { extension: null, schema: type.schema, attributes: core },
    ...type.extensions.map(({ schema, attributes }) => ({ extension: schema, schema, attributes })),
  ];
  const lower = path.toLowerCase();
  for (const { extension, schema, attributes } of schemas) {
    if (lower.startsWith(`${schema.toLowerCase()}:`)) {
      return { extension, attributes, rest: path.slice(schema.length + 1) };
    }
  }
  return { extension: null, attributes: core, rest: path };
}

/** A part of a request in a message, cut to a length that can be read. */
export const quoted = (text: string): string =>
  JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
