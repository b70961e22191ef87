import { type RowOf, useMayCall, usePages, useWrite } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { Moment } from "../components/moment.tsx";
import { Failure } from "../components/states.tsx";

type Letter = RowOf<"deadLetters.list">;

const COLUMNS: readonly Column<Letter>[] = [
  { header: "Given up", cell: (row) => <Moment at={row.givenUpAt} />, className: "when" },
  { header: "Destination", cell: (row) => row.destination },
  { header: "Message", cell: (row) => row.text, className: "long" },
  { header: "Last answer", cell: (row) => row.why, className: "wide" },
];

/** Notifications that a destination did not take within a day. Nothing is shown while there are none. */
export function DeadLetters() {
  const letters = usePages("deadLetters.list", {});
  const mayWrite = useMayCall("deadLetters.resend");
  const resend = useWrite("deadLetters.resend");
  const drop = useWrite("deadLetters.delete");
  const actions: Column<Letter> = {
    header: "Action",
    className: "action",
    cell: (row) => (
      <div className="actions">
        <button
          type="button"
          className="button plain small"
          disabled={resend.isPending}
          onClick={() => resend.mutate({ params: { deadLetter: row.id } })}
        >
          Send again<span className="hidden"> to {row.destination}</span>
        </button>
        <ConfirmButton
          label="Drop"
          name={`Drop the message to ${row.destination}`}
          className="button danger small"
          question={`Never tell ${row.destination} of it?`}
          onConfirm={(note) => drop.mutate({ params: { deadLetter: row.id }, note })}
        >
          <p>The message is deleted.</p>
        </ConfirmButton>
      </div>
    ),
  };
  const rows = letters.data ?? [];
  if (rows.length === 0) return null;
  return (
    <section>
      <h2>Given up</h2>
      <Failure error={resend.error ?? drop.error} />
      <DataTable
        caption="Notifications that were given up"
        columns={mayWrite ? [...COLUMNS, actions] : COLUMNS}
        rows={rows}
        keyOf={(row) => row.id}
        pages={letters}
      />
      <ShowMore pages={letters} />
    </section>
  );
}
