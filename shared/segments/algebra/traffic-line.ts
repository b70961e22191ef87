import { icmpRequestsOf } from "../../node/config/icmp.ts";
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
type Protocol = (typeof PROTOCOLS)[number];
const FAMILIES = [4, 6] as const;
type Family = (typeof FAMILIES)[number];
type Ports = Intervals<number>;

/** The points of a stretch. A request of ICMP is a point, and what has neither ports nor requests is one point. */
const FULL: Readonly<Record<Protocol, (family: Family) => Ports>> = {
  tcp: () => [[1, STRETCH]],
  udp: () => [[1, STRETCH]],
  icmp: (family) => intervals(icmpRequestsOf(family).map(({ number }) => [number, number + 1] as const)),
  other: () => [[0, 1]],
};

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
      const full = FULL[one](each);
      const named = intervals(ports.map(([from, to]) => [from, to + 1] as const));
      return (ports.length === 0 ? full : intersection(full, named)).map(
        ([from, until]): [number, number] => [start + from, start + until],
      );
    }),
  );
}

export const ALL_TRAFFIC: TrafficSet = trafficSet([{ protocol: "any", ports: [] }]);

/** The part of the set that is of one family. */
export const ofFamily = (set: TrafficSet, family: Family): TrafficSet =>
  intersection(set, trafficSet([{ protocol: "any", family, ports: [] }]));

/** The set in the words of rules. */
export const printTrafficSet = (set: TrafficSet): string[] => trafficIn(set).map(printTraffic);

/** The set as rules have it: one entry for each protocol, or one of each family where the families differ. */
export function trafficIn(set: TrafficSet): Traffic[] {
  if (isSameSet(set, ALL_TRAFFIC)) return [{ protocol: "any", ports: [] }];
  return PROTOCOLS.flatMap((protocol) => {
    const [four, six] = FAMILIES.map((family) => entryOf(set, family, protocol));
    const isSame = four && six && printTraffic({ ...four, family: 6 }) === printTraffic(six);
    if (isSame) return [{ protocol, ports: four.ports }];
    return [four, six].filter((entry) => entry !== null && entry !== undefined);
  });
}

/** What the set has of a protocol of a family. Null: nothing. */
function entryOf(set: TrafficSet, family: Family, protocol: Protocol): Traffic | null {
  const ports = portsIn(set, family, protocol);
  if (ports.length === 0) return null;
  const isFull = isSameSet(ports, FULL[protocol](family));
  return { protocol, family, ports: isFull ? [] : ports.map(([from, until]) => [from, until - 1] as const) };
}

function portsIn(set: TrafficSet, family: Family, protocol: Protocol): Ports {
  const start = startOf(family, protocol);
  return intersection(set, [[start, start + STRETCH]]).map(([first, end]): [number, number] => [
    first - start,
    end - start,
  ]);
}

/** One packet of a set. */
export interface Sample {
  readonly family: Family;
  /** In the words of rules: `tcp/443`, `icmp/echo-request`, or `other`. */
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
