import { useQuery } from "@tanstack/react-query";
import type { Body } from "../../shared/api/endpoints.ts";
import { INSTALLER_PATH, installerHash, installLine, joinLine } from "../../shared/node/install-line.ts";
import { NEW_KEY } from "../../shared/registry/new-enrolment-key.ts";
import { useMayCall, useWrite } from "../api.ts";
import { Check, Field } from "../components/field.tsx";
import { LifetimeField, readLifetime } from "../components/lifetime-field.tsx";
import { OnceDialog, OnceForm } from "../components/once-dialog.tsx";
import { SegmentSelect } from "../components/segment-select.tsx";
import { issueOf } from "../components/states.tsx";
import { splitList } from "../lib/format.ts";

interface NewEnrolmentKey {
  /** Of the button. */
  readonly label: string;
  readonly title: string;
  /** What the key is called unless said. */
  readonly name?: string;
}

/** Makes a key that lets machines in, and shows the one line that a machine joins by. */
export function NewEnrolmentKey({ label, title, name = "" }: NewEnrolmentKey) {
  const create = useWrite("enrolmentKeys.create");
  const isAsked = create.isPending || create.isSuccess;
  const installer = useQuery({ queryKey: ["installer"], queryFn: fetchInstallerHash, enabled: isAsked });
  return (
    <OnceDialog
      label={label}
      title={title}
      made={
        create.data ? { name: `The key ${create.data.enrolmentKey.name}`, secret: create.data.secret } : null
      }
      form={(close) => (
        <KeyForm
          name={name}
          brief={name !== ""}
          error={create.error}
          busy={create.isPending}
          onSubmit={(body, note) => create.mutate({ body, note })}
          onCancel={close}
        />
      )}
      use={(secret) => [
        ...(installer.data
          ? [
              {
                says: "Run this on the machine that shall join. It fetches the agent from this hub and checks it:",
                label: "command",
                text: installLine(location.origin, installer.data, secret),
              },
            ]
          : []),
        {
          says: "Where the agent is installed already:",
          label: "short command",
          text: joinLine(location.origin, secret),
        },
        { says: "The key alone, for a configuration that you have:", label: "key", text: secret },
      ]}
      onClose={() => create.reset()}
    />
  );
}

/** Leads to the one line by which a machine joins; nothing for whom may not add one. */
export function AddNode() {
  const mayAdd = useMayCall("enrolmentKeys.create");
  if (!mayAdd) return null;
  return (
    <NewEnrolmentKey
      label="Add a node"
      title="Add a node"
      name={`node of ${new Date().toISOString().slice(0, 10)}`}
    />
  );
}

/** Null where the hub serves no agent. It is hashed here, so that the command is bound to what this browser was shown. */
async function fetchInstallerHash(): Promise<string | null> {
  const answer = await fetch(INSTALLER_PATH);
  return answer.ok ? installerHash(await answer.text(), crypto.subtle) : null;
}

interface KeyForm {
  readonly name: string;
  /** Folds what a single machine needs no other value of. */
  readonly brief: boolean;
  readonly error: unknown;
  readonly busy: boolean;
  readonly onSubmit: (body: Body<"enrolmentKeys.create">, note: string) => void;
  readonly onCancel: () => void;
}

function KeyForm({ name, brief, error, busy, onSubmit, onCancel }: KeyForm) {
  return (
    <OnceForm
      label="Make the key"
      error={error}
      busy={busy}
      onSubmit={(form, note) => onSubmit(readKey(form), note)}
      onCancel={onCancel}
    >
      <Field label="Name" error={issueOf(error, "/name")}>
        {(c) => <input {...c} name="name" required maxLength={100} defaultValue={name} autoComplete="off" />}
      </Field>
      <Field label="Segment" hint="Where its nodes stand." error={issueOf(error, "/segment")}>
        {(c) => <SegmentSelect control={c} name="segment" />}
      </Field>
      <Check
        label="Its nodes need no approval: whoever has the key is in"
        name="preApproved"
        defaultChecked={NEW_KEY.preApproved}
      />
      <details open={!brief || Boolean(error)}>
        <summary>More about its nodes</summary>
        <fieldset>
          <legend className="hidden">More about its nodes</legend>
          <Field label="Tags" hint="Separated by commas, for its nodes." error={issueOf(error, "/tags")}>
            {(c) => <input {...c} name="tags" autoComplete="off" />}
          </Field>
          <Field label="Owner (e-mail)" hint="Of its nodes; may be empty." error={issueOf(error, "/user")}>
            {(c) => <input {...c} name="user" type="email" autoComplete="off" />}
          </Field>
          <Field label="Nodes it lets in" error={issueOf(error, "/maxUses")}>
            {(c) => (
              <input
                {...c}
                name="maxUses"
                type="number"
                min={1}
                max={10_000}
                required
                defaultValue={NEW_KEY.maxUses}
              />
            )}
          </Field>
          <LifetimeField selected={NEW_KEY.lifetimeMs} error={issueOf(error, "/expiresAt")} />
          <Check
            label="Its nodes are ephemeral: removed after half an hour away"
            name="ephemeral"
            defaultChecked={NEW_KEY.ephemeral}
          />
        </fieldset>
      </details>
    </OnceForm>
  );
}

function readKey(form: FormData): Body<"enrolmentKeys.create"> {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  return {
    name: text("name"),
    segment: text("segment"),
    tags: splitList(text("tags")),
    user: text("user") || null,
    maxUses: Number(text("maxUses")),
    expiresAt: readLifetime(form, Date.now()) ?? Date.now() + NEW_KEY.lifetimeMs,
    preApproved: form.has("preApproved"),
    ephemeral: form.has("ephemeral"),
  };
}
