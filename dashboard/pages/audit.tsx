import { meaningOf } from "../../shared/audit/meanings.ts";
import { whoActed } from "../../shared/audit/who.ts";
import { type RowOf, urlOf, useApi } from "../api.ts";
import { type Column, DataTable } from "../components/data-table.tsx";
import { Facts } from "../components/facts.tsx";
import { Field } from "../components/field.tsx";
import { LogEnd } from "../components/log-end.tsx";
import { LogFilters } from "../components/log-filters.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Empty, Loaded } from "../components/states.tsx";
import { formatCount } from "../lib/format.ts";
import { exportQuery } from "../lib/log-filter.ts";
import { routeTo, routeWith, useFilters } from "../lib/router.ts";
import { useLog } from "../lib/use-log.ts";

type Row = RowOf<"audit.list">;

const KINDS = {
  "admin,login,session,system": "All but decisions",
  admin: "Changes by administrators",
  login: "Sign-ins",
  session: "Sessions",
  system: "System",
  decision: "Decisions",
} as const;

type Names = Readonly<Record<string, string>>;

const columns = (names: Names): readonly Column<Row>[] => [
  { header: "Leaf", cell: (row) => row.leaf, className: "wide" },
  {
    header: "When",
    cell: ({ entry }) => (typeof entry.at === "number" ? <Moment at={entry.at} /> : ""),
    className: "when",
  },
  { header: "What", cell: whatOf },
  { header: "Who", cell: ({ entry }) => whoOf(entry, names), className: "long" },
  { header: "On", cell: ({ entry }) => targetOf(entry, names), className: "wide" },
  { header: "Why", cell: ({ entry }) => text(entry.note), className: "wide" },
];

/** Pages that show one thing, by the prefix of its id. */
const PAGES: Readonly<Record<string, (id: string) => string>> = {
  app: (id) => routeTo("apps", id),
  pol: (id) => routeTo("policies", id),
  nod: (id) => routeTo("nodes", id),
  rul: (id) => routeTo("mesh-rules", id),
  usr: (id) => routeTo("people", "users", id),
  grp: (id) => routeTo("people", "groups", id),
  seg: (id) => routeTo("segments", id),
  idp: (id) => routeTo("providers", id),
  ses: (id) => routeWith({ search: id, state: "all" }, "sessions"),
};

function whoOf(entry: Row["entry"], names: Names): string {
  const actor = text(entry.actor);
  const { person, via } = entry as { person?: { email: string }; via?: string };
  // What acted says its own name.
  const name = via === undefined ? names[actor.replace(/^[a-z_]+:/, "")] : undefined;
  return whoActed({ person, actor, via }, name);
}

function targetOf(entry: Row["entry"], names: Names) {
  const target = text(entry.target ?? entry.appName);
  const place = target.includes("_") ? PAGES[target.split("_", 1)[0] ?? ""] : undefined;
  const name = names[target] ?? (target.startsWith("ses_") ? "a session" : target);
  if (!place) return <span title={target}>{name}</span>;
  return (
    <a href={place(target)} title={target}>
      {name}
    </a>
  );
}

export default function Audit() {
  const [filters, setFilters] = useFilters();
  const kinds = filters.kinds ?? "admin,login,session,system";
  const rows = useLog("audit.list", { ...filters, kinds });
  return (
    <>
      <PageHead title="Audit">
        <a
          className="button plain"
          href={urlOf("audit.export", { query: { ...exportQuery(filters), kinds } })}
          download
        >
          Export as CSV
        </a>
      </PageHead>
      <Checkpoint />
      <LogFilters filters={filters} onChange={setFilters}>
        <Field label="Show">
          {(c) => (
            <select
              {...c}
              value={kinds}
              onChange={(event) => setFilters({ ...filters, kinds: event.target.value })}
            >
              {Object.entries(KINDS).map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
      </LogFilters>
      <Loaded query={rows}>
        {(list) => {
          if (list.length === 0) return <Empty>Nothing that was recorded matches.</Empty>;
          return (
            <DataTable
              caption="Audit log"
              columns={columns(rows.names)}
              rows={list}
              keyOf={(row) => row.leaf}
            />
          );
        }}
      </Loaded>
      <LogEnd pages={rows} searchedUntil={rows.searchedUntil} />
    </>
  );
}

function whatOf({ entry }: Row) {
  if (entry.kind === "decision") {
    return <a href={routeTo("decisions", entry.id)}>{text(entry.decision)}</a>;
  }
  const { detail } = entry;
  const hasDetail = typeof detail === "object" && detail !== null && Object.keys(detail).length > 0;
  const action = text(entry.action);
  const words = <span title={action}>{meaningOf(action)}</span>;
  if (!hasDetail) return words;
  return (
    <details>
      <summary>{words}</summary>
      <Facts value={detail as Record<string, unknown>} />
    </details>
  );
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

function Checkpoint() {
  const checkpoint = useApi("audit.checkpoint", {});
  return (
    <section className="card checkpoint">
      <h2>Checkpoint</h2>
      {checkpoint.data ? (
        <>
          <p>
            {formatCount(checkpoint.data.size)} entries, signed <Moment at={checkpoint.data.at} />. Keep the
            note: with it, <code>rustronaut audit verify</code> proves that nothing was changed since.
          </p>
          <details>
            <summary>The signed note</summary>
            <pre>{checkpoint.data.note}</pre>
          </details>
        </>
      ) : (
        <p className="muted">{checkpoint.error ? "The checkpoint could not be loaded." : "Loading"}</p>
      )}
    </section>
  );
}
