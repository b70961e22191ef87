import { type ReactNode, useState } from "react";
import { formatCount } from "../lib/format.ts";
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
  /** The list whose beginning the rows are: with it the table says what its order does not reach. */
  readonly pages?: Growing;
}

/** Rows that stand on the page at a time: thousands would take seconds to draw. */
const STEP = 200;

/** Rows with their columns; sorted by a column that can be, and taken several at a time where `bulk` says for what. */
export function DataTable<Row>({ caption, columns, rows, keyOf, bulk, pages }: DataTable<Row>) {
  const [sorting, setSorting] = useState<Sorting | null>(null);
  const column = columns.find(({ header }) => header === sorting?.by);
  const [most, setMost] = useState(STEP);
  const inOrder = column?.sort && sorting ? sorted(rows, column.sort, sorting.down) : rows;
  const shown = inOrder.slice(0, most);
  const selection = useSelection(shown, keyOf, bulk);
  return (
    <>
      <SortChoice columns={columns} sorting={sorting} onSort={setSorting} />
      {sorting && pages?.hasNextPage && <OrderOfSome pages={pages} shown={rows.length} />}
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
      {inOrder.length > most && (
        <p className="more">
          <button type="button" className="button plain" onClick={() => setMost(most + STEP)}>
            Show more of {formatCount(inOrder.length)}
          </button>
        </p>
      )}
    </>
  );
}

export interface Growing {
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  fetchNextPage(): Promise<{ readonly hasNextPage: boolean }>;
}

/** Pages that one click loads at most: the browser stays quick, and the hub is not asked for everything it has. */
const PAGES_AT_ONCE = 20;

/** Says that an order is one of the rows that were loaded, and loads more of them. */
function OrderOfSome({ pages, shown }: { readonly pages: Growing; readonly shown: number }) {
  const loadMany = async () => {
    for (let n = 0; n < PAGES_AT_ONCE; n++) if (!(await pages.fetchNextPage()).hasNextPage) return;
  };
  return (
    <p className="notice" role="status">
      These {formatCount(shown)} are in order; there are more that were not loaded.{" "}
      <button type="button" className="link-button" disabled={pages.isFetchingNextPage} onClick={loadMany}>
        Load more
      </button>
    </p>
  );
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
      </button>
    </p>
  );
}
