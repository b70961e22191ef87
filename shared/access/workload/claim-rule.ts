/** A rule that a JWT meets if one value of the claim fits the pattern. */
export interface ClaimRule {
  readonly name: string;
  readonly pattern: string;
}

/** Names may be paths (`kubernetes.io.namespace`) and URLs, and never contain `=`. */
const RULE = /^([\w./:@-]{1,200})=([^\p{C}]{1,500})$/u;
/** `*` stands inside the text, and `**` only at its end. */
const STARS = /\*\*(?!$)/;

/** Reads `NAME=PATTERN`. Null for anything else. */
export function claimRule(text: string): ClaimRule | null {
  const [, name, pattern] = RULE.exec(text) ?? [];
  if (name === undefined || pattern === undefined || STARS.test(pattern)) return null;
  return { name, pattern };
}

/** The text before the first star: what a value must begin with. */
export const fixedPart = (pattern: string): string => pattern.split("*", 1)[0] ?? "";

/**
 * Whether a claim's value fits a pattern. `*` stands for any text without `/` and `:`, since these part the names in the
 * claims of all platforms: `repo:acme/*` must not fit another owner's repository. `**` at the end stands for any text.
 * The time is bounded by the product of both lengths.
 */
export function fitsPattern(pattern: string, value: string): boolean {
  const isOpen = pattern.endsWith("**");
  const parts = (isOpen ? pattern.slice(0, -2) : pattern).split("*");
  // The places in the value that what was read of the pattern can reach.
  let places: ReadonlySet<number> = new Set([0]);
  parts.forEach((part, index) => {
    const begun = index === 0 ? places : withinName(places, value);
    places = new Set([...begun].filter((at) => value.startsWith(part, at)).map((at) => at + part.length));
  });
  return isOpen ? places.size > 0 : places.has(value.length);
}

/** The places, and all places behind them in the same name. */
function withinName(places: ReadonlySet<number>, value: string): Set<number> {
  const reached = new Set(places);
  for (let at = 0; at < value.length; at++) {
    if (reached.has(at) && value[at] !== "/" && value[at] !== ":") reached.add(at + 1);
  }
  return reached;
}
