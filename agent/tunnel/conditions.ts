import type { Condition } from "../../shared/node/protocol/types.ts";
import { condition } from "../health/condition.ts";
import { isDefaultRoute } from "./addresses.ts";
import { localNetworksOf } from "./routing.ts";
import type { Observed, Tunnel } from "./tunnel.ts";

/** Finds what this machine lacks although no step failed. */
export function conditionsOf(now: Observed, wanted: Tunnel): Condition[] {
  const local = localNetworksOf(wanted, now.machineRoutes);
  return [
    ...(now.ipv6
      ? []
      : [condition("ipv6_off", "IPv6 is switched off on this machine: the tunnel carries IPv4 only")]),
    ...(local.length > 0
      ? [
          condition(
            "network_local",
            `This machine has routes of its own to networks that peers offer, and uses these: ${some(local)}`,
          ),
        ]
      : []),
    ...exitConditions(wanted),
  ];
}

function exitConditions({ exit, peers }: Tunnel): Condition[] {
  if (exit === null) return [];
  const open = new Set(peers.flatMap(({ networks }) => networks.filter(isDefaultRoute)));
  const lacks = [open.has("0.0.0.0/0") ? [] : "IPv4", open.has("::/0") ? [] : "IPv6"].flat();
  if (lacks.length === 0) return [];
  const what = `The exit node does not carry ${lacks.join(" and ")}`;
  return [
    exit.isRequired
      ? condition("exit_shut", `${what}: what would go through it goes nowhere (see --exit-fallback)`)
      : condition("exit_unused", `${what}: what would go through it goes out directly`),
  ];
}

const some = (items: readonly string[]): string =>
  items.length > 5 ? `${items.slice(0, 5).join(", ")} and ${items.length - 5} more` : items.join(", ");
