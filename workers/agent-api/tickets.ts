import { BoundedMap } from "../../shared/base/bounded-map.ts";
import type { MacKey } from "../../shared/crypto/types.ts";
import {
  acceptCounter,
  type CounterWindow,
  EMPTY_WINDOW,
} from "../../shared/node/protocol/counter-window.ts";
import { openTicket, type Ticket } from "../../shared/node/protocol/ticket.ts";
import type { MeshKeys } from "../mesh/keys.ts";

/** A session as this isolate knows it. It holds the content of the session's ticket, which was opened once. */
export interface KnownTicket extends Ticket {
  readonly mac: MacKey;
  window: CounterWindow;
}

/**
 * The known sessions, by the text of their tickets. Nodes come back to the same isolate. A ticket that was forgotten is
 * simply opened again.
 */
const known = new BoundedMap<string, KnownTicket>(20_000);

/** The session of a ticket that this hub sealed. Null for any other ticket. */
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
  // Another request with the same ticket may have been faster. Then the window of that request counts.
  const meanwhile = known.get(text);
  if (meanwhile) return meanwhile;
  known.set(text, opened);
  return opened;
}

/**
 * Takes a counter. False when the counter was already used with this ticket, as far as this isolate knows. A replay to
 * another isolate can only read again what its sender read. It can change nothing: the segment's object counts reports,
 * and every other write proves itself by a challenge of its own.
 */
export function takeCounter(ticket: KnownTicket, counter: number): boolean {
  const next = acceptCounter(ticket.window, counter);
  if (next) ticket.window = next;
  return next !== null;
}
