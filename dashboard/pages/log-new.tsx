import { useMayCall, useWrite } from "../api.ts";
import { Check, Field } from "../components/field.tsx";
import { OnceDialog, OnceForm } from "../components/once-dialog.tsx";
import { issueOf } from "../components/states.tsx";

const KINDS = [
  ["decision", "access decisions"],
  ["admin", "changes by administrators"],
  ["login", "sign-ins"],
  ["session", "sessions"],
  ["system", "trouble of this network"],
] as const;
type Kind = (typeof KINDS)[number][0];

/** Adds a destination of the log; the key of its signatures is shown once. */
export function NewLogDestination() {
  const create = useWrite("logDestinations.create");
  const mayCreate = useMayCall("logDestinations.create");
  if (!mayCreate) return null;
  const submit = (form: FormData, note: string) => {
    const text = (name: string) => String(form.get(name) ?? "").trim();
    const kinds = form.getAll("kinds").map(String) as Kind[];
    const body = {
      name: text("name"),
      format: text("format") as "ndjson" | "otlp",
      url: text("url"),
      ...(text("authorization") === "" ? {} : { authorization: text("authorization") }),
      kinds: kinds.length === KINDS.length ? [] : kinds,
    };
    create.mutate({ body, note });
  };
  return (
    <OnceDialog
      label="Add a destination"
      title="Send the log"
      made={
        create.data
          ? { name: `The destination ${create.data.destination.name}`, secret: create.data.secret }
          : null
      }
      secretIs="key"
      use={(secret) => [
        {
          says: "The receiver may check signatures with it, as Standard Webhooks has it:",
          label: "key",
          text: secret,
        },
      ]}
      onClose={() => create.reset()}
      form={(close) => (
        <OnceForm label="Add" error={create.error} busy={create.isPending} onSubmit={submit} onCancel={close}>
          <Field label="Name" hint="What people know it by." error={issueOf(create.error, "/name")}>
            {(c) => <input {...c} name="name" required maxLength={100} autoComplete="off" />}
          </Field>
          <Field label="Form" error={issueOf(create.error, "/format")}>
            {(c) => (
              <select {...c} name="format">
                <option value="ndjson">Lines of JSON (NDJSON)</option>
                <option value="otlp">OpenTelemetry (OTLP/HTTP, JSON)</option>
              </select>
            )}
          </Field>
          <Field
            label="URL"
            hint="https, at a public address. For OpenTelemetry it mostly ends in /v1/logs."
            error={issueOf(create.error, "/url")}
          >
            {(c) => <input {...c} name="url" type="url" required maxLength={1_000} autoComplete="off" />}
          </Field>
          <Field
            label="Authorization"
            hint="The value of this header, if the receiver wants one, such as Bearer …. It is never shown again."
            error={issueOf(create.error, "/authorization")}
          >
            {(c) => <input {...c} name="authorization" type="password" autoComplete="off" />}
          </Field>
          <fieldset>
            <legend>What is sent</legend>
            <div className="choices">
              {KINDS.map(([kind, label]) => (
                <Check key={kind} name="kinds" value={kind} label={label} defaultChecked />
              ))}
            </div>
          </fieldset>
        </OnceForm>
      )}
    />
  );
}
