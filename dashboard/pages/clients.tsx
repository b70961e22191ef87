import { etagOf, type RowOf, useMayWrite, usePages, useWrite } from "../api.ts";
import { AddForm } from "../components/add-form.tsx";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { Field } from "../components/field.tsx";
import { Moment } from "../components/moment.tsx";
import { useListSearch } from "../components/search-field.tsx";
import { Empty, Failure, issueOf, Loaded } from "../components/states.tsx";
import { splitList } from "../lib/format.ts";

type Client = RowOf<"clients.list">;

/** Programs that may ask people for access to apps (OAuth): those that we registered, and those that did it themselves. */
export function Clients() {
  const search = useListSearch("Name or id");
  const clients = usePages("clients.list", { query: search.query });
  const mayWrite = useMayWrite();
  const remove = useWrite("clients.delete");
  const columns = mayWrite
    ? [
        ...COLUMNS,
        actions((client, note) =>
          remove.mutate({ note, params: { client: client.id }, ifMatch: etagOf(client) }),
        ),
      ]
    : COLUMNS;
  return (
    <>
      {mayWrite && <NewClient />}
      <Failure error={remove.error} />
      {search.field}
      <Loaded query={clients}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>
              {search.isAsked
                ? "Nothing fits."
                : "No program is registered. Apps that take any program need none here; who describes itself by a document never stands in this list."}
            </Empty>
          ) : (
            <DataTable
              caption="Programs"
              columns={columns}
              rows={rows}
              keyOf={(client) => client.id}
              pages={clients}
            />
          )
        }
      </Loaded>
      <ShowMore pages={clients} />
    </>
  );
}

const COLUMNS: readonly Column<Client>[] = [
  { header: "Program", cell: (client) => client.name, sort: (client) => client.name, className: "long" },
  {
    header: "Known by",
    cell: ({ kind }) => (
      <span className={kind === "registered" ? "badge good" : "badge warn"}>
        {kind === "registered" ? "an administrator" : "its own word"}
      </span>
    ),
  },
  {
    header: "client_id",
    cell: (client) => <code>{client.id}</code>,
    className: "wide",
  },
  { header: "Answers go to", cell: (client) => client.redirectUris.join(", "), className: "wide" },
  {
    header: "Last used",
    cell: (client) => <Moment at={client.lastUsedAt} />,
    sort: (client) => client.lastUsedAt,
    className: "wide",
  },
];

const actions = (onDelete: (client: Client, note: string) => void): Column<Client> => ({
  header: "Actions",
  className: "action",
  cell: (client) => (
    <div className="actions">
      <ConfirmButton
        label="Delete"
        name={`Delete ${client.name}`}
        className="button danger small"
        question={`Delete the program ${client.name}?`}
        onConfirm={(note) => onDelete(client, note)}
      >
        <p>All its sessions end at once, whoever let it in.</p>
      </ConfirmButton>
    </div>
  ),
});

function NewClient() {
  const create = useWrite("clients.create");
  return (
    <>
      <Failure error={create.error} />
      <AddForm
        label="Register"
        busy={create.isPending}
        onAdd={(text, note, reset) => {
          const body = { name: text("name"), redirectUris: splitList(text("redirectUris")) };
          create.mutate({ note, body }, { onSuccess: reset });
        }}
      >
        <Field label="Name" error={issueOf(create.error, "/name")}>
          {(c) => (
            <input {...c} name="name" required maxLength={80} autoComplete="off" placeholder="Our editor" />
          )}
        </Field>
        <Field label="Answers go to" broad error={issueOf(create.error, "/redirectUris")}>
          {(c) => (
            <input
              {...c}
              name="redirectUris"
              required
              autoComplete="off"
              placeholder="https://… or http://127.0.0.1/…"
            />
          )}
        </Field>
      </AddForm>
    </>
  );
}
