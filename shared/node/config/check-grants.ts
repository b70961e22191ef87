import { contains, type Prefix } from "../../net/prefix.ts";
import { isRefusal, readRoute } from "./check-addresses.ts";
import { canonicalPrefix } from "./prefixes.ts";
import { type ConfigRefusal, refused } from "./refusals.ts";
import type { Overlay } from "./root-check.ts";
import type { ComponentRule, Grant, PeerDocument } from "./types.ts";

export interface GrantBounds {
  /** The rules that the component explains, by their ids. */
  readonly rules: ReadonlyMap<string, ComponentRule>;
  /** The prefixes that this node forwards to. */
  readonly forwards: readonly Prefix[];
  readonly overlay: Overlay;
}

/**
 * Finds a grant that cites no known rule, or one of the other effect, or that lets addresses through which this node does
 * not own or forward to. Null when all grants are good. A denial may name any addresses. The addresses behind the peer need no check here: WireGuard only takes packets from
 * the peer's routes.
 */
export function grantFault(
  { node, inbound, outbound, denied }: PeerDocument,
  bounds: GrantBounds,
): ConfigRefusal | null {
  const where = `peer ${node}`;
  for (const { rule, from, to } of inbound) {
    const fault =
      ruleFault(rule, "allow", bounds, where) ??
      ownFault(to, bounds, where) ??
      peerFault(from, bounds, where);
    if (fault) return fault;
  }
  for (const { rule, from, to } of outbound) {
    const fault =
      ruleFault(rule, "allow", bounds, where) ??
      ownFault(from, bounds, where) ??
      peerFault(to, bounds, where);
    if (fault) return fault;
  }
  for (const { rule, from, to } of [...(denied?.inbound ?? []), ...(denied?.outbound ?? [])]) {
    const fault =
      ruleFault(rule, "deny", bounds, where) ?? prefixFault([...(from ?? []), ...(to ?? [])], where);
    if (fault) return fault;
  }
  return null;
}

function ruleFault(
  id: Grant["rule"],
  effect: "allow" | "deny",
  { rules }: GrantBounds,
  where: string,
): ConfigRefusal | null {
  const rule = rules.get(id);
  if (!rule) return refused("RULE_UNKNOWN", where, `The component does not explain the rule ${id}.`).error;
  return (rule.effect ?? "allow") === effect
    ? null
    : refused("RULE_MISUSED", where, `The rule ${id} does not ${effect} anything.`).error;
}

function prefixFault(texts: readonly string[], where: string): ConfigRefusal | null {
  const wrong = texts.find((text) => !canonicalPrefix(text));
  return wrong === undefined
    ? null
    : refused("ROUTE_INVALID", where, `${JSON.stringify(wrong)} is no prefix.`).error;
}

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
