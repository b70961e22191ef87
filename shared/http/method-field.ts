/** What a field can make of a POST: each kind of action once. */
const ANY = ["GET", "PUT", "DELETE"];

/** Frameworks read these bodies as a form, and one without a type as well. */
const FORM = /application\/x-www-form-urlencoded|multipart\//i;

/** PHP takes a dot, a blank and an open bracket in a name for `_`. */
const NAME = /[_.[ +]method/i;

/**
 * The methods that a field `_method` may name to a framework that takes it in place of POST (Rack, Laravel, Symfony and
 * others). A form's body is not read, so it may name any of them; so may a query that holds the name in any spelling.
 */
export function fieldMethods(method: string, query: string, contentType: string | null): readonly string[] {
  if (method !== "POST") return [];
  const decoded = query.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const mayNameOne = contentType === null || FORM.test(contentType) || NAME.test(decoded);
  return mayNameOne ? ANY : [];
}
