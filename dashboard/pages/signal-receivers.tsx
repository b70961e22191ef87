import { etagOf, type RowOf, useMayCall, usePages, useWrite } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { Moment } from "../components/moment.tsx";
import { Empty, Failure, Loaded } from "../components/states.tsx";
import { formatCount } from "../lib/format.ts";

type Receiver = RowOf<"receivers.list">;

/** Whom this network sends its own findings, and how that goes. */
export function SignalReceivers() {
  const rows = usePages("receivers.list", {});
  const mayWrite = useMayCall("receivers.update");
  const verify = useWrite("receivers.verify");
  const remove = useWrite("receivers.delete");
  const actions: Column<Receiver> = {
    header: "Action",
    className: "action",
    cell: (row) => (
      <div className="actions">
        <button
          type="button"
          className="button plain small"
          disabled={verify.isPending}
          onClick={() => verify.mutate({ params: { receiver: row.id } })}
        >
          {row.givenUp > 0 ? "Send again" : "Verify"}
          <span className="hidden"> {row.name}</span>
        </button>
        <ConfirmButton
          label="Delete"
          name={`Delete ${row.name}`}
          className="button danger small"
          question={`Send ${row.name} no more signals?`}
          onConfirm={(note) => remove.mutate({ params: { receiver: row.id }, ifMatch: etagOf(row), note })}
        >
          <p>What was not sent yet is not sent.</p>
        </ConfirmButton>
      </div>
    ),
  };
  return (
    <section>
      <h2>Receivers</h2>
      <p className="muted">
        They are told when an administrator ends sessions, when a risk changes and when a user is switched
        off.
      </p>
      <Failure error={verify.error ?? remove.error} />
      <Loaded query={rows}>
        {(items) =>
          items.length === 0 ? (
            <Empty>Nobody is sent signals. `rustronaut receivers create` adds a receiver.</Empty>
          ) : (
            <DataTable
              caption="Receivers"
              columns={mayWrite ? [...COLUMNS, actions] : COLUMNS}
              rows={items}
              keyOf={(row) => row.id}
              pages={rows}
            />
          )
        }
      </Loaded>
      <ShowMore pages={rows} />
    </section>
  );
}

const COLUMNS: readonly Column<Receiver>[] = [
  { header: "Receiver", cell: (row) => row.name, sort: (row) => row.name },
  { header: "Where", cell: (row) => row.target, className: "long" },
  { header: "State", cell: (row) => <State row={row} /> },
  { header: "Waiting", cell: (row) => formatCount(row.waiting) },
  { header: "Last taken", cell: (row) => <Moment at={row.lastTakenAt} />, className: "wide" },
];

function State({ row }: { readonly row: Receiver }) {
  if (!row.enabled) return <span className="badge warn">off</span>;
  if (row.status !== "enabled") return <span className="badge warn">{row.status} by it</span>;
  if (row.lastFailure === null) return <span className="badge good">on</span>;
  return (
    <>
      <span className="badge bad">failing</span> {row.lastFailure}
      {row.givenUp > 0 && ` ${formatCount(row.givenUp)} were given up.`}
    </>
  );
}
