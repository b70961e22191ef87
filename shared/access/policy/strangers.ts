/**
 * The kinds of callers. When a request is judged, only the caller of this request is known, with its groups
 * and attributes.
 */
const CALLERS = new Set(["User", "ServiceToken"]);
/** Operators that read the entity on their left side. */
const LOOKS = new Set(["in", "is", "has", ".", "getTag", "hasTag"]);

type Json = Readonly<Record<string, unknown>>;

const isJson = (value: unknown): value is Json => typeof value === "object" && value !== null;

/**
 * Finds a place where a statement in Cedar's JSON names a caller and reads the groups or attributes of that
 * caller, such as `User::"bob" in Group::"staff"`. Null if there is none. The named caller would count as a
 * caller without groups, so a forbid about that caller would never hold.
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

/** A named caller that the expression may result in. */
function strangerIn(expression: unknown): string | null {
  if (!isJson(expression)) return null;
  const { Value: literal, "if-then-else": choice } = expression;
  if (isJson(choice)) return strangerIn(choice.then) ?? strangerIn(choice.else);
  const entity = isJson(literal) ? literal.__entity : undefined;
  if (!isJson(entity) || !CALLERS.has(String(entity.type))) return null;
  return `${entity.type}::${JSON.stringify(entity.id)}`;
}
