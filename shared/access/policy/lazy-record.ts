import type { CedarRecord, Value } from "./values.ts";

/**
 * Reads one field from the source of a record. Returns null if the source has no such field. Cedar has no
 * null, so a policy tests for the field with `has`.
 */
type Read<Source> = (source: Source) => Value | null;

/** The fields of one kind of record. All records of the kind share one shape. */
export class Shape<Source> {
  readonly fields: ReadonlyMap<string, { readonly at: number; readonly read: Read<Source> }>;

  constructor(fields: Readonly<Record<string, Read<Source>>>) {
    this.fields = new Map(Object.entries(fields).map(([name, read], at) => [name, { at, read }]));
  }

  of(source: Source): LazyRecord {
    return new LazyRecord(this as Shape<unknown>, source);
  }
}

/**
 * A record that makes a field when a policy first asks for the field, because most policies ask for few
 * fields.
 */
export class LazyRecord implements CedarRecord {
  readonly #shape: Shape<unknown>;
  readonly #source: unknown;
  #made: (Value | undefined)[] | null = null;

  constructor(shape: Shape<unknown>, source: unknown) {
    this.#shape = shape;
    this.#source = source;
  }

  get(name: string): Value | undefined {
    const field = this.#shape.fields.get(name);
    if (!field) return undefined;
    const known = this.#made?.[field.at];
    if (known !== undefined) return known;
    const value = field.read(this.#source) ?? undefined;
    if (typeof value === "object") {
      this.#made ??= new Array(this.#shape.fields.size);
      this.#made[field.at] = value;
    }
    return value;
  }

  get size(): number {
    return [...this].length;
  }

  *[Symbol.iterator](): Iterator<readonly [string, Value]> {
    for (const name of this.#shape.fields.keys()) {
      const value = this.get(name);
      if (value !== undefined) yield [name, value];
    }
  }
}
