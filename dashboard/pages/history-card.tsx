import type { Query } from "../../shared/api/endpoints.ts";
import { routeWith } from "../lib/router.ts";
import { HistoryList } from "./history-list.tsx";

interface HistoryCard {
  readonly kind: NonNullable<Query<"history.list">["kind"]>;
  /** Its id. */
  readonly name: string;
}

/** The newest changes of a thing, on its own page. */
export function HistoryCard({ kind, name }: HistoryCard) {
  return (
    <section className="card">
      <h2>Changes</h2>
      <HistoryList
        query={{ kind, name, limit: 10 }}
        none={<p className="muted">Nothing was changed since changes are recorded.</p>}
      />
      <p>
        <a href={routeWith({ kind, name }, "history")}>Search its history</a>
      </p>
    </section>
  );
}
