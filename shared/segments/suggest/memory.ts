/**
 * What was rejected or undone does not come back under another id: a suggestion is known again by what it means, and returns
 * only when much more speaks for it.
 */

/** What a suggestion says, for comparing. */
export interface Meaning {
  /** Ids of nodes, or of the rule. */
  readonly about: readonly string[];
  /** What would be permitted of them, such as services; or what would be left of the rule. */
  readonly says: readonly string[];
  /** Who would be permitted, by id. Or what the rule says today. */
  readonly to: readonly string[];
}

export interface Weight {
  readonly confidence: number;
  /** How many pairs of nodes were seen. */
  readonly seen: number;
}

export interface Remembered extends Weight {
  readonly meaning: Meaning;
}

/** As a share of both together: so much must be the same. */
const ALIKE = 0.8;
const SURER_BY = 0.15;
const SEEN_TIMES = 2;

/** Whether a suggestion is one of those that somebody turned down, and nothing new speaks for it. */
export const isTurnedDown = (fresh: Remembered, turnedDown: readonly Remembered[]): boolean =>
  turnedDown.some((old) => means(fresh.meaning, old.meaning) && !saysMuchMore(fresh, old));

/** Whether two suggestions mean the same. */
export const means = (a: Meaning, b: Meaning): boolean =>
  overlap(a.about, b.about) >= ALIKE && overlap(a.says, b.says) >= ALIKE && overlap(a.to, b.to) >= ALIKE;

const saysMuchMore = (fresh: Weight, old: Weight): boolean =>
  fresh.confidence >= old.confidence + SURER_BY || fresh.seen >= SEEN_TIMES * Math.max(1, old.seen);

/** The Jaccard index of two sets. Two empty ones are the same. */
function overlap(a: readonly string[], b: readonly string[]): number {
  const [one, other] = [new Set(a), new Set(b)];
  const union = new Set([...one, ...other]).size;
  return union === 0 ? 1 : [...one].filter((each) => other.has(each)).length / union;
}
