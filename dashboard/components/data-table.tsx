import type { ReactNode } from "react";

export interface Column<Row> {
  readonly header: string;
  readonly cell: (row: Row) => ReactNode;
  /**
   * On a narrow screen `wide` columns stand in a second line with their header, and an `action` behind them. `long`
   * ones, such as e-mails, break anywhere.
   */
  readonly className?: "wide" | "when" | "long" | "action";
}

interface DataTable<Row> {
  /** Names the table for those who can't see it. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string | number;
}

export function DataTable<Row>({ caption, columns, rows, keyOf }: DataTable<Row>) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-wrap" aria-label={caption} tabIndex={0}>
      <table className="data">
        <caption className="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ header, className }) => (
              <th key={header} scope="col" className={className}>
                {header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
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
    <button
      type="button"
      className="button plain"
      disabled={pages.isFetchingNextPage}
      onClick={() => pages.fetchNextPage()}
    >
      Show more
    </button>
  );
}
