import { meaningOf } from "../../shared/audit/meanings.ts";
import { type RowOf, usePages } from "../api.ts";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Empty, Loaded } from "../components/states.tsx";
import { formatCount } from "../lib/format.ts";
import { routeTo } from "../lib/router.ts";

type Receipt = RowOf<"sessions.receipts">;

const COLUMNS: readonly Column<Receipt>[] = [
  { header: "When", cell: (row) => <Moment at={row.triggeredAt} />, className: "when" },
  {
    header: "User",
    cell: (row) =>
      row.userId === null ? "a program" : <a href={routeTo("people", "users", row.userId)}>{row.email}</a>,
    className: "long",
  },
  { header: "App", cell: (row) => row.appName },
  { header: "Why", cell: (row) => <span title={row.reason}>{meaningOf(row.reason)}</span> },
  { header: "Cut after", cell: (row) => `${formatCount(row.cutAt - row.triggeredAt)} ms` },
  { header: "Streams", cell: (row) => streamsInWords(row.streams), className: "wide" },
  {
    header: "Passed after",
    cell: (row) => `at most ${formatCount(row.bytesAfter)} bytes`,
    className: "wide",
  },
];

/** `2 downloads, 1 websocket` */
function streamsInWords(streams: Receipt["streams"]): string {
  const counts = Map.groupBy(streams, ({ stream }) => stream);
  return [...counts].map(([stream, all]) => `${all.length} ${stream}`).join(", ");
}

/** Receipts of cuts: that somebody was cut off, how soon, and what passed until then. */
export function ReceiptTable({
  query,
}: {
  readonly query: { readonly session?: string; readonly user?: string };
}) {
  const receipts = usePages("sessions.receipts", { query });
  return (
    <>
      <Loaded query={receipts}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>Nobody was cut off.</Empty>
          ) : (
            <DataTable caption="Receipts" columns={COLUMNS} rows={rows} keyOf={(row) => row.id} />
          )
        }
      </Loaded>
      <ShowMore pages={receipts} />
    </>
  );
}

export function Receipts() {
  return (
    <>
      <PageHead title="Who was cut off">
        <a className="button plain" href={routeTo("sessions")}>
          All sessions
        </a>
      </PageHead>
      <ReceiptTable query={{}} />
    </>
  );
}
