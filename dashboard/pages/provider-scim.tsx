import { namespaceOf } from "../../shared/scim/group-name.ts";
import { type RowOf, useApi, useMayCall, useWrite } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { CopyText } from "../components/copy-text.tsx";
import { Facts } from "../components/facts.tsx";
import { Field } from "../components/field.tsx";
import { Moment } from "../components/moment.tsx";
import { OnceDialog, OnceForm } from "../components/once-dialog.tsx";
import { Failure, Loaded } from "../components/states.tsx";
import type { Provider } from "./provider-page.tsx";

type ScimToken = RowOf<"scimTokens.list">;

/** Whether the provider sends its people and groups by SCIM, how that goes, and the token for it. */
export function ProviderScim({ provider }: { readonly provider: Provider }) {
  const tokens = useApi("scimTokens.list", { query: { search: provider.id } });
  return (
    <section className="card">
      <h2>People by SCIM</h2>
      <p className="muted">
        A provider that speaks SCIM says at once who was added, who left and who is in which group.
      </p>
      <Loaded query={tokens}>
        {({ items }) => {
          const token = items.find(({ providerId }) => providerId === provider.id);
          return (
            <>
              {token && <State token={token} />}
              <Actions provider={provider} token={token} />
            </>
          );
        }}
      </Loaded>
    </section>
  );
}

function State({ token }: { readonly token: ScimToken }) {
  return (
    <>
      {!token.active && (
        <p className="notice warn">
          The token was revoked: the provider can’t say any more who left. What it sent stays as it is.
        </p>
      )}
      {token.lastRefusal !== null && (
        <p className="notice warn">
          Refused last, <Moment at={token.lastRefusalAt} />: {token.lastRefusal}
        </p>
      )}
      <Facts
        value={{
          "last call": token.lastCallAt === null ? "none yet" : <Moment at={token.lastCallAt} />,
          people: `${token.users}, of whom ${token.activeUsers} active`,
          groups: token.groups,
          "groups are called": `scim:${token.namespace}/…`,
          "token made": <Moment at={token.issuedAt} />,
          ...(token.previousUntil !== null && token.previousUntil > Date.now()
            ? { "the token before ends": <Moment at={token.previousUntil} /> }
            : {}),
        }}
      />
      <div className="spaced">
        <CopyText label="address" text={token.baseUrl} />
      </div>
    </>
  );
}

const GRACES = [
  ["ends at once", 0],
  ["stays good for 1 hour", 3_600],
  ["stays good for 1 day", 86_400],
] as const;

function Actions({
  provider,
  token,
}: {
  readonly provider: Provider;
  readonly token: ScimToken | undefined;
}) {
  const issue = useWrite("scimTokens.issue");
  const revoke = useWrite("scimTokens.revoke");
  const mayIssue = useMayCall("scimTokens.issue");
  if (!mayIssue) return null;
  const params = { provider: provider.id };
  const submit = (form: FormData, note: string) => {
    const namespace = form.get("namespace");
    const body = {
      ...(typeof namespace === "string" ? { namespace: namespace.trim() } : {}),
      graceSeconds: Number(form.get("grace") ?? 0),
    };
    issue.mutate({ params, body, note });
  };
  const made = issue.data && {
    name: `The SCIM token of ${provider.name}`,
    secret: issue.data.secret,
    baseUrl: issue.data.scimToken.baseUrl,
  };
  return (
    <div className="actions">
      <Failure error={revoke.error} />
      <OnceDialog
        label={token ? "New token" : "Let it send people"}
        title={
          token ? `Give ${provider.name} a new SCIM token` : `Let ${provider.name} send people and groups`
        }
        made={made ?? null}
        secretIs="token"
        use={() => [
          { says: "The provider asks for this address, too:", label: "address", text: made?.baseUrl ?? "" },
        ]}
        onClose={() => issue.reset()}
        form={(close) => (
          <OnceForm
            label="Make the token"
            error={issue.error}
            busy={issue.isPending}
            onSubmit={submit}
            onCancel={close}
          >
            {token?.active && (
              <Field label="The token that it has now">
                {(c) => (
                  <select {...c} name="grace" defaultValue={3_600}>
                    {GRACES.map(([title, seconds]) => (
                      <option key={seconds} value={seconds}>
                        {title}
                      </option>
                    ))}
                  </select>
                )}
              </Field>
            )}
            {!token && (
              <Field
                label="Namespace"
                hint="Policies call its groups scim:NAMESPACE/NAME. It can’t be changed later."
              >
                {(c) => (
                  <input
                    {...c}
                    name="namespace"
                    required
                    maxLength={63}
                    pattern="[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?"
                    defaultValue={namespaceOf(provider.name)}
                    autoComplete="off"
                  />
                )}
              </Field>
            )}
          </OnceForm>
        )}
      />
      {token?.active && (
        <ConfirmButton
          label="Revoke the token"
          className="button danger"
          question={`Revoke the SCIM token of ${provider.name}?`}
          onConfirm={(note) => revoke.mutate({ params, note })}
        >
          <p>
            The provider is refused from now on, so nobody hears who left. The {token.users} people and{" "}
            {token.groups} groups that it sent stay as they are.
          </p>
        </ConfirmButton>
      )}
    </div>
  );
}
