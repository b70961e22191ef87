import { TICKET_LIFETIME_MS } from "../protocol/types.ts";

/** How long an isolate may go on telling nodes that an older state is right. */
export const DIRECTORY_LEASE_MS = 2_000;

/**
 * How long a member may keep a peer that it must drop now, in milliseconds since the Unix epoch. An isolate can't
 * confirm the member's older state for longer than the directory's lease, nor after the member's newest ticket has
 * ended.
 */
export function leaseEndsAt(handshakeAt: number | null, leaseMs: number, now: number): number {
  const ticketEnd = (handshakeAt ?? now) + TICKET_LIFETIME_MS;
  return Math.min(now + DIRECTORY_LEASE_MS, ticketEnd) + leaseMs;
}
