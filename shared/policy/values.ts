import { fail } from "./errors.ts";
import type { Datetime } from "./extensions/datetime.ts";
import type { Decimal } from "./extensions/decimal.ts";
import type { Duration } from "./extensions/duration.ts";
import type { IpAddress } from "./extensions/ip.ts";
import type { Long } from "./long.ts";

/** A Cedar value. */
export type Value = boolean | Long | string | EntityUid | CedarSet | CedarRecord | ExtensionValue;
export type CedarRecord = ReadonlyMap<string, Value>;
export type ExtensionValue = Decimal | IpAddress | Datetime | Duration;

export class EntityUid {
  readonly type: string;
  readonly id: string;
  /** Names the entity in maps and sets. A type holds no quote, so two entities never share a key. */
  readonly key: string;
  constructor(type: string, id: string) {
    this.type = type;
    this.id = id;
    this.key = `${type}::"${id}`;
  }
}

/** Below this size looking at each element is cheaper than building keys. */
const SMALL_SET = 8;

export class CedarSet {
  readonly elements: readonly Value[];
  #keys: ReadonlySet<string> | undefined;

  constructor(elements: readonly Value[]) {
    this.elements = elements;
  }

  get keys(): ReadonlySet<string> {
    this.#keys ??= new Set(this.elements.map(keyOf));
    return this.#keys;
  }

  has(value: Value): boolean {
    if (this.elements.length > SMALL_SET) return this.keys.has(keyOf(value));
    return this.elements.some((element) => equal(element, value));
  }

  hasAll(other: CedarSet): boolean {
    return other.elements.every((element) => this.has(element));
  }

  hasAny(other: CedarSet): boolean {
    return other.elements.some((element) => this.has(element));
  }
}

/** Cedar's `==`: values of different types are unequal, sets compare as sets. */
export function equal(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object") return false;
  if (a instanceof EntityUid) return b instanceof EntityUid && a.key === b.key;
  return keyOf(a) === keyOf(b);
}

/** A text that equal values share and unequal values do not. Each part says its own length or end. */
export function keyOf(value: Value): string {
  if (typeof value === "string") return `s${value.length}:${value}`;
  if (typeof value === "boolean") return value ? "t" : "f";
  if (typeof value !== "object") return `n${value};`;
  if (value instanceof EntityUid) return `e${value.key.length}:${value.key}`;
  if (value instanceof CedarSet) return `{${[...value.keys].sort().join("")}}`;
  if (value instanceof Map) {
    const fields = [...(value as CedarRecord)].map(([name, field]) => keyOf(name) + keyOf(field));
    return `(${fields.sort().join("")})`;
  }
  return (value as ExtensionValue).key;
}

/** The type's name for error messages. */
export function typeOf(value: Value): string {
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "string";
  if (typeof value !== "object") return "long";
  if (value instanceof EntityUid) return "entity";
  if (value instanceof CedarSet) return "set";
  return value instanceof Map ? "record" : (value as ExtensionValue).type;
}

function mismatch(expected: string, value: Value): never {
  return fail(`type error: expected ${expected}, got ${typeOf(value)}`);
}

export function asBool(value: Value): boolean {
  return typeof value === "boolean" ? value : mismatch("bool", value);
}

export function asLong(value: Value): Long {
  return typeof value === "number" || typeof value === "bigint" ? value : mismatch("long", value);
}

export function asString(value: Value): string {
  return typeof value === "string" ? value : mismatch("string", value);
}

export function asEntity(value: Value): EntityUid {
  return value instanceof EntityUid ? value : mismatch("entity", value);
}

export function asSet(value: Value): CedarSet {
  return value instanceof CedarSet ? value : mismatch("set", value);
}

export function isRecord(value: Value): value is CedarRecord {
  return value instanceof Map;
}
