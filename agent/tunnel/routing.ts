import { contains, type Prefix, prefixOf } from "../../shared/net/prefix.ts";
import { familyOf, isDefaultRoute } from "./addresses.ts";
import type { RouteTable } from "./numbers.ts";
import type { MachineRoute, Tunnel } from "./tunnel.ts";

/**
 * Where the agent's routes and routing rules come from (`docs/decisions/0013`). All routes stand in tables of its own, and
 * rules say when these are asked: nothing that the machine routes itself is ever replaced.
 */

type Wanted = Pick<Tunnel, "peers" | "exit">;

/** A route as `<table> <prefix>`; `closed` stands in the table of the exit, and leads nowhere. */
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

/** What is routed into the interface; with an exit node that is relied on, also that nothing may go elsewhere. */
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

/** Kinds of rules that are about all destinations of a family. */
type OfAll = "tunnel" | "peers" | "machine" | "networks" | "exit" | "exit-own" | "end";

/** Which table of routes is asked about which packets, in one family. `routingRulesOf` says what each kind is for. */
export type RoutingRule = { readonly family: 4 | 6 } & (
  | { readonly kind: OfAll }
  | { readonly kind: "bypass"; readonly address: string }
  | { readonly kind: "finer" | "ahead"; readonly network: string }
  /** One with the agent's mark, table or group that it would not make: somebody changed it, and it is only taken away. */
  | { readonly kind: "strange"; readonly selection: readonly string[] }
);

/** A text that equal rules share and unequal ones do not. */
export function ruleKey(rule: RoutingRule): string {
  const { family, kind } = rule;
  if (kind === "bypass") return `${family} bypass ${rule.address}`;
  if (kind === "finer" || kind === "ahead") return `${family} ${kind} ${rule.network}`;
  return kind === "strange" ? `${family} strange ${rule.selection.join(" ")}` : `${family} ${kind}`;
}

/**
 * The routing rules, in the order in which they are asked:
 * - `tunnel` leads the tunnel's own packets past all of them, to `end`;
 * - `bypass`: the hub's addresses go as the machine routes them, or one route around the hub would cut the node off from
 *   whoever could take it back;
 * - `peers`: overlay addresses;
 * - `finer` and `ahead`: a network of the tunnel that the machine's own, coarser route through a gateway would hide;
 * - `machine`: everything that the machine has a route for, but for its default route: what is connected to it directly wins;
 * - `networks`, `exit`: what lies behind peers. `exit-own` is the exit for this machine's own packets alone.
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

/** Networks behind peers that this machine reaches in a way of its own, and so not through the tunnel. */
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

/** Routes of the machine, but for default ones, that take a whole prefix. */
const covers = (prefix: Prefix, machine: readonly MachineRoute[]): MachineRoute[] =>
  machine.filter((route) => {
    const own = isDefaultRoute(route.prefix) ? null : prefixOf(route.prefix);
    return own !== null && contains(own, prefix);
  });

/** The finer route counts, as everywhere in routing, unless a network is in the way that is connected directly. */
function isHiddenByGateway(network: string, machine: readonly MachineRoute[]): boolean {
  const prefix = prefixOf(network);
  if (prefix === null) return false;
  const covering = covers(prefix, machine);
  return covering.length > 0 && covering.every((route) => !route.isDirect && route.prefix !== network);
}
