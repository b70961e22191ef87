import type { RiskSignal } from "./signal.ts";
import type { RiskSource } from "./source.ts";

/** What a request shows of its sender without any program on the device. Null: not known here. */
export interface Seen {
  /** ISO 3166-1, as the platform states it. */
  readonly country: string | null;
  /** The number of the network (autonomous system), as the platform states it. */
  readonly asn: number | null;
  /** The kind of browser, without its version. Empty for a request that names none. */
  readonly agent: string;
}

/** Where and with what one session was used. */
export interface Whereabouts {
  /** Each once, the present one last. */
  readonly countries: readonly string[];
  /** The networks in use, the present one last, with the times at which the session came to them. */
  readonly networks: readonly { readonly asn: number; readonly at: number }[];
  readonly agent: string;
  /** Whether the platform names the place now. */
  readonly isPlaced: boolean;
  /** When the last change was noted. */
  readonly at: number;
}

/** A request came from somewhere else, or in another way, than the one before. */
export interface WhereaboutsEvent {
  readonly seen: Seen;
  readonly at: number;
}

/** How long after a change of network a return counts as use from two places at once, in milliseconds. */
export const WINDOW_MS = 10 * 60_000;
/**
 * A session's changes are noted at most this often, in milliseconds, so that no cookie makes its object write for
 * each request. A change that lasts is noted by a later request.
 */
export const QUIET_MS = 1_000;
/** How many countries and networks of a session are remembered. The oldest is forgotten. */
export const MOST_PLACES = 8;

const HOUR = 3_600;
/**
 * What each rule finds. All of them together stay below the default `allowedRisk`: what a request shows can be
 * changed by whoever sends it, so it asks for a proof and never ends a session by itself.
 */
const RULES = {
  new_country: { score: 35, halfLifeSeconds: 12 * HOUR },
  new_network: { score: 10, halfLifeSeconds: 4 * HOUR },
  two_networks: { score: 30, halfLifeSeconds: HOUR },
  agent_changed: { score: 35, halfLifeSeconds: 4 * HOUR },
  place_hidden: { score: 20, halfLifeSeconds: 4 * HOUR },
} as const;
export type WhereaboutsKind = keyof typeof RULES;

const NAME = "whereabouts";

/**
 * The rules on what requests of one session show: another country, another network, another kind of browser, two
 * networks at once. A fact that is not known is compared with nothing. But a place that was known and is not known
 * any more is a finding itself, so nobody looks harmless by hiding it.
 */
export const WHEREABOUTS: RiskSource<Seen, Whereabouts, WhereaboutsEvent> = {
  name: NAME,
  decide(memory, seen, now) {
    const event = { seen, at: now };
    if (memory === null) return { events: [event], signals: [] };
    if (now - memory.at < QUIET_MS || !isElsewhere(memory, seen)) return { events: [], signals: [] };
    return { events: [event], signals: kindsOf(memory, seen, now).map((kind) => signalOf(kind, now)) };
  },
  apply(memory, { seen, at }) {
    const { country, asn, agent } = seen;
    const { countries, networks } = memory ?? { countries: [], networks: [] };
    return {
      countries: country === null ? countries : [...without(countries, country), country].slice(-MOST_PLACES),
      networks:
        asn === null || asn === networks.at(-1)?.asn
          ? networks
          : [...networks.filter((one) => one.asn !== asn), { asn, at }].slice(-MOST_PLACES),
      agent,
      isPlaced: isPlaced(seen),
      at,
    };
  },
};

const isPlaced = ({ country, asn }: Seen): boolean => country !== null || asn !== null;
const without = <T>(list: readonly T[], gone: T): T[] => list.filter((one) => one !== gone);

/** Whether a request shows anything that the one before did not. */
export const isElsewhere = (memory: Whereabouts, seen: Seen): boolean =>
  seen.agent !== memory.agent ||
  isPlaced(seen) !== memory.isPlaced ||
  (seen.country !== null && seen.country !== memory.countries.at(-1)) ||
  (seen.asn !== null && seen.asn !== memory.networks.at(-1)?.asn);

function kindsOf(memory: Whereabouts, seen: Seen, now: number): WhereaboutsKind[] {
  const { country, asn, agent } = seen;
  const kinds: WhereaboutsKind[] = [];
  if (memory.isPlaced && !isPlaced(seen)) kinds.push("place_hidden");
  if (country !== null && memory.countries.length > 0 && !memory.countries.includes(country))
    kinds.push("new_country");
  const here = memory.networks.at(-1);
  if (asn !== null && here && asn !== here.asn) {
    const isKnown = memory.networks.some((one) => one.asn === asn);
    if (!isKnown) kinds.push("new_network");
    // A phone that leaves the house changes its network once. Two users of one cookie change it to and fro.
    else if (now - here.at <= WINDOW_MS) kinds.push("two_networks");
  }
  if (agent !== memory.agent) kinds.push("agent_changed");
  return kinds;
}

const signalOf = (kind: WhereaboutsKind, at: number): RiskSignal => ({
  source: NAME,
  kind,
  at,
  ...RULES[kind],
});

/** What the rules could not look at, because the platform does not name it here. */
export const unmeasuredOf = (memory: Whereabouts | null): ("country" | "network")[] => [
  ...(memory === null || memory.countries.length === 0 ? (["country"] as const) : []),
  ...(memory === null || memory.networks.length === 0 ? (["network"] as const) : []),
];

/** The most characters of a browser's name that are compared. */
const MOST_AGENT = 200;

/** The kind of browser that a `User-Agent` names: without versions, so that an update is no change. */
export const agentKind = (userAgent: string): string =>
  userAgent
    .slice(0, MOST_AGENT * 2)
    .replaceAll(/\/?[\d._]+/g, "")
    .slice(0, MOST_AGENT);
