import type { Answer } from "../../shared/api/endpoints.ts";
import { instant } from "./values.ts";

const count = (n: number): string => n.toLocaleString("en-GB");

/** A revocation's receipt as a sentence, and the peers that may still hold the node. */
export function receiptText(receipt: Answer<"nodes.revocation">): string {
  const { name, concerned, acknowledged, acknowledgedWithinMs, pending, goneAt } = receipt;
  if (concerned === 0) return `${name} is revoked; no other node had it as a peer.\n`;
  const within = acknowledgedWithinMs === null ? "" : ` in ${(acknowledgedWithinMs / 1000).toFixed(1)} s`;
  const left = concerned - acknowledged;
  const others = left > 0 ? `; the other ${count(left)} hold leases until ${instant(goneAt)}` : "";
  const holders = pending.map((peer) => `  ${peer.name} until ${instant(peer.leaseEndsAt)}\n`).join("");
  return `${name} is gone on ${count(acknowledged)} of ${count(concerned)}${within}${others}.\n${holders}`;
}
