import { TICKET_LIFETIME_MS } from "../protocol/types.ts";

/** How long an isolate may go on saying that an older state is right. */
export const DIRECTORY_LEASE_MS = 2_000;

/**
 * Until when a member may keep a peer that it is told to drop now, in milliseconds since the Unix epoch. It can't have been
 * told that its older state is right later than the directory's lease allows, nor after its newest ticket ended.
 */
export function leaseEndsAt(handshakeAt: number | null, leaseMs: number, now: number): number {
  const ticketEnd = (handshakeAt ?? now) + TICKET_LIFETIME_MS;
  return Math.min(now + DIRECTORY_LEASE_MS, ticketEnd) + leaseMs;
}
