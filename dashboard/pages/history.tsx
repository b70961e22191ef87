import { useMemo } from "react";
import type { Query } from "../../shared/api/endpoints.ts";
import { parsePast } from "../../shared/base/past.ts";
import { HISTORY_KINDS } from "../../shared/registry/history-kinds.ts";
import { Field } from "../components/field.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Empty } from "../components/states.tsx";
import { readTimes, TimeRange } from "../components/time-range.tsx";
import { type Filters, useFilters } from "../lib/router.ts";
import { HistoryList } from "./history-list.tsx";

const KIND_WORDS: Readonly<Record<(typeof HISTORY_KINDS)[number], string>> = {
  network: "Network settings",
  user: "Users",
  group: "Groups",
  segment: "Segments",
  app: "Apps",
  policy: "Policies",
  identityProvider: "Identity providers",
  serviceToken: "Service tokens",
  oauthClient: "Programs (OAuth)",
  notificationDestination: "Notifications",
  logDestination: "Destinations of the log",
  signalTransmitter: "Transmitters of signals",
  signalReceiver: "Receivers of signals",
  accessGrant: "Grants",
  apiToken: "API tokens",
  node: "Nodes",
  microsegment: "Microsegments",
  meshRule: "Node rules",
  meshTest: "Tests of node rules",
  meshService: "Services of node rules",
  enrolmentKey: "Enrolment keys",
};
const NAMES = ["name", "user"] as const;

/** Who changed what, when and why, with what it was before. */
export default function History() {
  const [filters, setFilters] = useFilters();
  const asked = JSON.stringify(filters);
  // A span counts from the moment at which it was asked for.
  const query = useMemo(() => queryOf(JSON.parse(asked)), [asked]);
  return (
    <>
      <PageHead title="History" />
      <HistoryFilters filters={filters} onChange={setFilters} />
      <HistoryList query={query} className="card" none={<Empty>Nothing that was changed matches.</Empty>} />
    </>
  );
}

function queryOf(filters: Filters): Query<"history.list"> {
  const query: Record<string, string | number> = { limit: 50 };
  for (const name of ["kind", ...NAMES, "since", "until"]) {
    const value = filters[name];
    const read = name === "since" || name === "until" ? parsePast(value ?? "", Date.now()) : value;
    if (read) query[name] = read;
  }
  return query as Query<"history.list">;
}

function HistoryFilters({
  filters,
  onChange,
}: {
  readonly filters: Filters;
  readonly onChange: (filters: Filters) => void;
}) {
  const labels = { name: "Name", user: "Changed by" };
  return (
    <search aria-label="Filter">
      <form
        className="form filters"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          onChange({
            ...filters,
            ...Object.fromEntries(NAMES.map((name) => [name, String(form.get(name) ?? "").trim()])),
            ...readTimes(form, filters),
          });
        }}
      >
        <Field label="Kind">
          {(c) => (
            <select
              {...c}
              value={filters.kind ?? ""}
              onChange={(event) => onChange({ ...filters, kind: event.target.value })}
            >
              <option value="">All</option>
              {HISTORY_KINDS.map((kind) => (
                <option key={kind} value={kind}>
                  {KIND_WORDS[kind]}
                </option>
              ))}
            </select>
          )}
        </Field>
        {NAMES.map((name) => (
          <Field key={name} label={labels[name]}>
            {(c) => (
              <input
                {...c}
                key={filters[name] ?? ""}
                name={name}
                defaultValue={filters[name] ?? ""}
                autoComplete="off"
              />
            )}
          </Field>
        ))}
        <TimeRange
          since={filters.since ?? ""}
          until={filters.until ?? ""}
          onChange={(times) => onChange({ ...filters, ...times })}
        />
        <button type="submit" className="button">
          Search
        </button>
      </form>
    </search>
  );
}
