/** The bounds of the edge relay. Both ends keep them, and the object refuses an agent that does not. */

/** The subprotocol of the agent's WebSocket. A hub that does not know it refuses the socket. */
export const EDGE_PROTOCOL = "rustronaut-edge.1";

/** The longest datagram. WireGuard adds 32 bytes to a packet of the tunnel, which has at most 1,420. */
export const MAX_DATAGRAM = 1_600;
/** The longest frame: some datagrams that go out together. A longer message ends the socket. */
export const MAX_FRAME = 16 * 1024;

/**
 * What the object may have sent to a socket that its agent has not taken yet, in bytes. The run-time queues what a slow
 * network does not take, and does not say how much. Beyond this the object drops.
 */
export const WINDOW = 512 * 1024;
/** An agent says that it took so many bytes. */
export const TAKEN_BYTES = 32 * 1024;

/** What one end may send, in bytes per second. Beyond it the object drops. */
export const RATE = 4 * 1024 * 1024;
/** What a frame costs of the rate beside its bytes: small frames are as much work for the object as large ones. */
export const FRAME_COST = 1_024;
/** An end from which so much was dropped, without a second of peace between, is no agent of ours. */
export const FLOOD = 8 * 1024 * 1024;
export const PEACE_MS = 1_000;

/** How long (milliseconds) an end may send on one word of the hub that it may. */
export const LEASE_MS = 30_000;
/** How soon (milliseconds) after the first frame the object asks again, and tells what was carried. */
export const RENEW_MS = 5_000;
