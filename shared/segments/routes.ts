import { comparePrefixes, contains, formatPrefix, type Prefix, subtract } from "../net/prefix.ts";
import { LIMITS } from "../node/config/types.ts";
import { closeness, type Member } from "./membership.ts";

/**
 * Decides through which router a node reaches each permitted block. Several routers can forward to a block, and blocks
 * can lie inside one another, but a packet takes one way. The smallest permitted block around its address decides. In
 * this block, the router with the closest approved route wins. Among equal routers, the node itself wins, then the
 * lowest id. A block with another owner is cut out of the larger blocks around it.
 */
export class RouteClaims {
  readonly #claims = new Map<string, { readonly prefix: Prefix; readonly routers: Set<Member> }>();

  /** Says that the viewer may exchange packets with the block, and that this router forwards to it. */
  add(prefix: Prefix, router: Member): void {
    const text = formatPrefix(prefix);
    const claim = this.#claims.get(text);
    if (claim) claim.routers.add(router);
    else this.#claims.set(text, { prefix, routers: new Set([router]) });
  }

  /** The prefixes of each router's id. They do not overlap, and each router gets at most `LIMITS.routesPerPeer`. */
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

  /**
   * The claims whose owner differs from the owner around them. `holes` are the claims of other owners directly inside.
   */
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
