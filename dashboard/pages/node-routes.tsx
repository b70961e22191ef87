import type { FormEvent } from "react";
import { call, useMayWrite, useWrite } from "../api.ts";
import { Conflict } from "../components/conflict.tsx";
import { Check } from "../components/field.tsx";
import { NoteField, noteOf } from "../components/note-field.tsx";
import { useBase } from "../lib/base-version.ts";
import type { Node } from "./node-page.tsx";

const EXIT = new Set(["0.0.0.0/0", "::/0"]);

/** The prefixes that a node offers to forward to: none works before it is approved. */
export function NodeRoutes({ node }: { readonly node: Node }) {
  const mayWrite = useMayWrite();
  const update = useWrite("nodes.update");
  const { base, setBase, ifMatch, takeTheirs } = useBase(
    node,
    ({ id }) => call("nodes.get", { params: { node: id } }),
    [update],
  );
  // What is offered may grow while the page is open; what is approved stays as it was loaded.
  const routes = [...new Set([...base.approvedRoutes, ...node.offeredRoutes])].sort();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const approvedRoutes = new FormData(event.currentTarget).getAll("route").map(String);
    const note = noteOf(event.currentTarget);
    update.mutate(
      { params: { node: base.id }, ifMatch, body: { approvedRoutes }, note },
      { onSuccess: setBase },
    );
  };
  return (
    <section className="card">
      <h2>Routes</h2>
      <Conflict error={update.error} onReload={takeTheirs} />
      {routes.length === 0 && <p className="muted">It offers no network behind it and is no exit node.</p>}
      <form key={base.version} className="form" onSubmit={submit} hidden={routes.length === 0}>
        <fieldset disabled={!mayWrite}>
          <legend>Approved routes</legend>
          {routes.map((route) => (
            <Check
              key={route}
              name="route"
              value={route}
              label={labelOf(route, node.offeredRoutes.includes(route))}
              defaultChecked={base.approvedRoutes.includes(route)}
            />
          ))}
        </fieldset>
        {mayWrite && <NoteField />}
        {mayWrite && (
          <div className="actions">
            <button type="submit" className="button plain" disabled={update.isPending}>
              Save the routes
            </button>
            <span role="status">{update.isSuccess && "Saved"}</span>
          </div>
        )}
      </form>
    </section>
  );
}

function labelOf(route: string, offered: boolean): string {
  const what = EXIT.has(route) ? `${route} (exit node: everything outside)` : route;
  return offered ? what : `${what} (not offered now)`;
}
