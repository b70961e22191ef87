/** What belongs to one interface alone, so that agents side by side on one machine don't take each other's. */
export interface Numbers {
  /** Marks the tunnel's own packets, and what its filter has let in at the port of the tunnel. */
  readonly mark: number;
  readonly tables: Readonly<Record<RouteTable, number>>;
  /** An interface group that nothing belongs to: what names it in a rule says whose rule it is. */
  readonly group: number;
  /** Priorities of the fence's two policies: the one that lets marked packets in, and the one that blocks the rest. */
  readonly policies: { readonly pass: number; readonly block: number };
}

/**
 * The agent's routing tables: `peers` holds the overlay addresses, `networks` what lies behind routers, `exit` the default
 * routes of the exit node.
 */
export type RouteTable = "peers" | "networks" | "exit";

const BASE = 0x5200_0000;

/** Derived from the name, so that whoever knows it can take everything away; 20 bits of it tell two names apart. */
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
