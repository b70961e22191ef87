import type { Body } from "../../shared/api/endpoints.ts";
import { etagOf, type RowOf, useWrite } from "../api.ts";
import { Check, Field } from "../components/field.tsx";
import { OnceDialog, OnceForm } from "../components/once-dialog.tsx";
import { issueOf } from "../components/states.tsx";
import { splitList } from "../lib/format.ts";

type Token = RowOf<"serviceTokens.list">;
type Federation = NonNullable<Body<"serviceTokens.create">["federation"]>;

const ISSUERS = ["https://token.actions.githubusercontent.com", "https://gitlab.com"];

/** What `FederationFields` holds. Null if no issuer is named. */
export function readFederation(form: FormData): Federation | null {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  if (text("issuer") === "") return null;
  return {
    issuer: text("issuer"),
    ...(text("audience") === "" ? {} : { audience: text("audience") }),
    claims: splitList(text("claims")),
    keys: text("keys") === "" ? null : text("keys"),
    singleUse: form.has("singleUse"),
  };
}

/** Whose JWTs prove that a program holds the token. */
export function FederationFields({
  federation,
  error,
}: {
  readonly federation?: Token["federation"];
  readonly error: unknown;
}) {
  return (
    <>
      <Field
        label="Issuer"
        hint="Of the JWTs, as their claim iss has it. Empty: programs show a secret."
        error={issueOf(error, "/federation") ?? issueOf(error, "/federation/issuer")}
      >
        {(c) => (
          <input
            {...c}
            name="issuer"
            list="issuers"
            defaultValue={federation?.issuer ?? ""}
            autoComplete="off"
          />
        )}
      </Field>
      <datalist id="issuers">
        {ISSUERS.map((issuer) => (
          <option key={issuer} value={issuer} />
        ))}
      </datalist>
      <Field
        label="Claims"
        hint="One rule a line, all of which must be met: repository=acme/shop. * is any text without / and :, ** at the end is any text."
        error={issueOf(error, "/federation/claims")}
      >
        {(c) => <textarea {...c} name="claims" rows={3} defaultValue={federation?.claims.join("\n") ?? ""} />}
      </Field>
      <Field label="Audience" hint="The JWT's only one. Empty: the address at which people sign in.">
        {(c) => <input {...c} name="audience" defaultValue={federation?.audience ?? ""} autoComplete="off" />}
      </Field>
      <Field
        label="Public keys"
        hint="As JSON, for an issuer that can't be reached from here. Empty: found by discovery."
        error={issueOf(error, "/federation/keys")}
      >
        {(c) => <textarea {...c} name="keys" rows={2} defaultValue={federation?.keys ?? ""} />}
      </Field>
      <Check
        label="A JWT is good for one exchange only"
        name="singleUse"
        defaultChecked={federation?.singleUse ?? true}
      />
    </>
  );
}

/** Changes whose JWTs prove that a program holds the token. */
export function FederateToken({ token }: { readonly token: Token }) {
  const update = useWrite("serviceTokens.update");
  const submit = (form: FormData, note: string, close: () => void) =>
    update.mutate(
      {
        params: { serviceToken: token.id },
        ifMatch: etagOf(token),
        body: { federation: readFederation(form) },
        note,
      },
      { onSuccess: close },
    );
  return (
    <OnceDialog
      label="Platform"
      className="button plain small"
      title={`Programs that hold ${token.name} without a secret`}
      made={null}
      use={() => []}
      onClose={() => update.reset()}
      form={(close) => (
        <OnceForm
          label="Save"
          error={update.error}
          busy={update.isPending}
          onSubmit={(form, note) => submit(form, note, close)}
          onCancel={close}
        >
          <FederationFields federation={token.federation} error={update.error} />
        </OnceForm>
      )}
    />
  );
}
