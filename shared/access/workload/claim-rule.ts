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
  // The places in the value that what was read of the pattern can reach, in their order.
  let places: readonly number[] = [0];
  parts.forEach((part, index) => {
    const begun = index === 0 ? places : withinName(places, value);
    places = begun.filter((at) => value.startsWith(part, at)).map((at) => at + part.length);
  });
  return isOpen ? places.length > 0 : places.at(-1) === value.length;
}

/** The places, and all places behind them in the same name. */
function withinName(places: readonly number[], value: string): number[] {
  const reached: number[] = [];
  let next = 0;
  let isWithin = false;
  for (let at = places[0] ?? value.length + 1; at <= value.length; at++) {
    if (places[next] === at) {
      isWithin = true;
      next++;
    }
    if (isWithin) reached.push(at);
    if (value[at] === "/" || value[at] === ":") isWithin = false;
  }
  return reached;
}
