import { contains, type Prefix, prefixOf } from "../../shared/net/prefix.ts";
import { familyOf, isDefaultRoute } from "./addresses.ts";
import type { RouteTable } from "./numbers.ts";
import type { MachineRoute, Tunnel } from "./tunnel.ts";

/**
 * The agent's routes and routing rules (`docs/decisions/0013`). All routes stand in the agent's own tables, and rules
 * say when the kernel asks these tables. So the agent never replaces a route of the machine.
 */

type Wanted = Pick<Tunnel, "peers" | "exit">;

/** A route as `<table> <prefix>`. A `closed` route stands in the table of the exit, and leads nowhere. */
export type RouteText = string;

export interface RouteParts {
  readonly table: RouteTable;
  readonly prefix: string;
  readonly isClosed: boolean;
}

export function routePartsOf(text: RouteText): RouteParts {
  const [kind = "", prefix = ""] = text.split(" ");
  const isClosed = kind === "closed";
  return { table: isClosed ? "exit" : (kind as RouteTable), prefix, isClosed };
}

export const routeTextOf = ({ table, prefix, isClosed }: RouteParts): RouteText =>
  `${isClosed ? "closed" : table} ${prefix}`;

export const familyOfRoute = (text: RouteText): 4 | 6 => familyOf(routePartsOf(text).prefix);

const FAMILIES = [4, 6] as const;
const ALL = { 4: "0.0.0.0/0", 6: "::/0" } as const;

/** The prefixes that are routed into the interface. With a required exit node, closed routes block every other way. */
export function routesOf({ peers, exit }: Wanted): RouteText[] {
  const open = peers.flatMap(({ allowedIps, networks }) => {
    const behind = new Set(networks);
    return allowedIps.map((prefix) => {
      const table = !behind.has(prefix) ? "peers" : isDefaultRoute(prefix) ? "exit" : "networks";
      return routeTextOf({ table, prefix, isClosed: false });
    });
  });
  const closed = exit?.isRequired ? FAMILIES.map((family) => `closed ${ALL[family]}`) : [];
  return [...closed, ...new Set(open)];
}

/** The kinds of rules that cover all destinations of a family. */
type OfAll = "tunnel" | "peers" | "machine" | "networks" | "exit" | "exit-own" | "end";

/** A rule says which routing table answers for which packets, in one family. `routingRulesOf` explains each kind. */
export type RoutingRule = { readonly family: 4 | 6 } & (
  | { readonly kind: OfAll }
  | { readonly kind: "bypass"; readonly address: string }
  | { readonly kind: "finer" | "ahead"; readonly network: string }
  /**
   * A rule with the agent's mark, table or group that the agent would not make. Somebody changed it, so the agent only
   * removes it.
   */
  | { readonly kind: "strange"; readonly selection: readonly string[] }
);

/** Gives a text that is the same for equal rules only. */
export function ruleKey(rule: RoutingRule): string {
  const { family, kind } = rule;
  if (kind === "bypass") return `${family} bypass ${rule.address}`;
  if (kind === "finer" || kind === "ahead") return `${family} ${kind} ${rule.network}`;
  return kind === "strange" ? `${family} strange ${rule.selection.join(" ")}` : `${family} ${kind}`;
}

/**
 * The routing rules, in the order in which the kernel asks them:
 * - `tunnel` leads the tunnel's own packets past all other rules, to `end`.
 * - `bypass` leaves packets to the hub on the machine's own routes. Otherwise one route around the hub would cut the
 *   node off from the hub that could take the route back.
 * - `peers` is for overlay addresses.
 * - `finer` and `ahead` are for a network of the tunnel that a coarser route of the machine through a gateway would
 *   hide.
 * - `machine` is for destinations that the machine itself has a route for, except its default route. A directly
 *   connected network wins.
 * - `networks` and `exit` are for destinations behind peers. `exit-own` is the exit for this machine's own packets
 *   only.
 */
export function routingRulesOf(
  wanted: Pick<Tunnel, "bypass" | "exit">,
  texts: readonly RouteText[],
  machine: readonly MachineRoute[],
): RoutingRule[] {
  const routes = texts.map(routePartsOf);
  return FAMILIES.flatMap((family) => {
    const here = routes.filter(({ prefix }) => familyOf(prefix) === family);
    const has = (table: RouteTable) => here.some((route) => route.table === table);
    const networks = here.filter(({ table }) => table === "networks").map(({ prefix }) => prefix);
    const hidden = networks.filter((network) => isHiddenByGateway(network, machine));
    const beyondPeers = has("networks") || has("exit");
    const bypassed = here.length > 0 ? wanted.bypass.filter((address) => familyOf(address) === family) : [];
    const exit = wanted.exit?.servesForwarded === false ? "exit-own" : "exit";
    const one = (isWanted: boolean, kind: OfAll) => (isWanted ? [{ family, kind } as const] : []);
    const rules: RoutingRule[] = [
      ...bypassed.map((address) => ({ family, kind: "bypass", address }) as const),
      ...one(has("peers"), "peers"),
      ...hidden.flatMap((network) => [
        { family, kind: "finer", network } as const,
        { family, kind: "ahead", network } as const,
      ]),
      ...one(beyondPeers, "machine"),
      ...one(has("networks"), "networks"),
      ...one(has("exit"), exit),
    ];
    return rules.length > 0 ? [...one(true, "tunnel"), ...rules, ...one(true, "end")] : [];
  });
}

/** The networks behind peers that this machine reaches in its own way, and so not through the tunnel. */
export function localNetworksOf(
  { peers }: Pick<Tunnel, "peers">,
  machine: readonly MachineRoute[],
): string[] {
  const networks = [...new Set(peers.flatMap((peer) => peer.networks))].filter((it) => !isDefaultRoute(it));
  return networks.filter((network) => {
    const prefix = prefixOf(network);
    return prefix !== null && covers(prefix, machine).length > 0 && !isHiddenByGateway(network, machine);
  });
}

/** The routes of the machine that cover a whole prefix, except default routes. */
const covers = (prefix: Prefix, machine: readonly MachineRoute[]): MachineRoute[] =>
  machine.filter((route) => {
    const own = isDefaultRoute(route.prefix) ? null : prefixOf(route.prefix);
    return own !== null && contains(own, prefix);
  });

/**
 * Whether a network of the tunnel must win over the machine's coarser route. The finer route wins, as everywhere in
 * routing, unless a directly connected network contains it.
 */
function isHiddenByGateway(network: string, machine: readonly MachineRoute[]): boolean {
  const prefix = prefixOf(network);
  if (prefix === null) return false;
  const covering = covers(prefix, machine);
  return covering.length > 0 && covering.every((route) => !route.isDirect && route.prefix !== network);
}
