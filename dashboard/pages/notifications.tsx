import { aboutEvent, TOPIC_NAMES } from "../../shared/notifications/topics.ts";
import { call, etagOf, type RowOf, useMayCall, usePages, useWrite } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Empty, Failure, Loaded } from "../components/states.tsx";
import { offerUndo } from "../lib/undo.ts";
import { DeadLetters } from "./dead-letters.tsx";
import { NewDestination } from "./notification-new.tsx";

type Destination = RowOf<"notifications.list">;

/** Who is told of what, and how that went. */
export default function Notifications() {
  const rows = usePages("notifications.list", {});
  const mayWrite = useMayCall("notifications.update");
  const test = useWrite("notifications.test");
  const update = useWrite("notifications.update");
  const remove = useWrite("notifications.delete");
  const actions: Column<Destination> = {
    header: "Action",
    className: "action",
    cell: (row) => (
      <div className="actions">
        <button
          type="button"
          className="button plain small"
          disabled={test.isPending}
          onClick={() => test.mutate({ params: { destination: row.id } })}
        >
          Send a test<span className="hidden"> to {row.name}</span>
        </button>
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
          question={`Send nothing more to ${row.name}?`}
          onConfirm={(note) => remove.mutate({ ...targetOf(row), note })}
        >
          <p>What it was not told yet is not sent.</p>
        </ConfirmButton>
      </div>
    ),
  };
  return (
    <>
      <PageHead title="Notifications">
        <NewDestination />
      </PageHead>
      <p className="muted">
        What waits for you and what is about to end, by e-mail, in a chat or to a program. What comes up
        together is told together.
      </p>
      <Failure error={test.error ?? update.error ?? remove.error} />
      {test.isSuccess && (
        <p className="notice good" role="status">
          The test was taken.
        </p>
      )}
      <Loaded query={rows}>
        {(items) =>
          items.length === 0 ? (
            <Empty>Nobody is told of anything yet. Add an address, a chat or a webhook.</Empty>
          ) : (
            <DataTable
              caption="Destinations"
              columns={mayWrite ? [...COLUMNS, actions] : COLUMNS}
              rows={items}
              keyOf={(row) => row.id}
              pages={rows}
            />
          )
        }
      </Loaded>
      <ShowMore pages={rows} />
      <DeadLetters />
    </>
  );
}

const targetOf = (row: Destination) => ({ params: { destination: row.id }, ifMatch: etagOf(row) });

const switched = (row: Destination) => ({ ...targetOf(row), body: { enabled: !row.enabled } });

const switchedBack = (after: Destination) => ({
  says: after.enabled ? `${after.name} is told again.` : `${after.name} is told of nothing more.`,
  undo: () => call("notifications.update", switched(after)),
});

const KINDS = { email: "e-mail", webhook: "webhook", slack: "chat" } as const;

const COLUMNS: readonly Column<Destination>[] = [
  { header: "Destination", cell: (row) => row.name, sort: (row) => row.name },
  { header: "Where", cell: (row) => `${KINDS[row.kind]}: ${row.target}`, className: "long" },
  { header: "Told of", cell: (row) => eventsInWords(row.events), className: "wide" },
  { header: "State", cell: (row) => <State row={row} /> },
  { header: "Last sent", cell: (row) => <Moment at={row.lastSuccessAt} />, className: "wide" },
];

function State({ row }: { readonly row: Destination }) {
  if (!row.enabled) return <span className="badge warn">off</span>;
  if (row.failures === 0) return <span className="badge good">on</span>;
  return (
    <>
      <span className="badge bad">failing</span> <Moment at={row.lastFailureAt} />: {row.lastFailure}
    </>
  );
}

/** `a node wants approval; somebody became an owner; and 3 more`, or that it is all that waits for somebody. */
function eventsInWords(events: readonly string[]): string {
  if (events.length === TOPIC_NAMES.length && TOPIC_NAMES.every((topic) => events.includes(topic)))
    return "all that waits or is about to end";
  const [first, second, ...more] = events.map(aboutEvent);
  return [first ?? "nothing", second, more.length > 0 ? `and ${more.length} more` : undefined]
    .filter((part) => part !== undefined)
    .join("; ");
}
