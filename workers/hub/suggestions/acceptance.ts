import type { Body } from "../../../shared/api/endpoints.ts";
import type { Bindings } from "../../platform/env.ts";
import { type Acceptance, acceptRole } from "./accept.ts";
import { acceptNarrowing } from "./accept-narrowing.ts";
import type { SuggestionRow } from "./row.ts";

/** What accepting a suggestion does, of either kind. Nothing is done yet. */
export const acceptanceOf = (
  bindings: Bindings,
  row: SuggestionRow,
  changes: Body<"suggestions.accept">,
  now: number,
): Promise<Acceptance> =>
  row.kind === "role"
    ? acceptRole(bindings, row, changes, now)
    : acceptNarrowing(bindings, row, changes.despiteBreaks === true, now);
