import { comparePrefixes, contains, formatPrefix, type Prefix, subtract } from "../net/prefix.ts";
import { LIMITS } from "../node/config/types.ts";
import { closeness, type Member } from "./membership.ts";

/**
 * Through whom a node reaches the blocks that it may reach. Several routers can forward to a block, and blocks can lie
 * inside one another, but a packet takes one way: that of the smallest permitted block around its address, and there
 * the router with the closest approved route, of equal ones the node itself, else the one with the lowest id. What is
 * kept apart so is cut out of the larger blocks around it.
 */
export class RouteClaims {
  readonly #claims = new Map<string, { readonly prefix: Prefix; readonly routers: Set<Member> }>();

  /** The viewer may exchange packets with the block, and this router forwards to it. */
  add(prefix: Prefix, router: Member): void {
    const text = formatPrefix(prefix);
    const claim = this.#claims.get(text);
    if (claim) claim.routers.add(router);
    else this.#claims.set(text, { prefix, routers: new Set([router]) });
  }

  /** The prefixes per router's id, without overlap, at most `LIMITS.routesPerPeer` of one router. */
  assign(viewer: Member): ReadonlyMap<string, readonly string[]> {
    const routes = new Map<string, string[]>();
    if (this.#claims.size === 0) return routes;
    for (const own of viewer.forwards) this.add(own, viewer);
    for (const { prefix, owner, holes } of this.#owned(viewer)) {
      if (owner === viewer.facts.id) continue;
      const pieces = routes.get(owner) ?? [];
      for (const piece of subtract(prefix, holes)) {
        if (pieces.length < LIMITS.routesPerPeer) pieces.push(formatPrefix(piece));
      }
      routes.set(owner, pieces);
    }
    return routes;
  }

  /** The claims that change the owner, each with the claims of others that lie directly in it. */
  #owned(viewer: Member): readonly Owned[] {
    const owned: Owned[] = [];
    const around: Owned[] = [];
    const sorted = [...this.#claims.values()].sort((a, b) => comparePrefixes(a.prefix, b.prefix));
    for (const { prefix, routers } of sorted) {
      let outer = around.at(-1);
      while (outer && !contains(outer.prefix, prefix)) {
        around.pop();
        outer = around.at(-1);
      }
      const owner = ownerOf(prefix, routers, viewer);
      if (outer?.owner === owner) continue;
      outer?.holes.push(prefix);
      const claim: Owned = { prefix, owner, holes: [] };
      owned.push(claim);
      around.push(claim);
    }
    return owned;
  }
}

interface Owned {
  readonly prefix: Prefix;
  readonly owner: string;
  readonly holes: Prefix[];
}

function ownerOf(prefix: Prefix, routers: ReadonlySet<Member>, viewer: Member): string {
  let best = viewer;
  let closest = closeness(viewer, prefix);
  for (const router of routers) {
    const close = closeness(router, prefix);
    const isLower = best !== viewer && router.facts.id < best.facts.id;
    if (close > closest || (close === closest && isLower)) {
      best = router;
      closest = close;
    }
  }
  return best.facts.id;
}
