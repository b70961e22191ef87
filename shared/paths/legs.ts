import type { Leg, LegTable } from "./leg-table.ts";

/**
 * Decides which relays carry which pairs. Every pair of linked nodes gets two legs, at two relays, before it needs one. What
 * is there stays as long as it may, so that a change touches the pairs that it concerns.
 */

/** What the planner must know of the network. */
export interface LegWorld {
  /** The relays that stand. One that is drained gets no new legs. */
  readonly relays: ReadonlyMap<string, "on" | "drain">;
  /** The nodes to which a node has a link. */
  linksOf(node: string): ReadonlySet<string>;
}

/** Makes what nobody can guess of a new leg. */
export type NewLeg = () => Pick<Leg, "id" | "probeKey">;

const LEGS_PER_PAIR = 2;
/** Both ends have heard of a new leg after this time, if they can hear at all. */
const KNOWN_MS = 90_000;
/** The relay carries a leg for so long after the ends were told no more of it. */
const LEAVE_MS = 180_000;
/** How many legs a drained relay loses at once, and how long it then waits. */
const DRAIN = { atOnce: 64, everyMs: 10_000 } as const;

/**
 * Plans for some nodes, and puts what it decides into the table.
 * @param nodes Those whose links, standing or role may have changed.
 * @param now Milliseconds since the Unix epoch.
 * @returns The legs that began, left or ended.
 */
export function planLegs(
  table: LegTable,
  world: LegWorld,
  nodes: Iterable<string>,
  now: number,
  make: NewLeg,
): readonly Leg[] {
  const changed = new Map<string, Leg>();
  const put = (leg: Leg) => {
    table.set(leg);
    changed.set(leg.id, leg);
  };
  const concerned = [...new Set(nodes)].sort();
  for (const node of concerned)
    for (const leg of [...table.ofRelay(node), ...table.ofNode(node)])
      if (hasEnded(leg, world, now)) put({ ...leg, state: "ended", since: now });
  const pairs = pairsOf(world, concerned);
  // Each pair gets its first leg before any gets a second.
  for (let legs = 1; legs <= LEGS_PER_PAIR; legs++) {
    for (const ends of pairs) {
      if (table.between(...ends).filter((leg) => isFirm(leg, world)).length >= legs) continue;
      const place = placeFor(table, world, ends, now);
      if (place) put({ ...make(), ...place, ends, state: "open", since: now });
    }
  }
  return [...changed.values()];
}

/** Takes pairs from drained relays, some at a time: those that another relay carries by now. */
export function drainLegs(table: LegTable, world: LegWorld, now: number): readonly Leg[] {
  const leaving: Leg[] = [];
  for (const [relay, state] of world.relays) {
    if (state !== "drain") continue;
    const ready = table
      .ofRelay(relay)
      .filter((leg) => leg.state === "open" && isReplaced(table, leg, world, now));
    for (const leg of ready.slice(0, DRAIN.atOnce)) {
      const left: Leg = { ...leg, state: "leaving", since: now };
      table.set(left);
      leaving.push(left);
    }
  }
  return leaving;
}

/** When to plan again although nothing changes: milliseconds since the Unix epoch, or null. */
export function nextPlanAt(table: LegTable, world: LegWorld, now: number): number | null {
  const rooms = [...world.relays].flatMap(([relay, state]) =>
    state === "on" ? (table.portFreesAt(relay, now) ?? []) : [],
  );
  const moments = table.relays().flatMap((relay) => {
    const legs = table.ofRelay(relay);
    const ends = legs.filter(({ state }) => state === "leaving").map(({ since }) => since + LEAVE_MS);
    const drains = world.relays.get(relay) === "drain" && legs.some(({ state }) => state === "open");
    return drains ? [...ends, now + DRAIN.everyMs] : ends;
  });
  const all = [...rooms, ...moments];
  return all.length > 0
    ? Math.max(
        now,
        all.reduce((a, b) => Math.min(a, b)),
      )
    : null;
}

/**
 * Which relays stand, and which of them are full, in one text. While it is the same, a change concerns its own nodes alone. When it
 * is another one, any pair may get a leg that it had to do without, or lose one.
 */
export const roomOf = (table: LegTable, { relays }: LegWorld, now: number): string =>
  JSON.stringify([...relays].map(([relay, state]) => [relay, state, table.freePort(relay, now) === null]));

/** A leg ends with the relay, with the link of its pair, and some time after it began to leave. */
const hasEnded = ({ relay, ends: [a, b], state, since }: Leg, world: LegWorld, now: number): boolean =>
  !world.relays.has(relay) || !world.linksOf(a).has(b) || (state === "leaving" && since + LEAVE_MS <= now);

/** Whether a leg is one of those that a pair is to have. */
const isFirm = ({ relay, state }: Leg, world: LegWorld): boolean =>
  state === "open" && world.relays.get(relay) === "on";

const isReplaced = (table: LegTable, leg: Leg, world: LegWorld, now: number): boolean =>
  table.between(...leg.ends).some((other) => isFirm(other, world) && other.since + KNOWN_MS <= now);

function pairsOf(world: LegWorld, nodes: readonly string[]): readonly (readonly [string, string])[] {
  const seen = new Set(nodes);
  return nodes.flatMap((node) =>
    [...world.linksOf(node)]
      // A pair of two concerned nodes comes with the first one.
      .filter((peer) => node < peer || !seen.has(peer))
      .sort()
      .map((peer) => (node < peer ? ([node, peer] as const) : ([peer, node] as const))),
  );
}

/** The relay that carries least, of those that are neither an end of the pair nor carry it already. */
function placeFor(
  table: LegTable,
  world: LegWorld,
  ends: readonly [string, string],
  now: number,
): Pick<Leg, "relay" | "port"> | null {
  const taken = new Set([...ends, ...table.between(...ends).map(({ relay }) => relay)]);
  let best: Pick<Leg, "relay" | "port"> | null = null;
  for (const [relay, state] of world.relays) {
    if (state !== "on" || taken.has(relay) || !isLighter(table, relay, best?.relay)) continue;
    const port = table.freePort(relay, now);
    if (port !== null) best = { relay, port };
  }
  return best;
}

function isLighter(table: LegTable, relay: string, than: string | undefined): boolean {
  if (than === undefined) return true;
  const [load, other] = [table.load(relay), table.load(than)];
  return load < other || (load === other && relay < than);
}
