import { ShowMore } from "./data-table.tsx";
import { Moment } from "./moment.tsx";

interface LogEnd {
  readonly pages: Parameters<typeof ShowMore>[0]["pages"];
  /** Until when a search looked that is not through; null where it is. */
  readonly searchedUntil: number | null;
}

/** Below the rows of a search: how far it looked, and the way on. */
export function LogEnd({ pages, searchedUntil }: LogEnd) {
  return (
    <>
      {searchedUntil !== null && (
        <p className="muted" role="status">
          Searched back to <Moment at={searchedUntil} />. What is older was not looked at yet.
        </p>
      )}
      <ShowMore pages={pages} />
    </>
  );
}
