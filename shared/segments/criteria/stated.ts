import { nearest } from "../../base/nearest.ts";
import { FACT_NAMES, factOf, LEVELS, mayAdministratorState } from "./facts.ts";
import { isVersion } from "./version.ts";

/** The named facts that administrators state of a node. They may state the version of any application beside: `app.NAME`. */
export const STATABLE_FACTS: readonly string[] = FACT_NAMES.filter(mayAdministratorState);

/** Why administrators may not state this of a node, in words. Null if they may. */
export function statedFactFault(name: string, value: string): string | null {
  const fact = factOf(name);
  if (!fact || !mayAdministratorState(name)) {
    const near = nearest(name, STATABLE_FACTS);
    const meant = near ? ` Did you mean ${near}?` : ` Name one of ${STATABLE_FACTS.join(", ")}, or app.NAME.`;
    return fact
      ? `${name} is not stated here: ${whoStates[fact.source]}.`
      : `There is no fact ${name}.${meant}`;
  }
  if (fact.kind === "version" && !isVersion(value)) return `${name} must be a version, such as 12.4.`;
  if (fact.kind === "level" && !LEVELS.some((level) => level === value)) {
    return `${name} must be one of ${LEVELS.join(", ")}.`;
  }
  if (value !== value.normalize("NFC")) return `${name} must be in Unicode's composed form (NFC).`;
  return null;
}

const whoStates = {
  administrator: "it follows from the node's name, tags, owner and segment",
  provider: "identity providers say it, by SCIM or at sign-in",
  "device management": "systems that manage devices state it, by `nodes state`",
  platform: "the platform observes it",
  node: "the node claims it of itself",
} as const;
