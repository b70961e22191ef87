import type { Role } from "../../shared/api/fields.ts";
import { etagOf, type RowOf, useMayCall, usePages, useWrite } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { Field } from "../components/field.tsx";
import { LifetimeField, readLifetime } from "../components/lifetime-field.tsx";
import { Moment } from "../components/moment.tsx";
import { OnceDialog, OnceForm } from "../components/once-dialog.tsx";
import { Empty, Failure, issueOf, Loaded } from "../components/states.tsx";

type Token = RowOf<"apiTokens.list">;

export function ApiTokens() {
  const tokens = usePages("apiTokens.list", {});
  const remove = useWrite("apiTokens.delete");
  const mayDelete = useMayCall("apiTokens.delete");
  const columns = mayDelete
    ? [
        ...COLUMNS,
        deleteColumn((token, note) =>
          remove.mutate({ note, params: { apiToken: token.id }, ifMatch: etagOf(token) }),
        ),
      ]
    : COLUMNS;
  return (
    <>
      <Failure error={remove.error} />
      <Loaded query={tokens}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>No token exists. Make one for the command line, then run rustronaut login.</Empty>
          ) : (
            <DataTable
              caption="API tokens"
              columns={columns}
              rows={rows}
              keyOf={(token) => token.id}
              pages={tokens}
            />
          )
        }
      </Loaded>
      <ShowMore pages={tokens} />
    </>
  );
}

const COLUMNS: readonly Column<Token>[] = [
  { header: "Token", cell: (token) => token.name, sort: (token) => token.name, className: "long" },
  { header: "Role", cell: (token) => token.role, sort: (token) => token.role },
  {
    header: "Belongs to",
    cell: (token) => token.email ?? "the network",
    className: "wide",
  },
  {
    header: "Last used",
    cell: (token) => <Moment at={token.lastUsedAt} />,
    sort: (token) => token.lastUsedAt,
    className: "wide",
  },
  {
    header: "Made",
    cell: (token) => <Moment at={token.createdAt} />,
    sort: (token) => token.createdAt,
    className: "wide",
  },
  {
    header: "Ends",
    cell: (token) => <Moment at={token.expiresAt} />,
    sort: (token) => token.expiresAt,
    className: "wide",
  },
];

const deleteColumn = (onDelete: (token: Token, note: string) => void): Column<Token> => ({
  header: "Action",
  className: "action",
  cell: (token) => (
    <ConfirmButton
      label="Delete"
      name={`Delete ${token.name}`}
      className="button danger small"
      question={`Delete the token ${token.name}?`}
      onConfirm={(note) => onDelete(token, note)}
    >
      <p>
        Programs that use it are refused from now on. It was last used: <Moment at={token.lastUsedAt} />.
      </p>
    </ConfirmButton>
  ),
});

export function NewApiToken() {
  const create = useWrite("apiTokens.create");
  const mayCreate = useMayCall("apiTokens.create");
  if (!mayCreate) return null;
  const submit = (form: FormData, note: string) => {
    create.mutate({
      note,
      body: {
        name: String(form.get("name") ?? "").trim(),
        role: String(form.get("role")) as Role,
        expiresAt: readLifetime(form, Date.now()),
      },
    });
  };
  return (
    <OnceDialog
      label="Make a token"
      title="Make an API token"
      made={
        create.data ? { name: `The token ${create.data.apiToken.name}`, secret: create.data.secret } : null
      }
      secretIs="token"
      use={(secret) => [
        {
          says: "Programs send it in this header:",
          label: "header",
          text: `Authorization: Bearer ${secret}`,
        },
        {
          says: "The command line asks for it:",
          label: "command",
          text: `npx rustronaut login ${location.origin} --token`,
        },
      ]}
      onClose={() => create.reset()}
      form={(close) => (
        <OnceForm
          label="Make the token"
          error={create.error}
          busy={create.isPending}
          onSubmit={submit}
          onCancel={close}
        >
          <Field label="Name" hint="What it is for." error={issueOf(create.error, "/name")}>
            {(c) => <input {...c} name="name" required maxLength={100} autoComplete="off" />}
          </Field>
          <Field label="Role" error={issueOf(create.error, "/role")}>
            {(c) => (
              <select {...c} name="role" defaultValue="auditor">
                <option value="auditor">auditor: sees everything, changes nothing</option>
                <option value="admin">admin: changes all but owners and providers</option>
                <option value="owner">owner: may do everything</option>
              </select>
            )}
          </Field>
          <LifetimeField selected={90 * 86_400_000} endless error={issueOf(create.error, "/expiresAt")} />
        </OnceForm>
      )}
    />
  );
}
