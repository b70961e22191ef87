import { meaningOf } from "../../shared/audit/meanings.ts";
import { call, etagOf, type RowOf, useMayCall, usePages, useWrite } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Empty, Failure, Loaded } from "../components/states.tsx";
import { formatCount } from "../lib/format.ts";
import { routeTo } from "../lib/router.ts";
import { offerUndo } from "../lib/undo.ts";
import { NewTransmitter } from "./signal-new.tsx";
import { ChangeQuarantine } from "./signal-quarantine.tsx";
import { SignalReceivers } from "./signal-receivers.tsx";

type Transmitter = RowOf<"transmitters.list">;
type Signal = RowOf<"signals.list">;

/** Who sends and who is sent signals, and what those that came have caused. */
export default function Signals() {
  return (
    <>
      <PageHead title="Signals">
        <NewTransmitter />
      </PageHead>
      <p className="muted">
        Identity providers and other systems say when a session must end before its time (CAEP, RISC). A
        transmitter speaks of the people of its own provider alone, and no signal gives access.
      </p>
      <Transmitters />
      <Received />
      <SignalReceivers />
    </>
  );
}

function Transmitters() {
  const rows = usePages("transmitters.list", {});
  const mayWrite = useMayCall("transmitters.update");
  const update = useWrite("transmitters.update");
  const remove = useWrite("transmitters.delete");
  const actions: Column<Transmitter> = {
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
        <ChangeQuarantine key={row.version} row={row} />
        <ConfirmButton
          label="Delete"
          name={`Delete ${row.name}`}
          className="button danger small"
          question={`Take no more signals of ${row.name}?`}
          onConfirm={(note) => remove.mutate({ ...targetOf(row), note })}
        >
          <p>What it said of risk fades by itself; take it back at the person if it must go now.</p>
        </ConfirmButton>
      </div>
    ),
  };
  return (
    <section>
      <h2>Transmitters</h2>
      <Failure error={update.error ?? remove.error} />
      <Loaded query={rows}>
        {(items) =>
          items.length === 0 ? (
            <Empty>Nobody sends signals yet.</Empty>
          ) : (
            <DataTable
              caption="Transmitters"
              columns={mayWrite ? [...TRANSMITTER, actions] : TRANSMITTER}
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

const targetOf = (row: Transmitter) => ({ params: { transmitter: row.id }, ifMatch: etagOf(row) });
const switched = (row: Transmitter) => ({ ...targetOf(row), body: { enabled: !row.enabled } });
const switchedBack = (after: Transmitter) => ({
  says: after.enabled ? `Signals of ${after.name} are taken again.` : `No signal of ${after.name} is taken.`,
  undo: () => call("transmitters.update", switched(after)),
});

const TRANSMITTER: readonly Column<Transmitter>[] = [
  { header: "Transmitter", cell: (row) => row.name, sort: (row) => row.name },
  { header: "Issuer", cell: (row) => row.issuer, className: "long" },
  { header: "Speaks of the people of", cell: (row) => row.provider },
  {
    header: "State",
    cell: (row) => {
      if (!row.enabled) return <span className="badge warn">off</span>;
      const isWell = row.streamStatus === null || row.streamStatus === "enabled";
      return isWell ? (
        <span className="badge good">on</span>
      ) : (
        <span className="badge bad">{row.streamStatus} by it</span>
      );
    },
  },
  { header: "Isolates nodes on", cell: (row) => row.quarantines.join(", ") || "nothing", className: "wide" },
  { header: "Last signal", cell: (row) => <Moment at={row.lastEventAt} />, className: "wide" },
  { header: "Verified", cell: (row) => <Moment at={row.verifiedAt} />, className: "wide" },
];

function Received() {
  const rows = usePages("signals.list", {}, 10_000);
  return (
    <section>
      <h2>What came</h2>
      <Loaded query={rows}>
        {(items) =>
          items.length === 0 ? (
            <Empty>No signal has come.</Empty>
          ) : (
            <DataTable
              caption="Signals"
              columns={SIGNAL}
              rows={items}
              keyOf={(row) => String(row.id)}
              pages={rows}
            />
          )
        }
      </Loaded>
      <ShowMore pages={rows} />
    </section>
  );
}

const SIGNAL: readonly Column<Signal>[] = [
  { header: "When", cell: (row) => <Moment at={row.receivedAt} />, className: "when" },
  { header: "From", cell: (row) => row.transmitter },
  { header: "Event", cell: (row) => <span title={row.event}>{meaningOf(row.event)}</span> },
  {
    header: "About",
    className: "long",
    cell: (row) =>
      row.userId === null ? row.subject : <a href={routeTo("people", "users", row.userId)}>{row.email}</a>,
  },
  { header: "Did", cell: (row) => outcomeInWords(row) },
  {
    header: "Receipt",
    className: "wide",
    cell: (row) => (row.ended > 0 ? <a href={routeTo("sessions", "cuts")}>who was cut off</a> : "none"),
  },
];

function outcomeInWords({ outcome, ended }: Signal): string {
  if (outcome === null) return "is being heeded";
  return ended > 0 ? `ended ${formatCount(ended)} ${ended === 1 ? "session" : "sessions"}` : outcome;
}
