import { useState } from "react";
import { type RowOf, useMayWrite, usePages, useWrite } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { Field } from "../components/field.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Empty, Failure, Loaded } from "../components/states.tsx";
import { browserName } from "../lib/browser-name.ts";
import { formatMoment } from "../lib/format.ts";

type Session = RowOf<"sessions.list">;
type State = "live" | "ended" | "all";

export default function Sessions() {
  const [state, setState] = useState<State>("live");
  const [user, setUser] = useState("");
  const sessions = usePages("sessions.list", { query: { state, ...(user && { user }) } });
  const kill = useWrite("sessions.kill");
  const killMany = useWrite("sessions.killMany");
  const mayWrite = useMayWrite();
  const ended = kill.data ?? killMany.data;
  return (
    <>
      <PageHead title="Sessions" />
      <Failure error={kill.error ?? killMany.error} />
      <p role="status" className={ended ? "notice good" : "hidden"}>
        {ended &&
          `${ended.ended.length} ended.${ended.pending > 0 ? ` ${ended.pending} places could not be reached yet and are retried.` : ""}`}
      </p>
      <form
        className="form filters"
        onSubmit={(event) => {
          event.preventDefault();
          setUser(String(new FormData(event.currentTarget).get("user") ?? "").trim());
        }}
      >
        <Field label="State">
          {(c) => (
            <select {...c} value={state} onChange={(event) => setState(event.target.value as State)}>
              <option value="live">Live</option>
              <option value="ended">Ended</option>
              <option value="all">All</option>
            </select>
          )}
        </Field>
        <Field label="User (e-mail)" broad>
          {(c) => <input {...c} name="user" type="search" />}
        </Field>
        <div className="actions">
          <button type="submit" className="button plain">
            Filter
          </button>
          {mayWrite && user !== "" && (
            <ConfirmButton
              label="End all of this user"
              question={`End every session of ${user}?`}
              onConfirm={() => killMany.mutate({ body: { by: "user", user } })}
            >
              Open streams are cut within a second. The user may sign in again.
            </ConfirmButton>
          )}
        </div>
      </form>
      <Loaded query={sessions}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>No session fits.</Empty>
          ) : (
            <DataTable
              caption="Sessions"
              columns={columns(mayWrite, (id) => kill.mutate({ params: { session: id } }))}
              rows={rows}
              keyOf={(session) => session.id}
            />
          )
        }
      </Loaded>
      <ShowMore pages={sessions} />
    </>
  );
}

function columns(mayWrite: boolean, onKill: (id: string) => void): readonly Column<Session>[] {
  const columns: Column<Session>[] = [
    { header: "User", cell: (session) => session.email, className: "long" },
    { header: "For", cell: appOf },
    { header: "Since", cell: (session) => formatMoment(session.createdAt), className: "wide" },
    { header: "IP address", cell: (session) => session.ip, className: "wide" },
    {
      header: "Browser",
      cell: (session) => <span title={session.userAgent}>{browserName(session.userAgent)}</span>,
      className: "wide",
    },
    { header: "State", cell: (session) => <SessionState session={session} /> },
  ];
  if (!mayWrite) return columns;
  return [
    ...columns,
    {
      header: "Action",
      className: "action",
      cell: (session) => session.endedAt === null && <EndSession session={session} onKill={onKill} />,
    },
  ];
}

const appOf = (session: Session): string => session.appName ?? "sign-in";

function SessionState({ session }: { readonly session: Session }) {
  if (session.endedAt === null) return <span className="badge good">live</span>;
  return <span className="badge">{session.endReason ?? "ended"}</span>;
}

function EndSession({
  session,
  onKill,
}: {
  readonly session: Session;
  readonly onKill: (id: string) => void;
}) {
  return (
    <ConfirmButton
      label="End"
      name={`End the session of ${session.email} for ${appOf(session)}`}
      className="button danger small"
      question="End this session?"
      onConfirm={() => onKill(session.id)}
    >
      {session.email} is put out within a second
      {session.kind === "sign_in" ? ", together with the app sessions that hang on it" : ""}.
    </ConfirmButton>
  );
}
