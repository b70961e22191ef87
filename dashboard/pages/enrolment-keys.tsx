import { etagOf, type RowOf, useMayWrite, usePages, useWrite } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { useListSearch } from "../components/search-field.tsx";
import { Empty, Failure, Loaded } from "../components/states.tsx";
import { keyState } from "../lib/key-state.ts";
import { NewEnrolmentKey } from "./enrolment-key-dialog.tsx";

type Key = RowOf<"enrolmentKeys.list">;

export default function EnrolmentKeys() {
  const search = useListSearch("Name, segment, tag or owner");
  const keys = usePages("enrolmentKeys.list", { query: search.query });
  const revoke = useWrite("enrolmentKeys.delete");
  const mayWrite = useMayWrite();
  const columns = columnsFor(mayWrite, (key, note) =>
    revoke.mutate({ note, params: { enrolmentKey: key.id }, ifMatch: etagOf(key) }),
  );
  return (
    <>
      <PageHead title="Enrolment keys">
        {mayWrite && <NewEnrolmentKey label="Make a key" title="Make an enrolment key" />}
      </PageHead>
      <Failure error={revoke.error} />
      {search.field}
      <Loaded query={keys}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>
              {search.isAsked ? "Nothing fits." : "No key exists. A machine joins the network with one."}
            </Empty>
          ) : (
            <DataTable
              caption="Enrolment keys"
              columns={columns}
              rows={rows}
              keyOf={(key) => key.id}
              pages={keys}
            />
          )
        }
      </Loaded>
      <ShowMore pages={keys} />
    </>
  );
}

const COLUMNS: readonly Column<Key>[] = [
  { header: "Key", cell: (key) => key.name, sort: (key) => key.name, className: "long" },
  { header: "Segment", cell: (key) => key.segment, sort: (key) => key.segment, className: "wide" },
  { header: "Tags", cell: (key) => key.tags.join(", "), className: "wide" },
  { header: "Nodes are", cell: (key) => kindOf(key), className: "wide" },
  { header: "Uses", cell: (key) => `${key.uses} of ${key.maxUses}` },
  {
    header: "Expires",
    cell: (key) => <Moment at={key.expiresAt} />,
    sort: (key) => key.expiresAt,
    className: "wide",
  },
  { header: "State", cell: (key) => <KeyState state={keyState(key, Date.now())} /> },
];

function KeyState({ state }: { readonly state: ReturnType<typeof keyState> }) {
  return <span className={state === "usable" ? "badge good" : "badge"}>{state}</span>;
}

function columnsFor(mayWrite: boolean, onRevoke: (key: Key, note: string) => void): readonly Column<Key>[] {
  if (!mayWrite) return COLUMNS;
  return [
    ...COLUMNS,
    {
      header: "Action",
      className: "action",
      cell: (key) =>
        keyState(key, Date.now()) === "usable" && (
          <ConfirmButton
            label="Revoke"
            name={`Revoke ${key.name}`}
            className="button danger small"
            question={`Revoke the key ${key.name}?`}
            onConfirm={(note) => onRevoke(key, note)}
          >
            It lets no further node in. Those that it let in stay.
          </ConfirmButton>
        ),
    },
  ];
}

const kindOf = (key: Key): string =>
  [key.preApproved ? "approved at once" : "approved by hand", ...(key.ephemeral ? ["ephemeral"] : [])].join(
    ", ",
  );
