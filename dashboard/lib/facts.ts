/** `{ principal: { email: "a@b.c" } }` as `[["principal.email", "a@b.c"]]`; lists and empty values in words. */
export function flattenFacts(value: Readonly<Record<string, unknown>>, prefix = ""): [string, string][] {
  return Object.entries(value).flatMap(([key, part]): [string, string][] => {
    const name = prefix === "" ? key : `${prefix}.${key}`;
    if (Array.isArray(part)) return [[name, part.length === 0 ? "none" : part.map(inWords).join(", ")]];
    if (typeof part === "object" && part !== null) {
      return flattenFacts(part as Record<string, unknown>, name);
    }
    return [[name, inWords(part)]];
  });
}

function inWords(value: unknown): string {
  if (value === null || value === undefined) return "none";
  if (typeof value === "object") return JSON.stringify(value);
  return value === "" ? "empty" : String(value);
}
