import { meaningOf } from "../../shared/audit/meanings.ts";
import { type RowOf, useMayWrite, usePages, useWrite } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { type Column, DataTable, type Growing, ShowMore } from "../components/data-table.tsx";
import { Field } from "../components/field.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { RiskBadge } from "../components/risk-badge.tsx";
import { SearchField } from "../components/search-field.tsx";
import { Empty, Failure, Loaded } from "../components/states.tsx";
import { browserName } from "../lib/browser-name.ts";
import { routeTo, useFilters } from "../lib/router.ts";
import type { PageProps } from "../pages.ts";
import { EndSession, type EndSessionProps } from "./end-session.tsx";
import { Receipts } from "./receipts.tsx";
import { SessionPage } from "./session-page.tsx";
import { appOf, endedInWords, useEndMany } from "./session-words.ts";

type Session = RowOf<"sessions.list">;
type State = "live" | "ended" | "all";
const SEARCHED = ["search", "user", "app", "kind", "provider"] as const;

export default function Sessions({ path: [id] }: PageProps) {
  if (id === "cuts") return <Receipts />;
  return id === undefined ? <AllSessions /> : <SessionPage id={id} />;
}

function AllSessions() {
  const [filters, setFilters] = useFilters();
  const { state = "live", provider = "" } = filters;
  const given = Object.fromEntries(
    SEARCHED.flatMap((name) => (filters[name] ? [[name, filters[name]]] : [])),
  );
  const sessions = usePages("sessions.list", { query: { ...given, state: state as State } });
  const text = (name: (typeof SEARCHED)[number], label: string, placeholder: string) => (
    <SearchField
      label={label}
      placeholder={placeholder}
      narrow
      value={filters[name] ?? ""}
      onSearch={(value) => setFilters({ ...filters, [name]: value })}
    />
  );
  return (
    <>
      <PageHead title="Sessions">
        <a className="button plain" href={routeTo("sessions", "cuts")}>
          Who was cut off
        </a>
      </PageHead>
      <div className="form filters">
        {text("search", "Search", "Any of these, or an IP")}
        {text("user", "Person", "bob, or an e-mail")}
        {text("app", "App", "wiki")}
        <Field label="Kind">
          {(c) => (
            <select
              {...c}
              value={filters.kind ?? ""}
              onChange={(event) => setFilters({ ...filters, kind: event.target.value })}
            >
              <option value="">All</option>
              <option value="sign_in">Sign-ins</option>
              <option value="app">Of apps</option>
            </select>
          )}
        </Field>
        <Field label="State">
          {(c) => (
            <select
              {...c}
              value={state}
              onChange={(event) => setFilters({ ...filters, state: event.target.value })}
            >
              <option value="live">Live</option>
              <option value="ended">Ended</option>
              <option value="all">All</option>
            </select>
          )}
        </Field>
      </div>
      {provider !== "" && (
        <p>
          Only those for which {provider} vouches.{" "}
          <button
            type="button"
            className="link-button"
            onClick={() => setFilters({ ...filters, provider: "" })}
          >
            Show all
          </button>
        </p>
      )}
      <Loaded query={sessions}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>
              {Object.keys(given).length === 0 && state === "live"
                ? "Nobody is signed in."
                : "No session fits. Try fewer words, or another state."}
            </Empty>
          ) : (
            <SessionTable rows={rows} pages={sessions} />
          )
        }
      </Loaded>
      <ShowMore pages={sessions} />
    </>
  );
}

/** Sessions with how they are ended: one, or those that are taken. */
export function SessionTable({
  rows,
  pages,
}: {
  readonly rows: readonly Session[];
  readonly pages: Growing;
}) {
  const mayWrite = useMayWrite();
  const kill = useWrite("sessions.kill");
  const many = useEndMany();
  const ended = kill.data ?? many.data;
  const bulk = {
    nameOf: (session: Session) => `${session.email} for ${appOf(session)}`,
    mayTake: (session: Session) => session.endedAt === null,
    actions: (taken: readonly Session[], done: () => void) => (
      <ConfirmButton
        label="End them"
        className="button danger small"
        question={taken.length === 1 ? "End this session?" : `End ${taken.length} sessions?`}
        onConfirm={(note) => {
          kill.reset();
          many.mutate({ rows: taken.map(({ id }) => id), note }, { onSuccess: done });
        }}
      >
        <p>
          <strong>{peopleIn(taken)}</strong> put out within a second. Who is still signed in comes back by
          opening an app again.
        </p>
      </ConfirmButton>
    ),
  };
  return (
    <>
      <Failure error={kill.error ?? many.error} />
      <p role="status" className={ended ? "notice good" : "hidden"}>
        {ended && endedInWords(ended)}
      </p>
      <DataTable
        caption="Sessions"
        columns={
          mayWrite
            ? [...COLUMNS, endColumn((id, note) => kill.mutate({ note, params: { session: id } }))]
            : COLUMNS
        }
        rows={rows}
        keyOf={(session) => session.id}
        pages={pages}
        bulk={mayWrite ? bulk : undefined}
      />
    </>
  );
}

function peopleIn(sessions: readonly Session[]): string {
  const people = new Set(sessions.map(({ userId }) => userId)).size;
  return people === 1 ? "1 person is" : `${people} people are`;
}

const COLUMNS: readonly Column<Session>[] = [
  {
    header: "User",
    cell: (session) => <a href={routeTo("people", "users", session.userId)}>{session.email}</a>,
    sort: (session) => session.email,
    className: "long",
  },
  { header: "For", cell: appOf, sort: appOf },
  {
    header: "Since",
    cell: (session) => <Moment at={session.createdAt} />,
    sort: (session) => session.createdAt,
    className: "wide",
  },
  { header: "IP address", cell: (session) => session.ip, sort: (session) => session.ip, className: "wide" },
  {
    header: "Browser",
    cell: (session) => <span title={session.userAgent}>{browserName(session.userAgent)}</span>,
    sort: (session) => browserName(session.userAgent),
    className: "wide",
  },
  {
    header: "Risk",
    cell: (session) =>
      session.endedAt === null && (
        <a href={routeTo("sessions", session.id)}>
          <RiskBadge risk={session.risk} grade={session.grade} />
        </a>
      ),
    sort: (session) => session.risk ?? -1,
  },
  {
    header: "State",
    cell: (session) => <SessionState session={session} />,
    sort: (session) => session.endReason ?? "",
  },
];

const endColumn = (onKill: EndSessionProps["onKill"]): Column<Session> => ({
  header: "Action",
  className: "action",
  cell: (session) => session.endedAt === null && <EndSession session={session} onKill={onKill} />,
});

function SessionState({ session }: { readonly session: Session }) {
  if (session.endedAt === null) return <span className="badge good">live</span>;
  return (
    <>
      ended <Moment at={session.endedAt} />: {meaningOf(session.endReason ?? "ended")}
    </>
  );
}
