import { SERVICE_TOKEN_HEADER } from "../../shared/http/headers.ts";
import { call, etagOf, type RowOf, useMayWrite, usePages, useWrite } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { Field } from "../components/field.tsx";
import { LifetimeField, readLifetime } from "../components/lifetime-field.tsx";
import { Moment } from "../components/moment.tsx";
import { OnceDialog, OnceForm } from "../components/once-dialog.tsx";
import { useListSearch } from "../components/search-field.tsx";
import { Empty, Failure, issueOf, Loaded } from "../components/states.tsx";
import { splitList } from "../lib/format.ts";
import { offerUndo } from "../lib/undo.ts";
import { FederateToken, FederationFields, readFederation } from "./federation-fields.tsx";

type Token = RowOf<"serviceTokens.list">;

export function ServiceTokens() {
  const search = useListSearch("Name or group");
  const tokens = usePages("serviceTokens.list", { query: search.query });
  const mayWrite = useMayWrite();
  const update = useWrite("serviceTokens.update");
  const remove = useWrite("serviceTokens.delete");
  const columns = mayWrite
    ? [
        ...COLUMNS,
        actions(
          (token, note) =>
            update.mutate(
              { ...switched(token), note },
              { onSuccess: (after) => offerUndo(switchedBack(after)) },
            ),
          (token, note) =>
            remove.mutate({ note, params: { serviceToken: token.id }, ifMatch: etagOf(token) }),
        ),
      ]
    : COLUMNS;
  return (
    <>
      <Failure error={update.error ?? remove.error} />
      {search.field}
      <Loaded query={tokens}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>
              {search.isAsked
                ? "Nothing fits."
                : 'No program has a token yet. Make one, then let a policy speak of it: ServiceToken::"its name".'}
            </Empty>
          ) : (
            <DataTable
              caption="Service tokens"
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

const switched = (token: Token) => ({
  params: { serviceToken: token.id },
  ifMatch: etagOf(token),
  body: { enabled: !token.enabled },
});

const switchedBack = (after: Token) => ({
  says: `The token ${after.name} is switched ${after.enabled ? "on" : "off"}.`,
  undo: () => call("serviceTokens.update", switched(after)),
});

function stateOf(token: Token, now: number): { readonly word: string; readonly className: string } {
  if (!token.enabled) return { word: "off", className: "badge warn" };
  if (token.expiresAt !== null && token.expiresAt <= now) return { word: "expired", className: "badge bad" };
  return { word: "on", className: "badge good" };
}

const COLUMNS: readonly Column<Token>[] = [
  { header: "Token", cell: (token) => token.name, sort: (token) => token.name, className: "long" },
  { header: "Groups", cell: (token) => token.groups.join(", "), className: "wide" },
  {
    header: "Platform",
    cell: (token) => token.federation && new URL(token.federation.issuer).host,
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
  {
    header: "Last used",
    cell: (token) => <Moment at={token.lastUsedAt} />,
    sort: (token) => token.lastUsedAt,
    className: "wide",
  },
  {
    header: "Old secret",
    cell: (token) =>
      token.previousUntil !== null && token.previousUntil > Date.now() ? (
        <>
          good, ends <Moment at={token.previousUntil} />
        </>
      ) : null,
    className: "wide",
  },
  {
    header: "State",
    cell: (token) => {
      const { word, className } = stateOf(token, Date.now());
      return <span className={className}>{word}</span>;
    },
  },
];

type Act = (token: Token, note: string) => void;

const actions = (onSwitch: Act, onDelete: Act): Column<Token> => ({
  header: "Actions",
  className: "action",
  cell: (token) => (
    <div className="actions">
      <RotateToken token={token} />
      <FederateToken token={token} />
      {token.enabled ? (
        <ConfirmButton
          label="Switch off"
          name={`Switch off ${token.name}`}
          className="button plain small"
          question={`Switch the token ${token.name} off?`}
          onConfirm={(note) => onSwitch(token, note)}
        >
          <p>Programs that use it are refused from now on, until it is switched on again.</p>
        </ConfirmButton>
      ) : (
        <button
          type="button"
          className="button plain small"
          aria-label={`Switch on ${token.name}`}
          onClick={() => onSwitch(token, "")}
        >
          Switch on
        </button>
      )}
      <ConfirmButton
        label="Delete"
        name={`Delete ${token.name}`}
        className="button danger small"
        question={`Delete the token ${token.name}?`}
        onConfirm={(note) => onDelete(token, note)}
      >
        <p>Programs that use it are refused from now on. Policies that name it stay, and speak of nothing.</p>
      </ConfirmButton>
    </div>
  ),
});

const GRACES = [
  ["ends at once", 0],
  ["stays good for 1 hour", 3_600],
  ["stays good for 1 day", 86_400],
  ["stays good for 7 days", 604_800],
] as const;

const useOf = (secret: string) => [
  {
    says: "Programs send it to the app in this header:",
    label: "header",
    text: `${SERVICE_TOKEN_HEADER}: ${secret}`,
  },
  {
    says: "Or, where the app itself needs none, in this:",
    label: "bearer",
    text: `Authorization: Bearer ${secret}`,
  },
];

function RotateToken({ token }: { readonly token: Token }) {
  const rotate = useWrite("serviceTokens.rotate");
  const submit = (form: FormData, note: string) => {
    const graceSeconds = Number(form.get("grace"));
    rotate.mutate({
      params: { serviceToken: token.id },
      ifMatch: etagOf(token),
      body: { graceSeconds },
      note,
    });
  };
  return (
    <OnceDialog
      label="New secret"
      className="button plain small"
      title={`Give ${token.name} a new secret`}
      made={rotate.data ? { name: `The new secret of ${token.name}`, secret: rotate.data.secret } : null}
      secretIs="secret"
      use={useOf}
      onClose={() => rotate.reset()}
      form={(close) => (
        <OnceForm
          label="Make the new secret"
          error={rotate.error}
          busy={rotate.isPending}
          onSubmit={submit}
          onCancel={close}
        >
          <Field label="The secret that it has now">
            {(c) => (
              <select {...c} name="grace" defaultValue={86_400}>
                {GRACES.map(([title, seconds]) => (
                  <option key={seconds} value={seconds}>
                    {title}
                  </option>
                ))}
              </select>
            )}
          </Field>
        </OnceForm>
      )}
    />
  );
}

export function NewServiceToken() {
  const create = useWrite("serviceTokens.create");
  const mayCreate = useMayWrite();
  if (!mayCreate) return null;
  const submit = (form: FormData, note: string, close: () => void) => {
    const days = Number(form.get("unusedDays"));
    const body = {
      name: String(form.get("name") ?? "").trim(),
      groups: splitList(String(form.get("groups") ?? "")),
      expiresAt: readLifetime(form, Date.now()),
      unusedDays: days > 0 ? days : null,
      federation: readFederation(form),
    };
    create.mutate({ note, body }, { onSuccess: ({ secret }) => secret === null && close() });
  };
  return (
    <OnceDialog
      label="Make a token"
      title="Make a service token"
      made={
        create.data?.secret
          ? { name: `The token ${create.data.serviceToken.name}`, secret: create.data.secret }
          : null
      }
      secretIs="token"
      use={useOf}
      onClose={() => create.reset()}
      form={(close) => (
        <OnceForm
          label="Make the token"
          error={create.error}
          busy={create.isPending}
          onSubmit={(form, note) => submit(form, note, close)}
          onCancel={close}
        >
          <Field
            label="Name"
            hint={'Policies call it ServiceToken::"name".'}
            error={issueOf(create.error, "/name")}
          >
            {(c) => <input {...c} name="name" required maxLength={100} autoComplete="off" />}
          </Field>
          <Field
            label="Groups"
            hint="Separated by commas; policies may speak of them."
            error={issueOf(create.error, "/groups")}
          >
            {(c) => <input {...c} name="groups" autoComplete="off" />}
          </Field>
          <LifetimeField selected={90 * 86_400_000} endless error={issueOf(create.error, "/expiresAt")} />
          <Field
            label="Days without use after which it is switched off"
            hint="Empty: never."
            error={issueOf(create.error, "/unusedDays")}
          >
            {(c) => <input {...c} name="unusedDays" type="number" min={1} max={3_650} />}
          </Field>
          <details>
            <summary>Programs without a secret: a platform signs for them</summary>
            <FederationFields error={create.error} />
          </details>
        </OnceForm>
      )}
    />
  );
}
