import type { Traffic } from "../node/config/types.ts";

/** Traffic as sets of packets: which lists have packets in common, and which contain others. */

type Ports = Traffic["ports"];
const ALL_PORTS: Ports = [[1, 65_535]];

const portsOf = ({ ports }: Traffic): Ports => (ports.length === 0 ? ALL_PORTS : ports);

/** Whether some packet belongs to both lists. */
export const sharesTraffic = (a: readonly Traffic[], b: readonly Traffic[]): boolean =>
  a.some((one) => b.some((other) => shares(one, other)));

function shares(a: Traffic, b: Traffic): boolean {
  if (a.family !== undefined && b.family !== undefined && a.family !== b.family) return false;
  if (a.protocol === "any" || b.protocol === "any") return true;
  if (a.protocol !== b.protocol) return false;
  return portsOf(a).some(([from, to]) => portsOf(b).some(([first, last]) => from <= last && first <= to));
}

/** The packets that belong to both. Null when there are none. */
export function commonTraffic(a: Traffic, b: Traffic): Traffic | null {
  if (!shares(a, b)) return null;
  const family = a.family ?? b.family;
  const [wide, narrow] = a.protocol === "any" ? [a, b] : [b, a];
  const ports = wide.protocol === "any" ? narrow.ports : commonPorts(a.ports, b.ports);
  return { protocol: narrow.protocol, ...(family && { family }), ports };
}

function commonPorts(a: Ports, b: Ports): Ports {
  if (a.length === 0 || b.length === 0) return a.length === 0 ? b : a;
  return a.flatMap(([from, to]) =>
    b.flatMap(([first, last]): Ports => {
      const [low, high] = [Math.max(from, first), Math.min(to, last)];
      return low <= high ? [[low, high]] : [];
    }),
  );
}

/** Whether every packet of `inner` belongs to `outer`. `any` is more than the protocols that have names. */
export const coversTraffic = (outer: readonly Traffic[], inner: readonly Traffic[]): boolean =>
  inner.every((traffic) =>
    (traffic.family === undefined ? ([4, 6] as const) : [traffic.family]).every((family) =>
      covers(
        outer.filter((each) => each.family === undefined || each.family === family),
        traffic,
      ),
    ),
  );

function covers(outer: readonly Traffic[], traffic: Traffic): boolean {
  if (outer.some(({ protocol }) => protocol === "any")) return true;
  const same = outer.filter(({ protocol }) => protocol === traffic.protocol);
  if (traffic.protocol === "any" || same.length === 0) return false;
  return portsOf(traffic).every((range) => isFilled(range, same.flatMap(portsOf)));
}

/** Whether the ranges together contain every port of the range. */
function isFilled([from, to]: Ports[number], ranges: Ports): boolean {
  let next = from;
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    if (first > next) break;
    next = Math.max(next, last + 1);
  }
  return next > to;
}
