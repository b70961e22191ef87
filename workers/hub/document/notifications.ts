import type { NetworkDocument, PlanStep } from "../../../shared/api/document.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { unchanged } from "../../registry/guards.ts";
import {
  changeDestination,
  insertDestination,
  newDestination,
  removeDestination,
  storeDestination,
} from "../handlers/notifications.ts";
import type { Building } from "./apply.ts";

type Destination = NonNullable<NetworkDocument["notifications"]>[number];

/** A document contains no secret of a destination. For a new destination, a warning says how it gets one. */
export async function applyDestination(
  { call, rows, guards, statements, warnings }: Building,
  { name }: PlanStep,
  item: Destination | undefined,
): Promise<void> {
  const { bindings, now } = call;
  const before = rows.notifications.find((row) => row.name === name);
  if (before) guards.push(unchanged(bindings.db, "notification_destinations", before, before.version));
  if (!item) {
    if (before) statements.push(removeDestination(bindings.db, before.id));
    return;
  }
  refuseSecret(item);
  if (before) {
    if (before.kind !== item.kind)
      throwRefusal(
        "conflict",
        `The notification destination ${name} is of the kind ${before.kind} and stays so.`,
      );
    statements.push(...storeDestination(bindings.db, await changeDestination(bindings, before, item, now)));
    return;
  }
  statements.push(...insertDestination(bindings.db, (await newDestination(bindings, item, now)).row));
  if (item.kind !== "email") warnings.push(`notification destination ${name} ${MISSING[item.kind]}`);
}

const MISSING = {
  webhook: "is made with a secret that nobody knows: `rustronaut notifications rotate` gives it one",
  slack: "has no address yet: `rustronaut notifications update --target` gives it the whole one",
} as const;

/** Anybody with the whole address of a chat or a webhook may be able to post there. So it must not be in a document. */
function refuseSecret({ kind, name, target }: Destination): void {
  const url = kind !== "email" && URL.canParse(target) ? new URL(target) : null;
  if (url && url.href !== `${url.origin}/`)
    throwRefusal(
      "invalid_input",
      `The target of the notification destination ${name} is a secret. Name its origin alone, ${url.origin}, and give the whole by \`rustronaut notifications update\`.`,
    );
}
