import { useMayCall, usePages, useWrite } from "../api.ts";
import { Check, Field } from "../components/field.tsx";
import { OnceDialog, OnceForm } from "../components/once-dialog.tsx";
import { issueOf } from "../components/states.tsx";
import { QuarantineFields, quarantinesIn } from "./signal-quarantine.tsx";

/** Lets somebody send signals; the bearer token is shown once. */
export function NewTransmitter() {
  const create = useWrite("transmitters.create");
  const mayCreate = useMayCall("transmitters.create");
  if (!mayCreate) return null;
  const submit = (form: FormData, note: string, close: () => void) => {
    const text = (name: string) => String(form.get(name) ?? "").trim();
    const [audience, jwksUri] = [text("audience"), text("jwksUri")];
    const isOld = form.has("isOld");
    const body = {
      name: text("name"),
      issuer: text("issuer"),
      provider: text("provider"),
      bearer: !form.has("isBare"),
      quarantines: quarantinesIn(form),
      ...(isOld ? { kind: "risc" as const } : {}),
      ...(audience === "" ? {} : { audience }),
      ...(jwksUri === "" ? {} : { jwksUri }),
    };
    create.mutate({ body, note }, { onSuccess: ({ token }) => token === null && close() });
  };
  const { transmitter, token } = create.data ?? {};
  return (
    <OnceDialog
      label="Add a transmitter"
      title="Take signals"
      made={transmitter && token ? { name: `The transmitter ${transmitter.name}`, secret: token } : null}
      secretIs="token"
      use={(secret) => [
        { says: "It pushes its tokens to:", label: "endpoint", text: transmitter?.endpoint ?? "" },
        {
          says: "And sends this header with each:",
          label: "header",
          text: `Authorization: Bearer ${secret}`,
        },
      ]}
      onClose={() => create.reset()}
      form={(close) => (
        <OnceForm
          label="Add"
          error={create.error}
          busy={create.isPending}
          onSubmit={(form, note) => submit(form, note, close)}
          onCancel={close}
        >
          <Field label="Name" hint="Lower case, such as okta." error={issueOf(create.error, "/name")}>
            {(c) => <input {...c} name="name" required maxLength={63} autoComplete="off" />}
          </Field>
          <Field
            label="Issuer"
            hint="The iss of its tokens, exactly."
            error={issueOf(create.error, "/issuer")}
          >
            {(c) => <input {...c} name="issuer" type="url" required maxLength={2_000} autoComplete="off" />}
          </Field>
          <ProviderField error={issueOf(create.error, "/provider")} />
          <Field
            label="Audience"
            hint="The aud of its tokens. Leave it empty for the endpoint."
            error={issueOf(create.error, "/audience")}
          >
            {(c) => <input {...c} name="audience" maxLength={300} autoComplete="off" />}
          </Field>
          <Field
            label="Keys"
            hint="Where they are. Leave it empty if the issuer's ssf-configuration says it."
            error={issueOf(create.error, "/jwksUri")}
          >
            {(c) => <input {...c} name="jwksUri" type="url" maxLength={2_000} autoComplete="off" />}
          </Field>
          <Check name="isOld" label="Its tokens are from before SSF 1.0, as Google's" />
          <Check name="isBare" label="It shows no bearer token: its signature is the only proof" />
          <QuarantineFields />
        </OnceForm>
      )}
    />
  );
}

function ProviderField({ error }: { readonly error: string | undefined }) {
  const providers = usePages("identityProviders.list", {});
  return (
    <Field label="Speaks of the people of" hint="And of nobody else. This can't be changed." error={error}>
      {(c) => (
        <select {...c} name="provider" required>
          {(providers.data ?? []).map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
