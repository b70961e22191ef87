import type * as z from "zod/mini";

/** Writes a value as JSON. Throws on a member that the schema does not contain. */
export type Writer = (value: unknown) => string;

/**
 * Makes a writer for a schema. It writes the members in the order of the schema, and the names of a record in
 * alphabetical order. So a member that is added to a schema is signed, and every signed member is in a schema. Making a
 * writer costs as much as a check, so make each writer once.
 */
export function writerOf(schema: z.core.$ZodType): Writer {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "object":
      return objectWriter(def.shape);
    case "record": {
      const write = writerOf(def.valueType);
      return (value) =>
        `{${Object.entries(value as object)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, member]) => `${JSON.stringify(name)}:${write(member)}`)
          .join(",")}}`;
    }
    case "array": {
      const write = writerOf(def.element);
      return (value) => `[${(value as readonly unknown[]).map(write).join(",")}]`;
    }
    case "tuple": {
      const writers = def.items.map(writerOf);
      return (value) => `[${writers.map((write, at) => write((value as readonly unknown[])[at])).join(",")}]`;
    }
    case "optional":
      return writerOf(def.innerType);
    case "string":
    case "number":
    case "literal":
    case "enum":
      return (value) => JSON.stringify(value);
    default:
      throw new TypeError(`no signed object has a member of the type ${def.type}`);
  }
}

function objectWriter(shape: Readonly<Record<string, z.core.$ZodType>>): Writer {
  const members = Object.entries(shape).map(
    ([name, schema]) => [name, `${JSON.stringify(name)}:`, writerOf(schema)] as const,
  );
  return (value) => {
    const object = value as Readonly<Record<string, unknown>>;
    const written: string[] = [];
    for (const [name, prefix, write] of members) {
      const member = object[name];
      if (member !== undefined) written.push(prefix + write(member));
    }
    for (const name in object) {
      if (!Object.hasOwn(shape, name))
        throw new TypeError(`${name} is in no schema, and would not be signed`);
    }
    return `{${written.join(",")}}`;
  };
}
