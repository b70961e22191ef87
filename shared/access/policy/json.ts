import type { Place } from "./errors.ts";
import { EntityUid } from "./values.ts";

export type Json = Readonly<Record<string, unknown>>;

/** A type is a path of identifiers. With other texts, two entities could get the same key. */
const TYPE = /^[A-Za-z_][A-Za-z0-9_]*(?:::[A-Za-z_][A-Za-z0-9_]*)*$/;

export function asObject(value: unknown, place: Place): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) place.refuse("must be an object");
  return value as Json;
}

/** An object with exactly these fields. A field whose name ends in `?` may be missing. */
export function fields(value: unknown, place: Place, names: readonly string[]): Json {
  const object = asObject(value, place);
  const known = new Set(names.map((name) => name.replace("?", "")));
  for (const name of Object.keys(object)) {
    if (!known.has(name)) place.at(name).refuse("is not known");
  }
  for (const name of names) {
    if (!name.endsWith("?") && !Object.hasOwn(object, name)) place.refuse(`lacks ${name}`);
  }
  return object;
}

export function asText(value: unknown, place: Place): string {
  return typeof value === "string" ? value : place.refuse("must be a string");
}

export function asList(value: unknown, place: Place): readonly unknown[] {
  return Array.isArray(value) ? value : place.refuse("must be a list");
}

export function asEntityType(value: unknown, place: Place): string {
  const type = asText(value, place);
  return TYPE.test(type) ? type : place.refuse("is not the name of an entity type");
}

/** Reads `{type, id}` or `{__entity: {type, id}}`. */
export function asUid(value: unknown, place: Place): EntityUid {
  const object = asObject(value, place);
  if (Object.hasOwn(object, "__entity")) {
    return asUid(fields(object, place, ["__entity"]).__entity, place.at("__entity"));
  }
  const { type, id } = fields(object, place, ["type", "id"]);
  return new EntityUid(asEntityType(type, place.at("type")), asText(id, place.at("id")));
}
