import type { FormEvent } from "react";
import { etagOf, type RowOf, useMayWrite, usePages, useWrite } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { Field } from "../components/field.tsx";
import { Empty, Failure, issueOf, Loaded } from "../components/states.tsx";

type User = RowOf<"users.list">;
type Role = User["role"];

export function Users() {
  const users = usePages("users.list", {});
  const update = useWrite("users.update");
  const mayWrite = useMayWrite();
  const change = (user: User, body: { status?: User["status"]; role?: Role }) =>
    update.mutate({ params: { user: user.id }, ifMatch: etagOf(user), body });
  return (
    <>
      {mayWrite && <AddUser />}
      <Failure error={update.error} />
      <Loaded query={users}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>No user is known yet. Users appear here when they first sign in.</Empty>
          ) : (
            <DataTable
              caption="Users"
              columns={columns(mayWrite, change)}
              rows={rows}
              keyOf={(user) => user.id}
            />
          )
        }
      </Loaded>
      <ShowMore pages={users} />
    </>
  );
}

function columns(
  mayWrite: boolean,
  change: (user: User, body: { status?: User["status"]; role?: Role }) => void,
): readonly Column<User>[] {
  const columns: Column<User>[] = [
    { header: "User", cell: (user) => user.email, className: "long" },
    { header: "Name", cell: (user) => user.name, className: "wide" },
    { header: "Groups", cell: (user) => user.groups.join(", "), className: "wide" },
    {
      header: "Role",
      cell: (user) =>
        mayWrite ? (
          <select
            aria-label={`Role of ${user.email}`}
            value={user.role ?? ""}
            onChange={(event) => change(user, { role: (event.target.value || null) as Role })}
          >
            <option value="">user</option>
            <option value="auditor">auditor</option>
            <option value="admin">admin</option>
            <option value="owner">owner</option>
          </select>
        ) : (
          (user.role ?? "user")
        ),
    },
    {
      header: "Status",
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
      cell: (user) => {
        if (user.status === "disabled") {
          return (
            <button
              type="button"
              className="button plain small"
              aria-label={`Enable ${user.email}`}
              onClick={() => change(user, { status: "active" })}
            >
              Enable
            </button>
          );
        }
        return (
          <ConfirmButton
            label="Disable"
            name={`Disable ${user.email}`}
            className="button danger small"
            question={`Disable ${user.email}?`}
            onConfirm={() => change(user, { status: "disabled" })}
          >
            All their sessions end within a second, and they can't sign in until they are enabled again.
          </ConfirmButton>
        );
      },
    },
  ];
}

function AddUser() {
  const create = useWrite("users.create");
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const email = String(new FormData(form).get("email"));
    create.mutate({ body: { email } }, { onSuccess: () => form.reset() });
  };
  return (
    <form className="form filters" onSubmit={submit}>
      <Field
        label="E-mail of a new user"
        broad
        error={issueOf(create.error, "/email") ?? create.error?.message}
      >
        {(c) => <input {...c} name="email" type="email" required autoComplete="off" />}
      </Field>
      <div className="actions">
        <button type="submit" className="button" disabled={create.isPending}>
          Add
        </button>
      </div>
    </form>
  );
}
