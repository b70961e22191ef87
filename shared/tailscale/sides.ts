/** Who stands on the sides of a rule, in both families and in one. */

/** Selectors that mean the same here. A named address has one family, a machine has both. */
export interface Named {
  readonly both: readonly string[];
  readonly 4: readonly string[];
  readonly 6: readonly string[];
}

export const both = (selectors: readonly string[]): Named => ({ both: selectors, 4: [], 6: [] });

export function together(parts: readonly Named[]): Named {
  const of = (key: keyof Named) => [...new Set(parts.flatMap((part) => part[key]))];
  return { both: of("both"), 4: of(4), 6: of(6) };
}

export interface Sides {
  readonly sources: readonly string[];
  readonly destinations: readonly string[];
}

/** Which sources and destinations meet in one family only (or in both, for null). */
export function familyPairs(from: Named, to: Named, family: 4 | 6 | null): Sides[] {
  if (family === null) return [{ sources: from.both, destinations: to.both }];
  return [
    { sources: from[family], destinations: [...to.both, ...to[family]] },
    { sources: from.both, destinations: to[family] },
  ];
}

/** A side of a rule names so many at most (`rule.ts`). */
const MOST_NAMED = 64;

/** The sides, divided so that a rule can hold them. Nothing is left where one of them names nobody. */
export const inRules = ({ sources, destinations }: Sides): Sides[] =>
  chunks(sources).flatMap((from) => chunks(destinations).map((to) => ({ sources: from, destinations: to })));

const chunks = (list: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(list.length / MOST_NAMED) }, (_, index) =>
    list.slice(index * MOST_NAMED, (index + 1) * MOST_NAMED),
  );
