import { useApi } from "../api.ts";
import { DataTable } from "../components/data-table.tsx";
import { Loaded } from "../components/states.tsx";
import type { Node } from "./node-page.tsx";
import { usedPathColumns } from "./path-columns.tsx";

const EVERY = 15_000;
/** Both directions of each pair are in the answer. */
const MOST = 5_000;

const COLUMNS = usedPathColumns("Peer");

/** By which paths the node sends to its peers now, and how well, as it measured them itself. */
export function NodePaths({ node }: { readonly node: Node }) {
  const status = useApi("mesh.status", { query: { node: node.id, limit: MOST } }, { every: EVERY });
  return (
    <section className="card">
      <h2>Paths in use</h2>
      <Loaded query={status}>
        {({ items, missing }) => {
          const own = items.filter((path) => path.node === node.id);
          if (own.length > 0)
            return (
              <DataTable
                caption={`Paths of ${node.name}`}
                columns={COLUMNS}
                rows={own}
                keyOf={({ peer }) => peer}
              />
            );
          return missing.includes(node.segment) ? (
            <p className="notice warn">Its segment did not answer.</p>
          ) : (
            <p className="muted">It has measured no path. Agents do so since capability 6.</p>
          );
        }}
      </Loaded>
    </section>
  );
}
