import { contains, formatPrefix, hostOf, isDefaultRoute, type Prefix, prefixOf } from "../../net/prefix.ts";
import { INTERNET, routedSet } from "../algebra/address-line.ts";
import { isWithin } from "../algebra/intervals.ts";
import type { Permissions } from "../algebra/permissions.ts";
import type { World } from "../types.ts";

/** One end of a question: a node, or an address that packets reach through it. */
export interface End {
  readonly node: string;
  /** Null: the node itself. */
  readonly address: string | null;
}

/**
 * The node before an address that is no node's own, seen from another node: the peer to which it sends packets for the address.
 * Where none is, the router whose approved route is the closest one, since it would be that one. Null: nobody forwards to it.
 */
export function routerTo(
  address: string,
  viewer: string | null,
  permissions: Permissions,
  { nodes }: World,
): string | null {
  const host = hostOf(address);
  if (!host) return null;
  const self = viewer === null ? undefined : nodes.get(viewer);
  const exit = isOutside(host) && self && !self.routes.some(isDefault) ? self.exitNode : null;
  const leading = (id: string, routes: readonly string[]) =>
    [id, routes.filter((route) => id === exit || !isDefault(route))] as const;
  const links = viewer === null ? [] : [...permissions.linksOf(viewer).values()];
  const others = [...nodes.values()].filter(({ id, quarantined }) => id !== viewer && !quarantined);
  return (
    closest(
      host,
      links.map(({ peer, routes }) => leading(peer, routes)),
    ) ??
    closest(
      host,
      others.map(({ id, routes }) => leading(id, routes)),
    )
  );
}

function closest(
  host: Prefix,
  routers: readonly (readonly [id: string, routes: readonly string[]])[],
): string | null {
  let best: { readonly id: string; readonly length: number } | null = null;
  for (const [id, routes] of routers) {
    for (const text of routes) {
      const route = prefixOf(text);
      if (route && contains(route, host) && route.length > (best?.length ?? -1))
        best = { id, length: route.length };
    }
  }
  return best?.id ?? null;
}

const isOutside = (host: Prefix): boolean => isWithin(routedSet([formatPrefix(host)]), INTERNET);

function isDefault(text: string): boolean {
  const route = prefixOf(text);
  return route !== null && isDefaultRoute(route);
}

/** Whether the text is one address. */
export const isAddress = (text: string): boolean => hostOf(text) !== null;
