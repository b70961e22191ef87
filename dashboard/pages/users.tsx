import { call, etagOf, useMayWrite, usePages, useWrite } from "../api.ts";
import { AddForm } from "../components/add-form.tsx";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { Field } from "../components/field.tsx";
import { SearchField } from "../components/search-field.tsx";
import { Empty, Failure, issueOf, Loaded } from "../components/states.tsx";
import { useBulk } from "../lib/bulk.ts";
import { routeTo, useFilters } from "../lib/router.ts";
import { offerUndo } from "../lib/undo.ts";
import { takeBack, type User, type UserChange, useUserChange } from "./user-changes.tsx";

export function Users() {
  const [filters, setFilters] = useFilters();
  const { search = "", status = "", role = "", group = "" } = filters;
  const users = usePages("users.list", {
    query: {
      ...(search && { search }),
      ...(status && { status: status as User["status"] }),
      ...(role && { role: role as NonNullable<User["role"]> }),
      ...(group && { group }),
    },
  });
  const { change, dialog, error } = useUserChange();
  const disable = useBulk((user: User, note) =>
    call("users.update", {
      note,
      params: { user: user.id },
      ifMatch: etagOf(user),
      body: { status: "disabled" },
    }),
  );
  const mayWrite = useMayWrite();
  const bulk = {
    nameOf: (user: User) => user.email,
    mayTake: (user: User) => user.status === "active",
    actions: (taken: readonly User[], done: () => void) => (
      <ConfirmButton
        label="Disable them"
        className="button danger small"
        question={taken.length === 1 ? `Disable ${taken[0]?.email}?` : `Disable ${taken.length} people?`}
        onConfirm={(note) =>
          disable.mutate(
            { rows: taken, note },
            {
              onSuccess: (after) => {
                done();
                offerUndo({
                  says:
                    after.length === 1
                      ? `${after[0]?.email} is disabled.`
                      : `${after.length} people are disabled.`,
                  undo: () => Promise.all(after.map((user, n) => takeBack(taken[n] ?? user, user)())),
                });
              },
            },
          )
        }
      >
        <p>
          All their sessions end within a second, and they can’t sign in until they are enabled again:{" "}
          {taken.map(({ email }) => email).join(", ")}.
        </p>
      </ConfirmButton>
    ),
  };
  return (
    <>
      {dialog}
      {mayWrite && <AddUser />}
      <div className="form filters">
        <SearchField
          label="Search"
          placeholder="E-mail or name"
          value={search}
          onSearch={(text) => setFilters({ ...filters, search: text })}
        />
        <Field label="Status">
          {(c) => (
            <select
              {...c}
              value={status}
              onChange={(event) => setFilters({ ...filters, status: event.target.value })}
            >
              <option value="">All</option>
              <option value="active">Active</option>
              <option value="disabled">Disabled</option>
            </select>
          )}
        </Field>
        <Field label="Role">
          {(c) => (
            <select
              {...c}
              value={role}
              onChange={(event) => setFilters({ ...filters, role: event.target.value })}
            >
              <option value="">All</option>
              <option value="owner">Owner</option>
              <option value="admin">Admin</option>
              <option value="auditor">Auditor</option>
            </select>
          )}
        </Field>
        <SearchField
          label="Group"
          placeholder="Its whole name"
          narrow
          value={group}
          onSearch={(text) => setFilters({ ...filters, group: text })}
        />
      </div>
      <Failure error={error ?? disable.error} />
      <Loaded query={users}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>
              {[search, status, role, group].every((given) => given === "")
                ? "No user is known yet. Users appear here when they first sign in."
                : "Nobody fits."}
            </Empty>
          ) : (
            <DataTable
              caption="Users"
              columns={columns(mayWrite, change)}
              rows={rows}
              keyOf={(user) => user.id}
              pages={users}
              bulk={mayWrite ? bulk : undefined}
            />
          )
        }
      </Loaded>
      <ShowMore pages={users} />
    </>
  );
}

function columns(mayWrite: boolean, change: (user: User, body: UserChange) => void): readonly Column<User>[] {
  const columns: Column<User>[] = [
    {
      header: "User",
      cell: (user) => <a href={routeTo("people", "users", user.id)}>{user.email}</a>,
      sort: (user) => user.email,
      className: "long",
    },
    { header: "Name", cell: (user) => user.name, sort: (user) => user.name, className: "wide" },
    { header: "Groups", cell: (user) => user.groups.join(", "), className: "wide" },
    {
      header: "Role",
      sort: (user) => user.role ?? "user",
      cell: (user) => (mayWrite ? <RoleSelect user={user} onChange={change} /> : (user.role ?? "user")),
    },
    {
      header: "Status",
      sort: (user) => user.status,
      cell: (user) => (
        <span className={user.status === "active" ? "badge good" : "badge bad"}>{user.status}</span>
      ),
    },
  ];
  if (!mayWrite) return columns;
  return [
    ...columns,
    {
      header: "Action",
      className: "action",
      cell: (user) => <StatusButton user={user} onChange={change} />,
    },
  ];
}

interface UserControl {
  readonly user: User;
  readonly onChange: (user: User, body: UserChange) => void;
}

export function RoleSelect({ user, onChange }: UserControl) {
  return (
    <select
      aria-label={`Role of ${user.email}`}
      value={user.role ?? ""}
      onChange={(event) => onChange(user, { role: (event.target.value || null) as User["role"] })}
    >
      <option value="">user</option>
      <option value="auditor">auditor</option>
      <option value="admin">admin</option>
      <option value="owner">owner</option>
    </select>
  );
}

export function StatusButton({ user, onChange }: UserControl) {
  const isActive = user.status === "active";
  return (
    <button
      type="button"
      className={isActive ? "button danger small" : "button plain small"}
      aria-label={`${isActive ? "Disable" : "Enable"} ${user.email}`}
      onClick={() => onChange(user, { status: isActive ? "disabled" : "active" })}
    >
      {isActive ? "Disable" : "Enable"}
    </button>
  );
}

function AddUser() {
  const create = useWrite("users.create");
  return (
    <AddForm
      label="Add"
      busy={create.isPending}
      onAdd={(text, note, reset) =>
        create.mutate({ body: { email: text("email") }, note }, { onSuccess: reset })
      }
    >
      <Field
        label="E-mail of a new user"
        broad
        error={issueOf(create.error, "/email") ?? create.error?.message}
      >
        {(c) => <input {...c} name="email" type="email" required autoComplete="off" />}
      </Field>
    </AddForm>
  );
}
