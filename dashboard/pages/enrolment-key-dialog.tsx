import { type FormEvent, useId, useRef } from "react";
import type { Body } from "../../shared/api/endpoints.ts";
import { useWrite } from "../api.ts";
import { CopyText } from "../components/copy-text.tsx";
import { Check, Field } from "../components/field.tsx";
import { SegmentSelect } from "../components/segment-select.tsx";
import { Failure, issueOf } from "../components/states.tsx";
import { splitList } from "../lib/format.ts";
import { joinCommand } from "../lib/key-state.ts";

const HOUR = 3_600_000;
const LIFETIMES = [
  ["1 hour", HOUR],
  ["24 hours", 24 * HOUR],
  ["7 days", 7 * 24 * HOUR],
  ["30 days", 30 * 24 * HOUR],
  ["1 year", 364 * 24 * HOUR],
] as const;

/** Makes a key and shows it once: it is stored nowhere in a form that could be shown again. */
export function NewEnrolmentKey() {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const create = useWrite("enrolmentKeys.create");
  const made = create.data;
  return (
    <>
      <button type="button" className="button" onClick={() => dialog.current?.showModal()}>
        Make a key
      </button>
      <dialog
        ref={dialog}
        className="broad"
        aria-labelledby={heading}
        // Escape must not throw away a key that nobody has seen before.
        onCancel={(event) => made && event.preventDefault()}
        onClose={() => create.reset()}
      >
        <h2 id={heading}>{made ? `The key ${made.enrolmentKey.name}` : "Make an enrolment key"}</h2>
        {made ? (
          <MadeKey secret={made.secret} onDone={() => dialog.current?.close()} />
        ) : (
          <KeyForm
            error={create.error}
            busy={create.isPending}
            onSubmit={(body) => create.mutate({ body })}
            onCancel={() => dialog.current?.close()}
          />
        )}
      </dialog>
    </>
  );
}

function MadeKey({ secret, onDone }: { readonly secret: string; readonly onDone: () => void }) {
  return (
    <>
      <p>Copy it now: it is shown this once only.</p>
      <CopyText label="key" text={secret} />
      <p>Run this on the machine that shall join:</p>
      <CopyText label="command" text={joinCommand(location.origin, secret)} />
      <div className="actions">
        <button type="button" className="button" onClick={onDone}>
          Done
        </button>
      </div>
    </>
  );
}

interface KeyForm {
  readonly error: unknown;
  readonly busy: boolean;
  readonly onSubmit: (body: Body<"enrolmentKeys.create">) => void;
  readonly onCancel: () => void;
}

function KeyForm({ error, busy, onSubmit, onCancel }: KeyForm) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onSubmit(readKey(new FormData(event.currentTarget)));
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
        {(c) => <input {...c} name="maxUses" type="number" min={1} max={10_000} required defaultValue={1} />}
      </Field>
      <Field label="Good for" error={issueOf(error, "/expiresAt")}>
        {(c) => (
          <select {...c} name="lifetime" defaultValue={24 * HOUR}>
            {LIFETIMES.map(([title, length]) => (
              <option key={length} value={length}>
                {title}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Check label="Its nodes need no approval" name="preApproved" defaultChecked />
      <Check label="Its nodes are ephemeral: removed after half an hour away" name="ephemeral" />
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
    expiresAt: Date.now() + Number(text("lifetime")),
    preApproved: form.has("preApproved"),
    ephemeral: form.has("ephemeral"),
  };
}
