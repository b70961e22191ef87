import { ok, type Result } from "../base/result.ts";
import { type Attribute, COMMON, type Resource, type ResourceType } from "./attributes.ts";
import { fault, type ScimFault } from "./fault.ts";
import { extensionNamed, type Place, placeOf } from "./path.ts";

/** Which attributes of a resource an answer shows (RFC 7644 §3.9). */
export interface Projection {
  /** Only these and those that are always shown. Null for all. */
  readonly only: readonly Shown[] | null;
  readonly without: readonly Shown[];
}

/** An attribute, a part of one, or a whole extension. */
type Shown = Place | { readonly extension: string };

export const EVERYTHING: Projection = { only: null, without: [] };

/**
 * Reads `attributes` and `excludedAttributes`. Names that no schema has are left out: a client that asks for more than
 * there is gets what there is.
 */
export function readProjection(
  type: ResourceType,
  attributes: readonly string[],
  excluded: readonly string[],
): Result<Projection, ScimFault> {
  if (attributes.length > 0 && excluded.length > 0) {
    return fault("invalidSyntax", "Send either attributes or excludedAttributes.");
  }
  if (attributes.length + excluded.length > 100) return fault("tooMany", "Name at most 100 attributes.");
  const places = (names: readonly string[]) =>
    names.flatMap((name): Shown[] => {
      const extension = extensionNamed(type, name);
      if (extension !== null) return [{ extension: extension.schema }];
      const place = placeOf(type, name, "invalidPath");
      return place.ok ? [place.value] : [];
    });
  return ok({ only: attributes.length === 0 ? null : places(attributes), without: places(excluded) });
}

/** Whether a group's members are shown, which are many. */
export const shows = (type: ResourceType, projection: Projection, name: string): boolean =>
  type.attributes.some((one) => one.name === name && holderShows(projection, null, one));

/** The parts of a resource that an answer shows. */
export function project(type: ResourceType, resource: Resource, projection: Projection): Resource {
  const shown = projectHolder([...COMMON, ...type.attributes], null, resource, projection);
  for (const { schema, attributes } of type.extensions) {
    const held = resource[schema] as Resource | undefined;
    if (held === undefined) continue;
    const part = projectHolder(attributes, schema, held, projection);
    if (Object.keys(part).length > 0) shown[schema] = part;
  }
  return shown;
}

function projectHolder(
  attributes: readonly Attribute[],
  extension: string | null,
  holder: Resource,
  projection: Projection,
): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const attribute of attributes) {
    const value = holder[attribute.name];
    if (value === undefined || !holderShows(projection, extension, attribute)) continue;
    shown[attribute.name] = partsOf(value, partTest(projection, extension, attribute));
  }
  return shown;
}

function holderShows({ only, without }: Projection, extension: string | null, attribute: Attribute): boolean {
  if (attribute.returned === "always") return true;
  const isMeant = (one: Shown) =>
    one.extension === extension && (!("attribute" in one) || one.attribute === attribute);
  if (only !== null) return only.some(isMeant);
  return !without.some((one) => isMeant(one) && !("sub" in one && one.sub !== null));
}

/** Whether a part of an attribute is shown. Null if all parts are. */
function partTest({ only, without }: Projection, extension: string | null, attribute: Attribute) {
  const subs = (list: readonly Shown[]) =>
    list.flatMap((one) =>
      "attribute" in one && one.extension === extension && one.attribute === attribute ? [one.sub] : [],
    );
  const wanted = only === null ? [] : subs(only);
  const unwanted = subs(without);
  if (wanted.length > 0 && !wanted.includes(null)) {
    return (name: string) => wanted.some((sub) => sub?.name === name);
  }
  if (unwanted.length === 0) return null;
  return (name: string) => !unwanted.some((sub) => sub?.name === name);
}

function partsOf(value: unknown, isShown: ((name: string) => boolean) | null): unknown {
  if (isShown === null || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => partsOf(one, isShown));
  return Object.fromEntries(Object.entries(value).filter(([name]) => isShown(name)));
}
