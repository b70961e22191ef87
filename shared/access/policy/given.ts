import { briefly, type Permission } from "./permissions.ts";
import type { Policy } from "./policy.ts";
import { type AccessTerms, strictest } from "./terms.ts";

/** What several permits give together. */
export interface Given {
  /** The strictest of each of their terms. */
  readonly terms: AccessTerms;
  /** What they allow at most. */
  readonly permissions: readonly Permission[];
}

export const givenBy = (permits: readonly Policy[]): Given => ({
  terms: strictest(permits.map(({ terms }) => terms)),
  permissions: briefly(permits.map(({ permission }) => permission)),
});

/** What a denial gives. */
export const NOTHING_GIVEN: Given = givenBy([]);
