import type { Pairs } from "../../shared/paths/optimiser.ts";
import { RelayTable } from "../../shared/paths/relay-table.ts";
import { randomFrom } from "../support/random.ts";

interface Size {
  readonly nodes: number;
  readonly pairs: number;
  readonly relays: number;
  readonly seed: number;
}

/** The side of the square that nodes lie in, and how much longer a direct path may be than straight: both in ms. */
const SIDE_MS = 150;
const DETOUR_MS = 100;

/** Nodes at random places; relays are the first of them and have straight paths, of the direct paths many make detours. */
export function syntheticMesh({ nodes, pairs: count, relays, seed }: Size): {
  pairs: Pairs;
  table: RelayTable;
} {
  const random = randomFrom(seed);
  const places = Array.from({ length: nodes }, () => [random() * SIDE_MS, random() * SIDE_MS] as const);
  const away = (one: number, other: number): number => {
    const [[x = 0, y = 0], [u = 0, v = 0]] = [places[one] ?? [], places[other] ?? []];
    return 1 + Math.hypot(x - u, y - v);
  };
  const table = new RelayTable(
    nodes,
    Int32Array.from({ length: relays }, (_, relay) => relay),
  );
  for (let node = 0; node < nodes; node++)
    for (let relay = 0; relay < relays; relay++) table.set(node, relay, away(node, relay), away(node, relay));
  const from = Int32Array.from({ length: count }, () => Math.floor(random() * nodes));
  const to = from.map((node) => (node + 1 + Math.floor(random() * (nodes - 1))) % nodes);
  const directMs = Float32Array.from(
    from,
    (node, pair) => away(node, to[pair] as number) + random() ** 2 * DETOUR_MS,
  );
  return { pairs: { from, to, directMs }, table };
}
