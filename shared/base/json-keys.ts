/**
 * Whether a JSON text names the same member twice in one object. Parsers disagree about which of the two
 * counts, so such a token means different things to different readers (S-26).
 *
 * @param json Valid JSON.
 */
export function hasDuplicateKeys(json: string): boolean {
  const open: Set<string>[] = [];
  // Strings, and the marks that open an object or list, close it, or follow a name. Other characters don't
  // matter here.
  for (const { 0: token, 1: name } of json.matchAll(/("(?:[^"\\]|\\.)*")(?=\s*:)|"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (name !== undefined) {
      const names = open.at(-1);
      const key = String(JSON.parse(name));
      if (names?.has(key)) return true;
      names?.add(key);
    }
  }
  return false;
}
