import { contains, type Prefix } from "../../net/prefix.ts";
import { isRefusal, readRoute } from "./check-addresses.ts";
import { canonicalPrefix } from "./prefixes.ts";
import { type ConfigRefusal, refused } from "./refusals.ts";
import type { Overlay } from "./root-check.ts";
import type { Grant, PeerDocument } from "./types.ts";

export interface GrantBounds {
  /** Ids of the rules that the component explains. */
  readonly rules: ReadonlySet<string>;
  /** What this node forwards to. */
  readonly forwards: readonly Prefix[];
  readonly overlay: Overlay;
}

/**
 * A grant that cites no rule, or lets addresses through that this node does not stand for; or null. What stands behind
 * the peer is bounded by its routes, out of which alone WireGuard takes packets.
 */
export function grantFault(
  { node, inbound, outbound }: PeerDocument,
  bounds: GrantBounds,
): ConfigRefusal | null {
  const where = `peer ${node}`;
  for (const { rule, from, to } of inbound) {
    const fault =
      ruleFault(rule, bounds, where) ?? ownFault(to, bounds, where) ?? peerFault(from, bounds, where);
    if (fault) return fault;
  }
  for (const { rule, from, to } of outbound) {
    const fault =
      ruleFault(rule, bounds, where) ?? ownFault(from, bounds, where) ?? peerFault(to, bounds, where);
    if (fault) return fault;
  }
  return null;
}

const ruleFault = (rule: Grant["rule"], { rules }: GrantBounds, where: string): ConfigRefusal | null =>
  rules.has(rule)
    ? null
    : refused("RULE_UNKNOWN", where, `The component does not explain the rule ${rule}.`).error;

function ownFault(
  side: readonly string[] | undefined,
  { forwards }: GrantBounds,
  where: string,
): ConfigRefusal | null {
  for (const text of side ?? []) {
    const prefix = canonicalPrefix(text);
    if (!prefix || !forwards.some((range) => contains(range, prefix))) {
      return refused("GRANT_OUTSIDE_ROUTES", where, `This node does not forward to ${text}.`).error;
    }
  }
  return null;
}

function peerFault(
  side: readonly string[] | undefined,
  { overlay }: GrantBounds,
  where: string,
): ConfigRefusal | null {
  for (const text of side ?? []) {
    const prefix = readRoute(text, overlay, where);
    if (isRefusal(prefix)) return prefix;
  }
  return null;
}
