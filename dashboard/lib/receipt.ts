import { formatCount, formatMoment } from "./format.ts";

interface Receipt {
  readonly concerned: number;
  readonly acknowledged: number;
  readonly acknowledgedWithinMs: number | null;
  readonly goneAt: number | null;
}

/** `Gone on 9,996 of 10,000 nodes in 2.1 s; the other 4 hold leases until 14:03:20.` */
export function receiptInWords({ concerned, acknowledged, acknowledgedWithinMs, goneAt }: Receipt): string {
  if (concerned === 0) return "No node had it as a peer.";
  const took = acknowledgedWithinMs === null ? "" : ` in ${(acknowledgedWithinMs / 1_000).toFixed(1)} s`;
  const gone = `Gone on ${formatCount(acknowledged)} of ${formatCount(concerned)} nodes${took}`;
  const left = concerned - acknowledged;
  if (left <= 0) return `${gone}.`;
  const until = goneAt === null ? "" : ` until ${formatMoment(goneAt)} at the latest`;
  const others = left === 1 ? "the other one may hold it" : `the other ${formatCount(left)} may hold it`;
  return `${gone}; ${others}${until}.`;
}
