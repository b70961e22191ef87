import type { ChosenEffects } from "../../../shared/access/signals/events.ts";
import type { SentEvent } from "../../../shared/access/signals/outgoing.ts";
import { SIGNALS } from "../../../shared/access/signals/paths.ts";
import type { QuarantineReason } from "../../../shared/access/signals/quarantine.ts";
import type { NetworkDocument, PlanStep } from "../../../shared/api/document.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { unchanged } from "../../registry/guards.ts";
import {
  changeReceiver,
  insertReceiver,
  newReceiver,
  type ReceiverRow,
  removeReceiver,
  storeReceiver,
} from "../handlers/signal-receivers.ts";
import {
  changeTransmitter,
  insertTransmitter,
  newTransmitter,
  removeTransmitter,
  storeTransmitter,
  type TransmitterRow,
} from "../handlers/signals.ts";
import type { Building } from "./apply.ts";

/** Who sends signals and who is sent them, as a document says it: without a token. */

type Transmitter = NonNullable<NetworkDocument["signalTransmitters"]>[number];
type Receiver = NonNullable<NetworkDocument["signalReceivers"]>[number];

export const transmitterSection = (
  row: TransmitterRow,
  providers: readonly { readonly id: string; readonly name: string }[],
) => ({
  name: row.name,
  kind: row.kind,
  issuer: row.issuer,
  jwksUri: row.jwksUri,
  // The address that it has by itself holds its id, which is another one where the document makes it anew.
  ...(row.audience.endsWith(SIGNALS + row.id) ? {} : { audience: row.audience }),
  provider: providers.find(({ id }) => id === row.providerId)?.name ?? "",
  bearer: row.tokenHash !== null,
  effects: JSON.parse(row.effects) as ChosenEffects,
  quarantines: JSON.parse(row.quarantines) as QuarantineReason[],
  ratesOwners: row.ratesOwners,
  enabled: row.enabled,
});

export const receiverSection = ({ name, target, audience, subjects, events, enabled }: ReceiverRow) => ({
  ...{ name, target, audience, subjects, events: JSON.parse(events) as SentEvent[], enabled },
});

export function applyTransmitter(
  { call, rows, names, guards, statements, warnings }: Building,
  { name }: PlanStep,
  item: Transmitter | undefined,
): void {
  const d1 = call.bindings.db;
  const before = rows.signalTransmitters.find((row) => row.name === name);
  if (before) guards.push(unchanged(d1, "signal_transmitters", before, before.version));
  if (!item) {
    if (before) statements.push(removeTransmitter(d1, before.id));
    return;
  }
  const providerId = names.identityProvider(item.provider);
  if (!before) {
    statements.push(insertTransmitter(d1, newTransmitter(call, providerId, item).row));
    if (item.bearer !== false)
      warnings.push(`signal transmitter ${name} ${unknownToken("transmitters", name)}`);
    return;
  }
  refuseOther(before, item, providerId);
  const effects = { ...(JSON.parse(before.effects) as ChosenEffects), ...item.effects };
  statements.push(...storeTransmitter(d1, before, changeTransmitter(call, before, { ...item, effects })));
}

const unknownToken = (command: string, name: string): string =>
  `is made with a token that nobody knows: \`rustronaut ${command} rotate ${name}\` gives it one`;

/** What is fixed when a transmitter is made. Another one would be another sender. */
function refuseOther(before: TransmitterRow, { kind, bearer, name }: Transmitter, providerId: string): void {
  const isOther =
    (kind !== undefined && kind !== before.kind) ||
    (bearer !== undefined && bearer !== (before.tokenHash !== null)) ||
    providerId !== before.providerId;
  if (isOther)
    throwRefusal(
      "conflict",
      `The kind, the provider and the bearer token of the signal transmitter ${name} stay as they were made. Delete it, and make another one.`,
    );
}

export async function applyReceiver(
  { call, rows, guards, statements, warnings }: Building,
  { name }: PlanStep,
  item: Receiver | undefined,
): Promise<void> {
  const { bindings, now } = call;
  const before = rows.signalReceivers.find((row) => row.name === name);
  if (before) guards.push(unchanged(bindings.db, "signal_receivers", before, before.version));
  if (!item) {
    if (before) statements.push(removeReceiver(bindings.db, before.id));
    return;
  }
  refuseAddress(item);
  if (before) {
    const { target, ...rest } = item;
    const moved = target === before.target ? rest : item;
    statements.push(storeReceiver(bindings.db, await changeReceiver(bindings, before, moved, now)));
    return;
  }
  statements.push(insertReceiver(bindings.db, (await newReceiver(bindings, item, now)).row));
  warnings.push(
    `signal receiver ${name} is told at ${item.target}/: \`rustronaut receivers update ${name} --target\` gives it another path`,
    `signal receiver ${name} ${unknownToken("receivers", name)}`,
  );
}

/** Anybody with the whole address may be able to push tokens there. So it must not be in a document. */
function refuseAddress({ name, target }: Receiver): void {
  const url = URL.canParse(target) ? new URL(target) : null;
  if (url && url.href !== `${url.origin}/`)
    throwRefusal(
      "invalid_input",
      `The target of the signal receiver ${name} may be a secret. Name its origin alone, ${url.origin}, and give the whole by \`rustronaut receivers update\`.`,
    );
}
