import { BoundedMap } from "../../shared/base/bounded-map.ts";
import type { MacKey } from "../../shared/crypto/types.ts";
import {
  acceptCounter,
  type CounterWindow,
  EMPTY_WINDOW,
} from "../../shared/node/protocol/counter-window.ts";
import { openTicket, type Ticket } from "../../shared/node/protocol/ticket.ts";
import type { MeshKeys } from "../mesh/keys.ts";

/** A session as this isolate knows it: what its ticket says, opened once. */
export interface KnownTicket extends Ticket {
  readonly mac: MacKey;
  window: CounterWindow;
}

/** By the ticket's text. Nodes come back to the same isolate; one that was forgotten is only opened again. */
const known = new BoundedMap<string, KnownTicket>(20_000);

/** The session of a ticket that this hub sealed, or null. */
export async function ticketOf(keys: MeshKeys, text: string): Promise<KnownTicket | null> {
  const before = known.get(text);
  if (before) return before;
  const ticket = await openTicket(keys.tickets, text);
  if (!ticket) return null;
  const opened = {
    ...ticket,
    mac: await keys.crypto.hmacSha256.key(ticket.sessionKey),
    window: EMPTY_WINDOW,
  };
  // Another request with the same ticket may have been faster: its window counts.
  const meanwhile = known.get(text);
  if (meanwhile) return meanwhile;
  known.set(text, opened);
  return opened;
}

/**
 * Whether the counter was not used before with this ticket, as far as this isolate knows. A replay to another isolate
 * can read again what its sender read and change nothing: reports are counted by the segment's object, and every other
 * write proves itself by a challenge of its own.
 */
export function takeCounter(ticket: KnownTicket, counter: number): boolean {
  const next = acceptCounter(ticket.window, counter);
  if (next) ticket.window = next;
  return next !== null;
}
