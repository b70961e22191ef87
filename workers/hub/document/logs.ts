import type { NetworkDocument, PlanStep } from "../../../shared/api/document.ts";
import type { LogDestinationRow } from "../../logs/destinations.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { unchanged } from "../../registry/guards.ts";
import {
  changeLogDestination,
  newLogDestination,
  removeLogDestination,
  storeLogDestination,
} from "../handlers/log-destinations.ts";
import type { Building } from "./apply.ts";

/** Where the log is sent, as a document says it: without the key that signs it. */

type LogDestination = NonNullable<NetworkDocument["logDestinations"]>[number];

export const logDestinationSection = ({ name, format, url, kinds, enabled }: LogDestinationRow) => ({
  ...{ name, format, url, enabled },
  kinds: JSON.parse(kinds) as NonNullable<LogDestination["kinds"]>,
});

/** A new destination gets what happens from now on. */
export async function applyLogDestination(
  { call, rows, guards, statements, warnings }: Building,
  { name }: PlanStep,
  item: LogDestination | undefined,
): Promise<void> {
  const { bindings, now } = call;
  const before = rows.logDestinations.find((row) => row.name === name);
  if (before) guards.push(unchanged(bindings.db, "log_destinations", before, before.version));
  if (!item) {
    if (before) statements.push(removeLogDestination(bindings.db, before.id));
    return;
  }
  if (before) {
    if (before.format !== item.format)
      throwRefusal("conflict", `The log destination ${name} is of the format ${before.format} and stays so.`);
    statements.push(
      ...storeLogDestination(bindings.db, await changeLogDestination(bindings, before, item, now)),
    );
    return;
  }
  statements.push(...(await newLogDestination(bindings, item, now)).statements);
  warnings.push(
    `log destination ${name} is made with a key that nobody knows: \`rustronaut log-destinations rotate ${name}\` gives it one`,
  );
}
