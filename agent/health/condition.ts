import type { ConditionCode } from "../../shared/node/conditions.ts";
import type { Condition } from "../../shared/node/protocol/types.ts";
import { WIRE_LIMITS } from "../../shared/node/protocol/types.ts";
import { messageOf } from "../failure.ts";

/**
 * A condition of the catalogue (`shared/node/conditions.ts`) in words that the hub takes.
 * @param found The error that was met, or what was found, for a person.
 */
export const condition = (code: ConditionCode, found: unknown): Condition => ({
  code,
  detail: printableAscii(typeof found === "string" ? found : messageOf(found)).slice(
    0,
    WIRE_LIMITS.conditionDetail,
  ),
});

/** What the hub takes for the words of a person. */
export const printableAscii = (text: string): string => text.replace(/[^\x20-\x7e]/g, "?");
