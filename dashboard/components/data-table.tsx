import { type ReactNode, useState } from "react";
import { nextSorting, type Sorting, type SortKey, sorted } from "../lib/sorting.ts";
import { SortChoice, TableHead } from "./table-head.tsx";
import { useSelection } from "./table-selection.tsx";

export interface Column<Row> {
  readonly header: string;
  readonly cell: (row: Row) => ReactNode;
  /** What the rows can be put in order by; without it the column can't be sorted by. */
  readonly sort?: (row: Row) => SortKey;
  /**
   * On a narrow screen `wide` columns stand in a second line with their header, and an `action` behind them. `long`
   * ones, such as e-mails, break anywhere.
   */
  readonly className?: "wide" | "when" | "long" | "action";
}

export interface Bulk<Row> {
  /** How a row is called, for its box. */
  readonly nameOf: (row: Row) => string;
  /** Which rows can be taken; all unless said. */
  readonly mayTake?: (row: Row) => boolean;
  /** What can be done with the taken rows. */
  readonly actions: (rows: readonly Row[], done: () => void) => ReactNode;
}

interface DataTable<Row> {
  /** Names the table for those who can't see it. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string | number;
  readonly bulk?: Bulk<Row> | undefined;
}

/** Rows with their columns; sorted by a column that can be, and taken several at a time where `bulk` says for what. */
export function DataTable<Row>({ caption, columns, rows, keyOf, bulk }: DataTable<Row>) {
  const [sorting, setSorting] = useState<Sorting | null>(null);
  const column = columns.find(({ header }) => header === sorting?.by);
  const shown = column?.sort && sorting ? sorted(rows, column.sort, sorting.down) : rows;
  const selection = useSelection(shown, keyOf, bulk);
  return (
    <>
      <SortChoice columns={columns} sorting={sorting} onSort={setSorting} />
      {selection.bar}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="table-wrap" aria-label={caption} tabIndex={0}>
        <table className="data">
          <caption className="hidden">{caption}</caption>
          <TableHead
            columns={columns}
            sorting={sorting}
            onSort={(by) => setSorting(nextSorting(sorting, by))}
            box={selection.headBox}
          />
          <tbody>
            {shown.map((row) => (
              <tr key={keyOf(row)}>
                {selection.boxOf(row)}
                {columns.map(({ header, cell, className }) => (
                  <td key={header} className={className} data-label={header}>
                    {cell(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

interface Growing {
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  fetchNextPage(): unknown;
}

/** Loads the next page of a list; nothing on its last one. */
export function ShowMore({ pages }: { readonly pages: Growing }) {
  if (!pages.hasNextPage) return null;
  return (
    <p className="more">
      <button
        type="button"
        className="button plain"
        disabled={pages.isFetchingNextPage}
        onClick={() => pages.fetchNextPage()}
      >
        Show more
      </button>{" "}
      <span className="muted">There are more; sorting is among those that are shown.</span>
    </p>
  );
}
