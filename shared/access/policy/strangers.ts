/** Kinds of callers: of them only the one who asks is known when a request is judged, with its groups and attributes. */
const CALLERS = new Set(["User", "ServiceToken"]);
/** What looks into the entity on its left. */
const LOOKS = new Set(["in", "is", "has", ".", "getTag", "hasTag"]);

type Json = Readonly<Record<string, unknown>>;

const isJson = (value: unknown): value is Json => typeof value === "object" && value !== null;

/**
 * What a statement in Cedar's JSON says of a caller by name that it looks into, such as `User::"bob" in Group::"staff"`, or
 * null. It would be taken for one without groups, and a forbid about it would never hold.
 */
export function lookedIntoStranger(json: unknown): string | null {
  const open: unknown[] = [json];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    if (!isJson(part)) continue;
    for (const [key, value] of Object.entries(part)) {
      const isLook = LOOKS.has(key) && isJson(value) && (key !== "is" || value.in !== undefined);
      const stranger = isLook ? strangerIn(value.left) : null;
      if (stranger)
        return `looks into ${stranger}: of callers only the one who asks is known; compare \`principal\` with it`;
      if (key !== "annotations") open.push(value);
    }
  }
  return null;
}

/** A caller by name that the expression may be. */
function strangerIn(expression: unknown): string | null {
  if (!isJson(expression)) return null;
  const { Value: literal, "if-then-else": choice } = expression;
  if (isJson(choice)) return strangerIn(choice.then) ?? strangerIn(choice.else);
  const entity = isJson(literal) ? literal.__entity : undefined;
  if (!isJson(entity) || !CALLERS.has(String(entity.type))) return null;
  return `${entity.type}::${JSON.stringify(entity.id)}`;
}
