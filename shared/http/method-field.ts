/** The methods that a field can turn a POST into: one method for each kind of action. */
const ANY = ["GET", "PUT", "DELETE"];

/** Frameworks read these bodies as a form. They also read a body without a type as a form. */
const FORM = /application\/x-www-form-urlencoded|multipart\//i;

/** PHP reads a dot, a space or an open bracket in a name as `_`. */
const NAME = /[_.[ +]method/i;

/**
 * The methods that a field `_method` may name. Some frameworks use that method instead of POST (Rack,
 * Laravel, Symfony and others). The gateway doesn't read the body of a form, so the form may name any method.
 * A query that contains the name in any spelling may name any method too.
 */
export function fieldMethods(method: string, query: string, contentType: string | null): readonly string[] {
  if (method !== "POST") return [];
  const decoded = query.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const mayNameOne = contentType === null || FORM.test(contentType) || NAME.test(decoded);
  return mayNameOne ? ANY : [];
}
