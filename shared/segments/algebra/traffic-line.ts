import type { Traffic } from "../../node/config/types.ts";
import { printTraffic } from "../traffic.ts";
import { type Intervals, intersection, intervals, isSameSet, union } from "./intervals.ts";

/**
 * Traffic as a set of points on one line. Each protocol of each family of addresses has a stretch of the line with a point
 * for each port. So sets of packets are united, cut and subtracted as intervals.
 */
export type TrafficSet = Intervals<number>;

const STRETCH = 65_536;
const PROTOCOLS = ["tcp", "udp", "icmp", "other"] as const;
/** `other`: what `any` has beside the protocols with names. */
type Protocol = (typeof PROTOCOLS)[number];
/** The points of a stretch. A protocol without ports is one point. */
const FULL: Readonly<Record<Protocol, readonly [number, number]>> = {
  tcp: [1, STRETCH],
  udp: [1, STRETCH],
  icmp: [0, 1],
  other: [0, 1],
};
const FAMILIES = [4, 6] as const;
type Family = (typeof FAMILIES)[number];

const startOf = (family: Family, protocol: Protocol): number =>
  ((family === 4 ? 0 : PROTOCOLS.length) + PROTOCOLS.indexOf(protocol)) * STRETCH;

/** The set of packets that the list names. */
export const trafficSet = (traffic: readonly Traffic[]): TrafficSet => intervals(traffic.flatMap(partsOf));

function partsOf({ protocol, family, ports }: Traffic): [number, number][] {
  const families = family === undefined ? FAMILIES : [family];
  const protocols = protocol === "any" ? PROTOCOLS : [protocol];
  return families.flatMap((each) =>
    protocols.flatMap((one) => {
      const start = startOf(each, one);
      const stretches = ports.length === 0 ? [FULL[one]] : ports.map(([from, to]) => [from, to + 1] as const);
      return stretches.map(([from, until]): [number, number] => [start + from, start + until]);
    }),
  );
}

export const ALL_TRAFFIC: TrafficSet = trafficSet([{ protocol: "any", ports: [] }]);

/** The part of the set that is of one family. */
export const ofFamily = (set: TrafficSet, family: Family): TrafficSet =>
  intersection(set, trafficSet([{ protocol: "any", family, ports: [] }]));

/** The set in the words of rules. Protocols that have no name are `other protocols`. */
export function printTrafficSet(set: TrafficSet): string[] {
  if (isSameSet(set, ALL_TRAFFIC)) return ["any"];
  return PROTOCOLS.flatMap((protocol) => {
    const [four, six] = FAMILIES.map((family) => portsIn(set, family, protocol)) as [Ports, Ports];
    const common = intersection(four, six);
    const texts = isSameSet(four, six)
      ? [print(protocol, undefined, common)]
      : [print(protocol, 4, four), print(protocol, 6, six)];
    return texts.filter((text) => text !== null);
  });
}

type Ports = Intervals<number>;

function portsIn(set: TrafficSet, family: Family, protocol: Protocol): Ports {
  const start = startOf(family, protocol);
  const [from, until] = FULL[protocol];
  return intersection(set, [[start + from, start + until]]).map(([first, end]): [number, number] => [
    first - start,
    end - start,
  ]);
}

function print(protocol: Protocol, family: Family | undefined, ports: Ports): string | null {
  if (ports.length === 0) return null;
  if (protocol === "other") return `other protocols${family === undefined ? "" : ` (IPv${family})`}`;
  const isFull = isSameSet(ports, [FULL[protocol]]);
  return printTraffic({
    protocol,
    ...(family !== undefined && { family }),
    ports: isFull ? [] : ports.map(([from, until]) => [from, until - 1] as const),
  });
}

/** One packet of a set. */
export interface Sample {
  readonly family: Family;
  /** In the words of rules: `tcp/443`, `icmp`, or `other protocols`. */
  readonly text: string;
}

/** The first packet of the set. Null of an empty one. */
export function sampleOf(set: TrafficSet): Sample | null {
  const first = set[0]?.[0];
  if (first === undefined) return null;
  const family = first < PROTOCOLS.length * STRETCH ? 4 : 6;
  const [text = ""] = printTrafficSet(union([[first, first + 1]], [[other(first), other(first) + 1]]));
  return { family, text };
}

/** The same point of the other family. */
const other = (point: number): number => {
  const half = PROTOCOLS.length * STRETCH;
  return point < half ? point + half : point - half;
};
