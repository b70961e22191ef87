import { type ReactNode, useId } from "react";
import type { Sorting, SortKey } from "../lib/sorting.ts";

interface Head {
  readonly header: string;
  readonly sort?: ((row: never) => SortKey) | undefined;
  readonly className?: string | undefined;
}

interface TableHead {
  readonly columns: readonly Head[];
  readonly sorting: Sorting | null;
  readonly onSort: (header: string) => void;
  /** Takes all rows. */
  readonly box: ReactNode;
}

/** Headers; those that can be sorted by are buttons, which say to everybody in which order the rows are. */
export function TableHead({ columns, sorting, onSort, box }: TableHead) {
  return (
    <thead>
      <tr>
        {box}
        {columns.map(({ header, sort, className }) => (
          <th
            key={header}
            scope="col"
            className={className}
            aria-sort={sorting?.by === header ? (sorting.down ? "descending" : "ascending") : undefined}
          >
            {sort ? (
              <button type="button" className="sort" onClick={() => onSort(header)}>
                {header}
                <span aria-hidden="true">{arrowOf(sorting, header)}</span>
              </button>
            ) : (
              header
            )}
          </th>
        ))}
      </tr>
    </thead>
  );
}

function arrowOf(sorting: Sorting | null, header: string): string {
  if (sorting?.by !== header) return "↕";
  return sorting.down ? "↓" : "↑";
}

interface SortChoice {
  readonly columns: readonly Head[];
  readonly sorting: Sorting | null;
  readonly onSort: (sorting: Sorting | null) => void;
}

/** The same for a narrow screen, where no headers are shown. */
export function SortChoice({ columns, sorting, onSort }: SortChoice) {
  const id = useId();
  const sortable = columns.filter(({ sort }) => sort);
  if (sortable.length === 0) return null;
  return (
    <div className="sort-choice">
      <label htmlFor={id}>Sort by</label>
      <select
        id={id}
        value={sorting?.by ?? ""}
        onChange={({ target }) => onSort(target.value === "" ? null : { by: target.value, down: false })}
      >
        <option value="">as they come</option>
        {sortable.map(({ header }) => (
          <option key={header}>{header}</option>
        ))}
      </select>
    </div>
  );
}
