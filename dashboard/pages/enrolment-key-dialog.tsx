import { useQuery } from "@tanstack/react-query";
import type { FormEvent } from "react";
import type { Body } from "../../shared/api/endpoints.ts";
import { NEW_KEY } from "../../shared/api/mesh.ts";
import { INSTALLER_PATH, installerHash, installLine, joinLine } from "../../shared/node/install-line.ts";
import { useWrite } from "../api.ts";
import { Check, Field } from "../components/field.tsx";
import { LifetimeField, readLifetime } from "../components/lifetime-field.tsx";
import { NoteField, noteOf } from "../components/note-field.tsx";
import { OnceDialog } from "../components/once-dialog.tsx";
import { SegmentSelect } from "../components/segment-select.tsx";
import { Failure, issueOf } from "../components/states.tsx";
import { splitList } from "../lib/format.ts";

/** Makes a key that lets machines in. */
export function NewEnrolmentKey() {
  const create = useWrite("enrolmentKeys.create");
  const installer = useQuery({ queryKey: ["installer"], queryFn: fetchInstallerHash });
  return (
    <OnceDialog
      label="Make a key"
      title="Make an enrolment key"
      made={
        create.data ? { name: `The key ${create.data.enrolmentKey.name}`, secret: create.data.secret } : null
      }
      form={(close) => (
        <KeyForm
          error={create.error}
          busy={create.isPending}
          onSubmit={(body, note) => create.mutate({ body, note })}
          onCancel={close}
        />
      )}
      secretIs="key"
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
      ]}
      onClose={() => create.reset()}
    />
  );
}

/** Null where the hub serves no agent. It is hashed here, so that the command is bound to what this browser was shown. */
async function fetchInstallerHash(): Promise<string | null> {
  const answer = await fetch(INSTALLER_PATH);
  return answer.ok ? installerHash(await answer.text(), crypto.subtle) : null;
}

interface KeyForm {
  readonly error: unknown;
  readonly busy: boolean;
  readonly onSubmit: (body: Body<"enrolmentKeys.create">, note: string) => void;
  readonly onCancel: () => void;
}

function KeyForm({ error, busy, onSubmit, onCancel }: KeyForm) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onSubmit(readKey(new FormData(event.currentTarget)), noteOf(event.currentTarget));
  };
  return (
    <form className="form" onSubmit={submit}>
      <Failure error={error} />
      <Field label="Name" error={issueOf(error, "/name")}>
        {(c) => <input {...c} name="name" required maxLength={100} autoComplete="off" />}
      </Field>
      <Field label="Segment" hint="Where its nodes stand." error={issueOf(error, "/segment")}>
        {(c) => <SegmentSelect control={c} name="segment" />}
      </Field>
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
        label="Its nodes need no approval: whoever has the key is in"
        name="preApproved"
        defaultChecked={NEW_KEY.preApproved}
      />
      <Check
        label="Its nodes are ephemeral: removed after half an hour away"
        name="ephemeral"
        defaultChecked={NEW_KEY.ephemeral}
      />
      <NoteField />
      <div className="actions">
        <button type="submit" className="button" disabled={busy}>
          Make the key
        </button>
        <button type="button" className="button plain" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
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
