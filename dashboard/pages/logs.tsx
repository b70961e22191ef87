import { call, etagOf, type RowOf, useMayCall, usePages, useWrite } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Empty, Failure, Loaded } from "../components/states.tsx";
import { offerUndo } from "../lib/undo.ts";
import { NewLogDestination } from "./log-new.tsx";

type Destination = RowOf<"logDestinations.list">;

/** Where the audit log is sent, and how far each destination has it. */
export default function Logs() {
  const rows = usePages("logDestinations.list", {});
  const mayWrite = useMayCall("logDestinations.update");
  const update = useWrite("logDestinations.update");
  const remove = useWrite("logDestinations.delete");
  const actions: Column<Destination> = {
    header: "Action",
    className: "action",
    cell: (row) => (
      <div className="actions">
        <button
          type="button"
          className="button plain small"
          onClick={() =>
            update.mutate(switched(row), { onSuccess: (after) => offerUndo(switchedBack(after)) })
          }
        >
          {row.enabled ? "Switch off" : "Switch on"}
          <span className="hidden"> {row.name}</span>
        </button>
        <ConfirmButton
          label="Delete"
          name={`Delete ${row.name}`}
          className="button danger small"
          question={`Send the log to ${row.name} no more?`}
          onConfirm={(note) => remove.mutate({ ...targetOf(row), note })}
        >
          <p>How far it has the log is forgotten. Switched off, it would go on from there.</p>
        </ConfirmButton>
      </div>
    ),
  };
  return (
    <>
      <PageHead title="Logs out">
        <NewLogDestination />
      </PageHead>
      <p className="muted">
        Decisions and events, sent each minute to where your logs are. What was not confirmed is sent again.
      </p>
      <Failure error={update.error ?? remove.error} />
      <Loaded query={rows}>
        {(items) =>
          items.length === 0 ? (
            <Empty>
              The log is sent nowhere. Add a destination that takes lines of JSON or OpenTelemetry.
            </Empty>
          ) : (
            <DataTable
              caption="Destinations of the log"
              columns={mayWrite ? [...COLUMNS, actions] : COLUMNS}
              rows={items}
              keyOf={(row) => row.id}
              pages={rows}
            />
          )
        }
      </Loaded>
      <ShowMore pages={rows} />
    </>
  );
}

const targetOf = (row: Destination) => ({ params: { logDestination: row.id }, ifMatch: etagOf(row) });

const switched = (row: Destination) => ({ ...targetOf(row), body: { enabled: !row.enabled } });

const switchedBack = (after: Destination) => ({
  says: after.enabled ? `${after.name} gets the log again.` : `${after.name} gets nothing more.`,
  undo: () => call("logDestinations.update", switched(after)),
});

const FORMATS = { ndjson: "lines of JSON", otlp: "OpenTelemetry" } as const;

const COLUMNS: readonly Column<Destination>[] = [
  { header: "Destination", cell: (row) => row.name, sort: (row) => row.name },
  { header: "Where", cell: (row) => row.url, className: "long" },
  { header: "As", cell: (row) => FORMATS[row.format], className: "wide" },
  {
    header: "What",
    cell: (row) => (row.kinds.length === 0 ? "everything" : row.kinds.join(", ")),
    className: "wide",
  },
  { header: "State", cell: (row) => <State row={row} /> },
  { header: "Has entries up to", cell: (row) => row.sentUntil, className: "wide" },
  { header: "Last sent", cell: (row) => <Moment at={row.lastSuccessAt} />, className: "wide" },
];

const BADGES = { waiting: "badge", good: "badge good", failing: "badge warn", stopped: "badge bad" } as const;

function State({ row }: { readonly row: Destination }) {
  if (!row.enabled) return <span className="badge warn">off</span>;
  const badge = <span className={BADGES[row.state]}>{row.state}</span>;
  if (row.failures === 0) return badge;
  return (
    <>
      {badge} <Moment at={row.lastFailureAt} />: {row.lastFailure}
    </>
  );
}
