import type { FormEvent } from "react";
import { call, useMayWrite, useWrite } from "../api.ts";
import { Conflict } from "../components/conflict.tsx";
import { Field } from "../components/field.tsx";
import { NoteField, noteOf } from "../components/note-field.tsx";
import { SegmentSelect } from "../components/segment-select.tsx";
import { issueOf } from "../components/states.tsx";
import { useBase } from "../lib/base-version.ts";
import { localInput } from "../lib/local-input.ts";
import { readNodeFields } from "../lib/node-fields.ts";
import type { Node } from "./node-page.tsx";

/** Changes the version that was loaded first; only fields that differ are sent. */
export function EditNode({ node }: { readonly node: Node }) {
  const mayWrite = useMayWrite();
  const update = useWrite("nodes.update");
  const { base, setBase, ifMatch, takeTheirs } = useBase(
    node,
    ({ id }) => call("nodes.get", { params: { node: id } }),
    [update],
  );
  if (!mayWrite) return null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const body = readNodeFields(new FormData(event.currentTarget), base);
    const note = noteOf(event.currentTarget);
    update.mutate({ params: { node: base.id }, ifMatch, body, note }, { onSuccess: setBase });
  };
  const { error } = update;
  return (
    <section className="card">
      <h2>Change</h2>
      <Conflict error={error} onReload={takeTheirs} />
      <form key={base.version} className="form" onSubmit={submit}>
        <Field label="Name" hint="Its DNS label in the network." error={issueOf(error, "/name")}>
          {(c) => (
            <input {...c} name="name" required maxLength={63} defaultValue={base.name} autoComplete="off" />
          )}
        </Field>
        <Field label="Segment" error={issueOf(error, "/segment")}>
          {(c) => <SegmentSelect control={c} name="segment" defaultValue={base.segment} />}
        </Field>
        <Field
          label="Tags"
          hint="Separated by commas. Rules cite them as tag:NAME."
          error={issueOf(error, "/tags")}
        >
          {(c) => <input {...c} name="tags" defaultValue={base.tags.join(", ")} autoComplete="off" />}
        </Field>
        <Field
          label="Owner (e-mail)"
          hint="Empty for a machine that belongs to nobody."
          error={issueOf(error, "/user")}
        >
          {(c) => <input {...c} name="user" type="email" defaultValue={base.user ?? ""} autoComplete="off" />}
        </Field>
        <Field
          label="Relay"
          hint="A relay carries the datagrams of others where they can't reach each other, and can read none of them."
          error={issueOf(error, "/relay")}
        >
          {(c) => (
            <select {...c} name="relay" defaultValue={base.relay}>
              <option value="off">off</option>
              <option value="on">on</option>
              <option value="drain">drain: give its pairs to other relays</option>
            </select>
          )}
        </Field>
        <Field label="Expires" hint="Empty for never." error={issueOf(error, "/expiresAt")}>
          {(c) => (
            <input {...c} name="expiresAt" type="datetime-local" defaultValue={localInput(base.expiresAt)} />
          )}
        </Field>
        <NoteField />
        <div className="actions">
          <button type="submit" className="button" disabled={update.isPending}>
            Save
          </button>
          <span role="status">{update.isSuccess && "Saved. Its peers learn of it at their next poll."}</span>
        </div>
      </form>
    </section>
  );
}
