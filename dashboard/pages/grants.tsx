import { spanInWords } from "../../shared/base/span.ts";
import { type RowOf, usePages } from "../api.ts";
import { type Column, DataTable, ShowMore } from "../components/data-table.tsx";
import { Field } from "../components/field.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { useListSearch } from "../components/search-field.tsx";
import { Empty, Loaded } from "../components/states.tsx";
import { routeTo, useFilters } from "../lib/router.ts";
import type { PageProps } from "../pages.ts";
import { GrantBadge } from "./grant-badge.tsx";
import { GrantPage } from "./grant-page.tsx";

type Grant = RowOf<"grants.list">;

const EVERY = 10_000;

const SHOWN = {
  pending: "Waiting for approval",
  granted: "In force",
  review: "Emergencies to review",
  all: "All",
} as const;

export default function Grants({ path: [id] }: PageProps) {
  return id === undefined ? <GrantList /> : <GrantPage id={id} />;
}

function GrantList() {
  const [{ show = "all" }, setFilters] = useFilters();
  const search = useListSearch("Person, app or reason");
  const query = { ...search.query, ...queryOf(show) };
  const grants = usePages("grants.list", { query }, EVERY);
  return (
    <>
      <PageHead title="Grants">
        <Field label="Show">
          {(c) => (
            <select {...c} value={show} onChange={({ target }) => setFilters({ show: target.value })}>
              {Object.entries(SHOWN).map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
      </PageHead>
      {search.field}
      <Loaded query={grants}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>
              {search.isAsked || show !== "all"
                ? "Nothing fits."
                : "Nobody has requested access. Who may, and who approves, is among the settings of an app."}
            </Empty>
          ) : (
            <DataTable
              caption="Grants"
              columns={COLUMNS}
              rows={rows}
              keyOf={(row) => row.id}
              pages={grants}
            />
          )
        }
      </Loaded>
      <ShowMore pages={grants} />
    </>
  );
}

function queryOf(show: string): { status?: "pending" | "granted"; review?: "true" } {
  if (show === "pending" || show === "granted") return { status: show };
  return show === "review" ? { review: "true" } : {};
}

const COLUMNS: readonly Column<Grant>[] = [
  {
    header: "Who",
    cell: (row) => <a href={routeTo("grants", row.id)}>{row.user.email}</a>,
    className: "long",
  },
  { header: "App", cell: (row) => row.app.title || row.app.name },
  { header: "Stands", cell: (row) => <GrantBadge grant={row} /> },
  { header: "Why", cell: (row) => row.reason, className: "wide" },
  { header: "For", cell: (row) => spanInWords(row.seconds), className: "wide" },
  { header: "Asked", cell: (row) => <Moment at={row.askedAt} />, className: "when" },
];
