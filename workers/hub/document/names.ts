import type { PlanStep } from "../../../shared/api/document.ts";
import { freshId } from "../../platform/random.ts";
import { throwRefusal } from "../../platform/refused.ts";
import type { NetworkRows } from "./read.ts";

/** Ids of things by their names, those that a step creates included. */
export interface Names {
  readonly segment: (name: string) => string;
  readonly user: (email: string) => string;
  readonly group: (name: string) => string;
}

/** Refuses a name that nothing has and nothing gets. */
export function namesOf(rows: NetworkRows, steps: readonly PlanStep[]): Names {
  const lookup = (kind: "segment" | "user" | "group", existing: readonly (readonly [string, string])[]) => {
    const ids = new Map(existing);
    for (const step of steps) {
      if (step.kind !== kind) continue;
      if (step.action === "create") ids.set(step.name, freshId(kind));
    }
    return (name: string): string =>
      ids.get(name) ??
      throwRefusal(
        "invalid_input",
        `The document names the ${kind} ${name}, which neither exists nor is created by it.`,
      );
  };
  return {
    segment: lookup(
      "segment",
      rows.segments.map((row) => [row.name, row.id]),
    ),
    user: lookup(
      "user",
      rows.users.map((row) => [row.email, row.id]),
    ),
    group: lookup(
      "group",
      rows.groups.map((row) => [row.name, row.id]),
    ),
  };
}
