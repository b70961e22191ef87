/** The numbers that belong to one interface, so that several agents on one machine don't share a number. */
export interface Numbers {
  /** The mark of the tunnel's own packets, and of packets that the filter has let in at the tunnel's port. */
  readonly mark: number;
  readonly tables: Readonly<Record<RouteTable, number>>;
  /** An interface group without interfaces. A rule that names it belongs to this agent. */
  readonly group: number;
  /** The priorities of the fence's two policies: one lets marked packets in, and the other blocks the rest. */
  readonly policies: { readonly pass: number; readonly block: number };
}

/**
 * The agent's routing tables. `peers` holds the overlay addresses, `networks` the networks behind routers, `exit` the
 * default routes of the exit node.
 */
export type RouteTable = "peers" | "networks" | "exit";

const BASE = 0x5200_0000;

/**
 * Computes the numbers from the name, so that the name alone is enough to remove everything. 20 bits of the numbers
 * tell two names apart.
 */
export function numbersOf(interfaceName: string): Numbers {
  const own = hash(interfaceName) >>> 12;
  const base = BASE + own * 16;
  return {
    mark: base,
    group: base,
    tables: { peers: base, networks: base + 1, exit: base + 2 },
    policies: { pass: 2 * own + 1, block: 2 * own + 2 },
  };
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}
