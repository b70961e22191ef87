import { useState } from "react";
import { aboutEvent, EVENTS, isTopic } from "../../shared/notifications/topics.ts";
import { useMayCall, useWrite } from "../api.ts";
import { Check, Field } from "../components/field.tsx";
import { OnceDialog, OnceForm } from "../components/once-dialog.tsx";
import { issueOf } from "../components/states.tsx";

type Kind = "email" | "webhook" | "slack";

const TARGETS: Readonly<Record<Kind, { readonly label: string; readonly hint: string }>> = {
  email: { label: "Address", hint: "Such as ops@example.com. This network must have a mail service." },
  webhook: { label: "URL", hint: "https, at a public address. What is posted there is signed." },
  slack: { label: "URL", hint: "Of an incoming webhook. It is a secret: later only its beginning is shown." },
};

/** Adds a destination; a webhook's secret is shown once. */
export function NewDestination() {
  const create = useWrite("notifications.create");
  const mayCreate = useMayCall("notifications.create");
  const [kind, setKind] = useState<Kind>("email");
  if (!mayCreate) return null;
  const submit = (form: FormData, note: string, close: () => void) => {
    const body = {
      name: String(form.get("name") ?? "").trim(),
      kind,
      target: String(form.get("target") ?? "").trim(),
      events: form.getAll("events").map(String),
    };
    create.mutate({ body, note }, { onSuccess: ({ secret }) => secret === null && close() });
  };
  const made = create.data?.secret
    ? { name: `The destination ${create.data.destination.name}`, secret: create.data.secret }
    : null;
  const target = TARGETS[kind];
  return (
    <OnceDialog
      label="Add a destination"
      title="Send notifications"
      made={made}
      secretIs="secret"
      use={(secret) => [
        {
          says: "The receiver checks signatures with it, as Standard Webhooks has it:",
          label: "secret",
          text: secret,
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
          <Field label="Name" hint="What people know it by." error={issueOf(create.error, "/name")}>
            {(c) => <input {...c} name="name" required maxLength={100} autoComplete="off" />}
          </Field>
          <Field label="Kind" error={issueOf(create.error, "/kind")}>
            {(c) => (
              <select {...c} value={kind} onChange={(event) => setKind(event.target.value as Kind)}>
                <option value="email">E-mail</option>
                <option value="slack">Chat: Slack, or what takes the same</option>
                <option value="webhook">Signed webhook</option>
              </select>
            )}
          </Field>
          <Field label={target.label} hint={target.hint} error={issueOf(create.error, "/target")}>
            {(c) => (
              <input
                {...c}
                name="target"
                type={kind === "email" ? "email" : "url"}
                required
                maxLength={1_000}
                autoComplete="off"
              />
            )}
          </Field>
          <fieldset>
            <legend>What it is told of</legend>
            <div className="choices">
              {EVENTS.map((event) => (
                <Check
                  key={event}
                  name="events"
                  value={event}
                  label={aboutEvent(event)}
                  defaultChecked={isTopic(event)}
                />
              ))}
            </div>
            {issueOf(create.error, "/events") && <p className="wrong">{issueOf(create.error, "/events")}</p>}
          </fieldset>
        </OnceForm>
      )}
    />
  );
}
