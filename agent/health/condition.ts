import type { ConditionCode } from "../../shared/node/conditions.ts";
import type { Condition } from "../../shared/node/protocol/types.ts";
import { WIRE_LIMITS } from "../../shared/node/protocol/types.ts";
import { messageOf } from "../failure.ts";

/**
 * A condition of the catalogue (`shared/node/conditions.ts`), in a text that the hub accepts.
 * @param found The error, or a description of the finding for a person.
 */
export const condition = (code: ConditionCode, found: unknown): Condition => ({
  code,
  detail: printableAscii(typeof found === "string" ? found : messageOf(found)).slice(
    0,
    WIRE_LIMITS.conditionDetail,
  ),
});

/** Replaces all characters that the hub does not accept in texts for people. */
export const printableAscii = (text: string): string => text.replace(/[^\x20-\x7e]/g, "?");
