import { contains, prefixOf } from "../../../shared/net/prefix.ts";
import { called, NODES_ADDRESSES, printSelector } from "../../../shared/segments/selector.ts";
import type { Selector } from "../../../shared/segments/types.ts";
import { Refused } from "../../platform/refused.ts";
import { invalidRule } from "./mesh-rule-terms.ts";
import { findService } from "./mesh-service-rows.ts";
import { microsegmentCalled } from "./microsegments.ts";
import { findNode } from "./nodes.ts";
import { findSegment } from "./segments.ts";
import { findUser } from "./users.ts";

/** Selectors of rules and tests between the names that people write and the ids that are stored. */

/** Finds what is stored for each name in a selector. A lookup refuses an unknown name. */
export interface SelectorLookups {
  /** Finds a home segment or a microsegment. No two of them have one name. */
  readonly segment: (reference: string) => Promise<string> | string;
  readonly node: (reference: string) => Promise<string> | string;
  /** Returns the service's id. */
  readonly service: (reference: string) => Promise<string> | string;
  /** Returns the user's e-mail address. */
  readonly user: (reference: string) => Promise<string> | string;
  /** The IPv6 prefix of the nodes' own addresses. Null before there is a mesh. */
  readonly overlay: () => Promise<string | null>;
}

/** The IPv6 prefix of the nodes' own addresses, which each network has for itself. Null before there is a mesh. */
export const overlayIn = (db: D1Database): Promise<string | null> =>
  db.prepare("SELECT ipv6_prefix FROM mesh_state").first<string>("ipv6_prefix");

export const inRegistry = (db: D1Database): SelectorLookups => ({
  segment: async (reference) =>
    (await microsegmentCalled(db, reference))?.id ?? (await findSegment(db, reference)).id,
  node: async (reference) => (await findNode(db, reference)).id,
  service: async (reference) => (await findService(db, reference)).id,
  user: async (reference) => (await findUser(db, reference)).email,
  overlay: () => overlayIn(db),
});

/** The selector with ids instead of names. Refuses with the place that names something unknown. */
export const selectorById = (find: SelectorLookups, selector: Selector, path: string): Promise<Selector> =>
  found(
    async () => {
      switch (selector.kind) {
        case "segment":
          return { kind: "segment", segment: await find.segment(selector.segment) };
        case "node":
          return { kind: "node", node: await find.node(selector.node) };
        case "user":
          return { kind: "user", user: await find.user(selector.user) };
        case "subnet":
          await refuseOverlay(find, selector.prefix, path);
          return selector;
        default:
          return selector;
      }
    },
    { path, entry: printSelector(selector) },
  );

/** Nodes' own addresses are behind no router. Those of IPv4 are the same everywhere, so the text alone is refused. */
async function refuseOverlay(find: SelectorLookups, text: string, path: string): Promise<void> {
  const prefix = prefixOf(text);
  if (prefix?.version !== 6) return;
  const overlay = prefixOf((await find.overlay()) ?? "");
  if (!overlay || !contains(overlay, prefix)) return;
  const message = `subnet:${text}: ${NODES_ADDRESSES.problem}. ${NODES_ADDRESSES.remedy}.`;
  invalidRule({ path, message });
}

/** If the text names a missing thing, the text is wrong, not the path of the request. */
export async function found<T>(
  look: () => Promise<T> | T,
  { path, entry }: { readonly path: string; readonly entry: string },
): Promise<T> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof Refused && error.refusal.code === "not_found") {
      return invalidRule({ path, message: `${entry} names something that does not exist` });
    }
    throw error;
  }
}

/** Gives selectors names instead of ids. If a thing is gone, its id is shown. */
export async function namesIn(
  db: D1Database,
  selectors: readonly Selector[],
): Promise<(selector: Selector) => Selector> {
  const ids = selectors.flatMap((selector) =>
    selector.kind === "segment" ? [selector.segment] : selector.kind === "node" ? [selector.node] : [],
  );
  return called(await namesOf(db, ids));
}

async function namesOf(db: D1Database, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const list = JSON.stringify([...new Set(ids)]);
  const { results } = await db
    .prepare(
      `SELECT id, name FROM segments WHERE id IN (SELECT value FROM json_each(?1))
       UNION ALL SELECT id, name FROM microsegments WHERE id IN (SELECT value FROM json_each(?1))
       UNION ALL SELECT id, name FROM nodes WHERE id IN (SELECT value FROM json_each(?1))`,
    )
    .bind(list)
    .all<{ id: string; name: string }>();
  return new Map(results.map(({ id, name }) => [id, name]));
}
