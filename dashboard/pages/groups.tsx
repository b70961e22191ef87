import { call, etagOf, type RowOf, useApi, useMayWrite, usePages, useWrite } from "../api.ts";
import { AddForm } from "../components/add-form.tsx";
import { AllTheSame } from "../components/all-the-same.tsx";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { DataTable, ShowMore } from "../components/data-table.tsx";
import { Field } from "../components/field.tsx";
import { PageHead } from "../components/page-head.tsx";
import { useListSearch } from "../components/search-field.tsx";
import { Empty, Failure, issueOf, Loaded } from "../components/states.tsx";
import { navigate, routeTo } from "../lib/router.ts";
import { offerUndo } from "../lib/undo.ts";
import { HistoryCard } from "./history-card.tsx";

export function Groups() {
  const search = useListSearch("Name or description");
  const groups = usePages("groups.list", { query: search.query });
  const create = useWrite("groups.create");
  const mayWrite = useMayWrite();
  return (
    <>
      {mayWrite && (
        <AddForm
          label="Add"
          busy={create.isPending}
          onAdd={(text, note, reset) =>
            create.mutate({ body: { name: text("name") }, note }, { onSuccess: reset })
          }
        >
          <Field label="Name of a new group" error={issueOf(create.error, "/name") ?? create.error?.message}>
            {(c) => <input {...c} name="name" required maxLength={100} autoComplete="off" />}
          </Field>
        </AddForm>
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
              pages={groups}
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
  const loaded = group.data;
  const mayChange = mayWrite && loaded?.providerId === null;
  const takeOut = (member: RowOf<"groups.members">, note: string) => {
    const params = { group: id, kind: member.kind, member: member.id };
    const says = `${member.name} is no member of ${loaded?.name ?? "the group"} any more.`;
    const undo = () => call("groups.addMember", { params });
    take.mutate({ params, note }, { onSuccess: () => offerUndo({ says, undo }) });
  };
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
            {sizeOf(members.data?.length, members.hasNextPage)} what policies allow this group, at once.
          </ConfirmButton>
        )}
      </PageHead>
      <Failure error={group.error ?? take.error ?? remove.error} />
      <AllTheSame write={take} />
      <AllTheSame write={add} />
      <AllTheSame write={remove} label="Delete it all the same" onDone={() => navigate("people", "groups")} />
      {loaded && loaded.providerId !== null && (
        <p className="notice">
          Its members come from an{" "}
          <a href={routeTo("providers", loaded.providerId)}>identity provider, by SCIM</a>, and are changed
          there. It can be a member of a group of yours.
        </p>
      )}
      {mayChange && (
        <AddForm
          label="Add member"
          busy={add.isPending}
          onAdd={(text, note, reset) =>
            add.mutate(
              { params: { group: id, kind: text("kind"), member: text("member") }, note },
              { onSuccess: reset },
            )
          }
        >
          <Field label="Kind">
            {(c) => (
              <select {...c} name="kind">
                <option value="user">User</option>
                <option value="group">Group</option>
              </select>
            )}
          </Field>
          <Field label="E-mail or group name" error={add.error?.message}>
            {(c) => <input {...c} name="member" required autoComplete="off" />}
          </Field>
        </AddForm>
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
              pages={members}
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
                    mayChange && (
                      <ConfirmButton
                        label="Remove"
                        name={`Remove ${member.name}`}
                        className="button danger small"
                        question={`Take ${member.name} out of ${loaded?.name ?? "the group"}?`}
                        onConfirm={(note) => takeOut(member, note)}
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

function sizeOf(loaded: number | undefined, hasMore: boolean): string {
  if (loaded === undefined) return "Its members lose";
  if (loaded === 1) return "Its 1 member loses";
  return loaded === 0
    ? "It has no members here; who has it from an identity provider loses"
    : `Its ${hasMore ? "more than " : ""}${loaded} members lose`;
}
