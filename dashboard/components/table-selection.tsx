import { useState } from "react";
import type { Bulk } from "./data-table.tsx";

type Key = string | number;

/** Which rows of a table are taken, with the boxes that take them and the bar of what can be done with them. */
export function useSelection<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => Key,
  bulk: Bulk<Row> | undefined,
) {
  const [taken, setTaken] = useState<ReadonlySet<Key>>(new Set());
  if (!bulk) return { bar: null, headBox: null, boxOf: () => null };
  const { nameOf, actions, mayTake = () => true } = bulk;
  const takeable = rows.filter(mayTake);
  // What is no longer shown, or can't be taken any more, is not acted on.
  const chosen = takeable.filter((row) => taken.has(keyOf(row)));
  const toggle = (row: Row) => {
    const next = new Set(taken);
    if (!next.delete(keyOf(row))) next.add(keyOf(row));
    setTaken(next);
  };
  const clear = () => setTaken(new Set());
  const all = chosen.length > 0 && chosen.length === takeable.length;
  return {
    bar: (
      <div className="bulk" role="status">
        {chosen.length > 0 && (
          <>
            <strong>{chosen.length === 1 ? "1 is taken" : `${chosen.length} are taken`}</strong>
            {actions(chosen, clear)}
            <button type="button" className="link-button" onClick={clear}>
              Take none
            </button>
          </>
        )}
      </div>
    ),
    headBox: (
      <th scope="col" className="box">
        <input
          type="checkbox"
          aria-label="Take all that are shown"
          checked={all}
          disabled={takeable.length === 0}
          ref={(box) => {
            if (box) box.indeterminate = chosen.length > 0 && !all;
          }}
          onChange={() => (all ? clear() : setTaken(new Set(takeable.map(keyOf))))}
        />
      </th>
    ),
    boxOf: (row: Row) => (
      <td className="box">
        {mayTake(row) && (
          <input
            type="checkbox"
            aria-label={`Take ${nameOf(row)}`}
            checked={taken.has(keyOf(row))}
            onChange={() => toggle(row)}
          />
        )}
      </td>
    ),
  };
}
