import { fail } from "./errors.ts";
import type { Datetime } from "./extensions/datetime.ts";
import type { Decimal } from "./extensions/decimal.ts";
import type { Duration } from "./extensions/duration.ts";
import type { IpAddress } from "./extensions/ip.ts";
import { LazyRecord } from "./lazy-record.ts";
import type { Long } from "./long.ts";

/** A Cedar value. */
export type Value = boolean | Long | string | EntityUid | CedarSet | CedarRecord | ExtensionValue;
/** Has the reading methods of a map. */
export interface CedarRecord extends Iterable<readonly [string, Value]> {
  readonly size: number;
  get(name: string): Value | undefined;
}
export type ExtensionValue = Decimal | IpAddress | Datetime | Duration;

export class EntityUid {
  readonly type: string;
  readonly id: string;
  /** The entity's name in maps and sets. A type contains no quote, so two entities never have the same key. */
  readonly key: string;
  constructor(type: string, id: string) {
    this.type = type;
    this.id = id;
    this.key = `${type}::"${id}`;
  }
}

/** Below this size, comparing each element is cheaper than building an index. */
const SMALL_SET = 8;

/** The elements of a set, each once. Plain elements are stored directly, other elements by their keys. */
interface Filed {
  readonly plain: Set<Value>;
  readonly composed: Set<string>;
}

export class CedarSet {
  readonly elements: readonly Value[];
  #filed: Filed | undefined;
  #key: string | undefined;

  constructor(elements: readonly Value[]) {
    this.elements = elements;
  }

  get key(): string {
    const { plain, composed } = this.#files();
    this.#key ??= `{${[...[...plain].map(keyOf), ...composed].sort().join("")}}`;
    return this.#key;
  }

  has(value: Value): boolean {
    if (this.elements.length <= SMALL_SET) return this.elements.some((element) => equal(element, value));
    const { plain, composed } = this.#files();
    return typeof value === "object" ? composed.has(keyOf(value)) : plain.has(value);
  }

  hasAll(other: CedarSet): boolean {
    return other.elements.every((element) => this.has(element));
  }

  hasAny(other: CedarSet): boolean {
    return other.elements.some((element) => this.has(element));
  }

  equals(other: CedarSet): boolean {
    const [mine, its] = [this.#files(), other.#files()];
    return isSame(mine.plain, its.plain) && isSame(mine.composed, its.composed);
  }

  #files(): Filed {
    if (this.#filed) return this.#filed;
    const filed: Filed = { plain: new Set(), composed: new Set() };
    for (const element of this.elements) {
      if (typeof element === "object") filed.composed.add(keyOf(element));
      else filed.plain.add(element);
    }
    this.#filed = filed;
    return filed;
  }
}

function isSame<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): boolean {
  if (a.size !== b.size) return false;
  for (const element of a) if (!b.has(element)) return false;
  return true;
}

/** Cedar's `==`. Values of different types are unequal. Sets are compared without order. */
export function equal(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object") return false;
  if (a instanceof EntityUid) return b instanceof EntityUid && a.key === b.key;
  if (a instanceof CedarSet) return b instanceof CedarSet && a.equals(b);
  if (isRecord(a)) return isRecord(b) && equalRecords(a, b);
  if (b instanceof EntityUid || b instanceof CedarSet || isRecord(b)) return false;
  return a.key === b.key;
}

function equalRecords(a: CedarRecord, b: CedarRecord): boolean {
  if (a.size !== b.size) return false;
  for (const [name, field] of a) {
    const other = b.get(name);
    if (other === undefined || !equal(field, other)) return false;
  }
  return true;
}

/** The key of a record is computed once, however often the record is compared. */
const recordKeys = new WeakMap<CedarRecord, string>();

/**
 * A text that is the same for equal values and different for unequal values. Each part contains its own
 * length or end mark.
 */
export function keyOf(value: Value): string {
  if (typeof value === "string") return `s${value.length}:${value}`;
  if (typeof value === "boolean") return value ? "t" : "f";
  if (typeof value !== "object") return `n${value};`;
  if (value instanceof EntityUid) return `e${value.key.length}:${value.key}`;
  if (value instanceof CedarSet) return value.key;
  if (!isRecord(value)) return value.key;
  const known = recordKeys.get(value);
  if (known !== undefined) return known;
  const fields = [...value].map(([name, field]) => keyOf(name) + keyOf(field));
  const key = `(${fields.sort().join("")})`;
  recordKeys.set(value, key);
  return key;
}

/** The type's name for error messages. */
export function typeOf(value: Value): string {
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "string";
  if (typeof value !== "object") return "long";
  if (value instanceof EntityUid) return "entity";
  if (value instanceof CedarSet) return "set";
  return isRecord(value) ? "record" : value.type;
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
  return value instanceof Map || value instanceof LazyRecord;
}
