/** What a row is put in order by; null stands behind everything. */
export type SortKey = string | number | boolean | null;

export interface Sorting {
  /** The header of the column. */
  readonly by: string;
  readonly down: boolean;
}

const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** The rows in order: numbers by size, texts as people read them (`web-2` before `web-10`), what is missing at the end. */
export function sorted<Row>(rows: readonly Row[], keyOf: (row: Row) => SortKey, down: boolean): Row[] {
  const direction = down ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [left, right] = [keyOf(a), keyOf(b)];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    if (typeof left === "string" && typeof right === "string") return direction * order.compare(left, right);
    return direction * (Number(left) - Number(right));
  });
}

/** What a click on a header makes of the order: up, then down, then as the rows came. */
export function nextSorting(sorting: Sorting | null, by: string): Sorting | null {
  if (sorting?.by !== by) return { by, down: false };
  return sorting.down ? null : { by, down: true };
}
