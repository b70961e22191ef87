/** How the Worker and the segments' objects speak to the object that relays one pair of nodes. */

/** The name of the object of a pair. It is the same for both ends. */
export const edgePair = (one: string, other: string): string => [one, other].sort().join("+");

/** Who opens a socket. The Worker has authenticated the node before, and asked the hub whether it may. */
export interface EdgeOpening {
  readonly node: string;
  readonly peer: string;
  /** The home segment of the node, whose object is asked again whether the node may. */
  readonly segment: string;
  /** The session's handshake and the request's counter: together they rise with each request of a node. */
  readonly handshake: number;
  readonly counter: number;
}

/** `fetch` with `Upgrade: websocket` and the members of `EdgeOpening` in the query opens a socket. */
export interface EdgeRelayRpc {
  /** The two nodes may not speak with each other any more: closes both sockets. */
  part(): Promise<void>;
}

/** What the object tells an agent, as text: whether the other end is there. */
export const HERE = "here";
export const AWAY = "away";

/** What an agent tells the other end through the object, as text: look for a direct path now, as I do. */
export const SEEK = "seek";

/** What an agent tells the object, as text: how many bytes of frames it took since it said so last. */
export const takenText = (bytes: number): string => `taken ${bytes}`;

/** Null for any other text. */
export function takenIn(text: string): number | null {
  const match = /^taken (\d{1,8})$/.exec(text);
  return match ? Number(match[1]) : null;
}

/** The close codes of ours (`docs/agent-protocol.md`). */
export const EDGE_CLOSE = { replaced: 4409, notAllowed: 4403, violation: 1008 } as const;
