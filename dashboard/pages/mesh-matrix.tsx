import { useState } from "react";
import type { Answer } from "../../shared/api/endpoints.ts";
import { useApi } from "../api.ts";
import { Empty, Loaded } from "../components/states.tsx";

type Matrix = Answer<"mesh.matrix">;
type Cell = Matrix["cells"][number];

const AXES = [
  ["segments", "By segment"],
  ["tags", "By tag"],
] as const;

/** Which groups of nodes reach which, and what between all or some of their nodes. */
export function MeshMatrix() {
  const [axis, setAxis] = useState<(typeof AXES)[number][0]>("segments");
  const matrix = useApi("mesh.matrix", { query: { axis } });
  return (
    <section className="card" aria-labelledby="matrix">
      <h2 id="matrix">By groups</h2>
      <div className="actions">
        {AXES.map(([id, label]) => (
          <button
            key={id}
            type="button"
            className="button plain"
            aria-pressed={axis === id}
            onClick={() => setAxis(id)}
          >
            {label}
          </button>
        ))}
      </div>
      <Loaded query={matrix}>{(data) => <MatrixTable matrix={data} />}</Loaded>
    </section>
  );
}

function MatrixTable({ matrix }: { readonly matrix: Matrix }) {
  const { groups, cells, more } = matrix;
  if (groups.length === 0) return <Empty>No node is in a group.</Empty>;
  const cellAt = new Map(cells.map((cell) => [`${cell.from} ${cell.to}`, cell]));
  const hasNetworks = cells.some(({ to }) => to === null);
  const columns = [...groups.map((_, place): number | null => place), ...(hasNetworks ? [null] : [])];
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="table-wrap" aria-label="Who reaches whom" tabIndex={0}>
        <table className="matrix">
          <caption className="hidden">Which group of nodes reaches which</caption>
          <thead>
            <tr>
              <th scope="col">From ↓ to →</th>
              {columns.map((place) => (
                <th key={place ?? "networks"} scope="col">
                  {place === null ? "networks, Internet" : groups[place]?.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {groups.map((group, from) => (
              <tr key={group.name}>
                <th scope="row">
                  {group.name} <span className="muted">{group.nodes}</span>
                </th>
                {columns.map((to) => (
                  <td key={to ?? "networks"}>
                    <CellText cell={cellAt.get(`${from} ${to}`)} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {more > 0 && <p className="muted">{more} smaller groups are not shown.</p>}
    </>
  );
}

/** What passes between all nodes of the two groups, and else between how many pairs something does. */
function CellText({ cell }: { readonly cell: Cell | undefined }) {
  if (!cell) return <span className="muted">–</span>;
  const isSame = cell.pairs === cell.of && cell.some.join() === cell.all.join();
  return (
    <>
      <code>{cell.some.join(", ")}</code>
      {!isSame && (
        <div className="muted">
          {cell.pairs === cell.of ? "not all of it everywhere" : `${cell.pairs} of ${cell.of} pairs`}
        </div>
      )}
    </>
  );
}
