import { icmpRequestsOf } from "../node/config/icmp.ts";
import type { Traffic } from "../node/config/types.ts";

/** The most that rules may let into a microsegment, whatever they allow: enforced by a denial of all the rest. */

/** How many entries of traffic a bound has at most. */
export const BOUND_TRAFFIC = 8;
/** So many ranges an entry of a denial has at most. */
const RANGES = 32;
const PROTOCOLS = ["tcp", "udp", "icmp", "other"] as const;
type Protocol = (typeof PROTOCOLS)[number];
type Ports = Traffic["ports"];

/** All traffic except this. Empty where this is everything. */
export function beyond(bound: readonly Traffic[]): Traffic[] {
  return PROTOCOLS.flatMap((protocol) => {
    const [four, six] = [restOf(bound, protocol, 4), restOf(bound, protocol, 6)];
    if (JSON.stringify(four) === JSON.stringify(six)) return entries({ protocol }, four);
    return [...entries({ protocol, family: 4 }, four), ...entries({ protocol, family: 6 }, six)];
  });
}

/** The ports that are left of a protocol. Null: none. Empty: all. */
function restOf(bound: readonly Traffic[], protocol: Protocol, family: 4 | 6): Ports | null {
  const named = bound.filter(
    (entry) =>
      (entry.protocol === "any" || entry.protocol === protocol) &&
      (entry.family === undefined || entry.family === family),
  );
  if (named.length === 0) return [];
  if (named.some(({ ports }) => ports.length === 0)) return null;
  const ports = named.flatMap((entry) => entry.ports);
  const left = protocol === "icmp" ? requestsBeside(ports, family) : gapsOf(ports);
  return left.length === 0 ? null : left;
}

const requestsBeside = (ports: Ports, family: 4 | 6): Ports =>
  icmpRequestsOf(family)
    .map(({ number }) => [number, number] as const)
    .filter(([number]) => !ports.some(([first]) => first === number));

function gapsOf(ports: Ports): Ports {
  const gaps: [number, number][] = [];
  let next = 1;
  for (const [first, last] of [...ports].sort((a, b) => a[0] - b[0])) {
    if (first > next) gaps.push([next, first - 1]);
    next = Math.max(next, last + 1);
  }
  if (next <= 65_535) gaps.push([next, 65_535]);
  return gaps;
}

function entries(of: Pick<Traffic, "protocol" | "family">, ports: Ports | null): Traffic[] {
  if (ports === null) return [];
  if (ports.length === 0) return [{ ...of, ports }];
  return Array.from({ length: Math.ceil(ports.length / RANGES) }, (_, at) => ({
    ...of,
    ports: ports.slice(at * RANGES, (at + 1) * RANGES),
  }));
}
