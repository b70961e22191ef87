import { contains, type Prefix } from "../../net/prefix.ts";
import { isRefusal, readRoute } from "./check-addresses.ts";
import { canonicalPrefix } from "./prefixes.ts";
import { type ConfigRefusal, refused } from "./refusals.ts";
import type { Overlay } from "./root-check.ts";
import type { Grant, PeerDocument } from "./types.ts";

export interface GrantBounds {
  /** The ids of the rules that the component explains. */
  readonly rules: ReadonlySet<string>;
  /** The prefixes that this node forwards to. */
  readonly forwards: readonly Prefix[];
  readonly overlay: Overlay;
}

/**
 * Finds a grant that cites no known rule, or that lets addresses through which this node does not own or forward to.
 * Null when all grants are good. The addresses behind the peer need no check here: WireGuard only takes packets from
 * the peer's routes.
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
