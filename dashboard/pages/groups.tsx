import type { FormEvent } from "react";
import { etagOf, useApi, useMayWrite, usePages, useWrite } from "../api.ts";
import { AllTheSame } from "../components/all-the-same.tsx";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { DataTable, ShowMore } from "../components/data-table.tsx";
import { Field } from "../components/field.tsx";
import { NoteField, noteOf } from "../components/note-field.tsx";
import { PageHead } from "../components/page-head.tsx";
import { useListSearch } from "../components/search-field.tsx";
import { Empty, Failure, issueOf, Loaded } from "../components/states.tsx";
import { navigate, routeTo } from "../lib/router.ts";
import { HistoryCard } from "./history-card.tsx";

export function Groups() {
  const search = useListSearch("Name or description");
  const groups = usePages("groups.list", { query: search.query });
  const create = useWrite("groups.create");
  const mayWrite = useMayWrite();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    create.mutate(
      { body: { name: fieldOf(form, "name") }, note: noteOf(form) },
      { onSuccess: () => form.reset() },
    );
  };
  return (
    <>
      {mayWrite && (
        <form className="form filters" onSubmit={submit}>
          <Field label="Name of a new group" error={issueOf(create.error, "/name") ?? create.error?.message}>
            {(c) => <input {...c} name="name" required maxLength={100} />}
          </Field>
          <NoteField />
          <div className="actions">
            <button type="submit" className="button" disabled={create.isPending}>
              Add
            </button>
          </div>
        </form>
      )}
      {search.field}
      <Loaded query={groups}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>
              {search.isAsked
                ? "Nothing fits."
                : "No group exists yet. A group of the identity provider counts where it has the same name."}
            </Empty>
          ) : (
            <DataTable
              caption="Groups"
              rows={rows}
              keyOf={(group) => group.id}
              columns={[
                {
                  header: "Group",
                  sort: (group) => group.name,
                  cell: (group) => <a href={routeTo("people", "groups", group.id)}>{group.name}</a>,
                },
                { header: "Description", cell: (group) => group.description },
              ]}
            />
          )
        }
      </Loaded>
      <ShowMore pages={groups} />
    </>
  );
}

export function GroupPage({ id }: { readonly id: string }) {
  const group = useApi("groups.get", { params: { group: id } });
  const members = usePages("groups.members", { params: { group: id } });
  const add = useWrite("groups.addMember");
  const take = useWrite("groups.removeMember");
  const remove = useWrite("groups.delete");
  const mayWrite = useMayWrite();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const params = { group: id, kind: fieldOf(form, "kind"), member: fieldOf(form, "member") };
    add.mutate({ params, note: noteOf(form) }, { onSuccess: () => form.reset() });
  };
  const loaded = group.data;
  return (
    <>
      <PageHead title={loaded?.name ?? "Group"}>
        <a className="button plain" href={routeTo("people", "groups")}>
          All groups
        </a>
        {mayWrite && (
          <ConfirmButton
            label="Delete"
            question={`Delete the group ${loaded?.name ?? ""}?`}
            disabled={!loaded}
            onConfirm={(note) =>
              loaded &&
              remove.mutate(
                { note, params: { group: id }, ifMatch: etagOf(loaded) },
                { onSuccess: () => navigate("people", "groups") },
              )
            }
          >
            Its members lose what policies allow this group, at once.
          </ConfirmButton>
        )}
      </PageHead>
      <Failure error={group.error ?? take.error ?? remove.error} />
      <AllTheSame write={take} />
      <AllTheSame write={add} />
      <AllTheSame write={remove} label="Delete it all the same" onDone={() => navigate("people", "groups")} />
      {mayWrite && (
        <form className="form filters" onSubmit={submit}>
          <Field label="Kind">
            {(c) => (
              <select {...c} name="kind">
                <option value="user">User</option>
                <option value="group">Group</option>
              </select>
            )}
          </Field>
          <Field label="E-mail or group name" error={add.error?.message}>
            {(c) => <input {...c} name="member" required />}
          </Field>
          <NoteField />
          <div className="actions">
            <button type="submit" className="button" disabled={add.isPending}>
              Add member
            </button>
          </div>
        </form>
      )}
      <Loaded query={members}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>This group has no members here.</Empty>
          ) : (
            <DataTable
              caption="Members"
              rows={rows}
              keyOf={(member) => `${member.kind} ${member.id}`}
              columns={[
                {
                  header: "Member",
                  cell: (member) =>
                    member.kind === "user" ? (
                      <a href={routeTo("people", "users", member.id)}>{member.name}</a>
                    ) : (
                      <a href={routeTo("people", "groups", member.id)}>{member.name}</a>
                    ),
                  sort: (member) => member.name,
                  className: "long",
                },
                { header: "Kind", cell: (member) => member.kind },
                {
                  header: "Actions",
                  cell: (member) =>
                    mayWrite && (
                      <ConfirmButton
                        label="Remove"
                        name={`Remove ${member.name}`}
                        className="button danger small"
                        question={`Take ${member.name} out of ${loaded?.name ?? "the group"}?`}
                        onConfirm={(note) =>
                          take.mutate({ note, params: { group: id, kind: member.kind, member: member.id } })
                        }
                      >
                        <p>
                          {member.kind === "user" ? "They lose" : "All its members lose"} what policies allow
                          this group, and open streams that rest on it are cut, at once. They can be added
                          again.
                        </p>
                      </ConfirmButton>
                    ),
                },
              ]}
            />
          )
        }
      </Loaded>
      <ShowMore pages={members} />
      {loaded && <HistoryCard kind="group" name={loaded.id} />}
    </>
  );
}

const fieldOf = (form: HTMLFormElement, name: string): string =>
  String(new FormData(form).get(name) ?? "").trim();
