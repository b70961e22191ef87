import { useState } from "react";
import { meaningOf } from "../../shared/audit/meanings.ts";
import { urlOf, useApi } from "../api.ts";
import { Outcome } from "../components/badges.tsx";
import { Cited, CitedPolicies } from "../components/cited.tsx";
import { type Column, DataTable } from "../components/data-table.tsx";
import { Facts } from "../components/facts.tsx";
import { LogEnd } from "../components/log-end.tsx";
import { LogFilters } from "../components/log-filters.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Empty, Loaded } from "../components/states.tsx";
import { exportQuery } from "../lib/log-filter.ts";
import { routeTo, useFilters } from "../lib/router.ts";
import type { PageProps } from "../pages.ts";
import {
  callerOf,
  type Decision,
  placeOf,
  STREAM_CLASS,
  STREAM_WORDS,
  useDecisions,
} from "./decision-stream.ts";

export default function Decisions({ path: [id] }: PageProps) {
  return id === undefined ? <LiveDecisions /> : <OneDecision id={id} />;
}

const COLUMNS: readonly Column<Decision>[] = [
  {
    header: "When",
    cell: (row) => (
      <a href={routeTo("decisions", row.id)}>
        <Moment at={row.at} />
      </a>
    ),
    className: "when",
  },
  { header: "Outcome", cell: (row) => <Outcome decision={row.decision} /> },
  { header: "Caller", cell: (row) => callerOf(row), className: "long" },
  { header: "App", cell: (row) => row.appName, className: "wide" },
  { header: "Request", cell: (row) => <code>{placeOf(row)}</code>, className: "wide" },
  {
    header: "Reason",
    cell: (row) => <span title={row.reason}>{meaningOf(row.reason)}</span>,
    className: "wide",
  },
];

function LiveDecisions() {
  const [paused, setPaused] = useState(false);
  const [filters, setFilters] = useFilters();
  const decisions = useDecisions(filters, paused);
  return (
    <>
      <PageHead title="Decisions">
        <span className={`badge steady ${STREAM_CLASS[decisions.stream]}`} role="status">
          {STREAM_WORDS[decisions.stream]}
        </span>
        <button
          type="button"
          className="button plain"
          aria-pressed={paused}
          onClick={() => setPaused(!paused)}
        >
          Pause
        </button>
        <a
          className="button plain"
          href={urlOf("decisions.export", { query: exportQuery(filters) })}
          download
        >
          Export as CSV
        </a>
      </PageHead>
      <LogFilters filters={filters} onChange={setFilters} />
      <Loaded query={decisions.query}>
        {() =>
          decisions.rows.length === 0 ? (
            <Empty>
              {Object.values(filters).some(Boolean)
                ? "No decision matches. Widen the time, or clear a field."
                : "Nothing has been decided yet. Decisions appear here as they are made."}
            </Empty>
          ) : (
            <DataTable caption="Decisions" columns={COLUMNS} rows={decisions.rows} keyOf={(row) => row.id} />
          )
        }
      </Loaded>
      <LogEnd pages={decisions.query} searchedUntil={decisions.query.searchedUntil} />
    </>
  );
}

function OneDecision({ id }: { readonly id: string }) {
  const decision = useApi("decisions.get", { params: { decision: id } });
  return (
    <>
      <PageHead title="One decision">
        <a className="button plain" href={routeTo("decisions")}>
          All decisions
        </a>
      </PageHead>
      <Loaded query={decision}>
        {(data) => (
          <>
            <section className="card">
              <h2>
                <Outcome decision={data.decision} /> {callerOf(data)} at {data.appName}
              </h2>
              <Cited reasons={data.reasons} policies={data.policies} erroring={data.erroring} />
            </section>
            {data.shadow && (
              <section className="card">
                <h2>
                  With the policies in shadow: <Outcome decision={data.shadow.decision} />
                </h2>
                <p className="muted">
                  They decide nothing yet. Were they in force, these would have decided:
                </p>
                <CitedPolicies policies={data.shadowPolicies ?? []} />
              </section>
            )}
            <section className="card">
              <h2>Record</h2>
              <Facts
                value={{
                  decision: data.id,
                  time: <Moment at={data.at} />,
                  reason: `${meaningOf(data.reason)} (${data.reason})`,
                  "policy epoch": data.epoch,
                  "audit leaf": data.leaf,
                  session: data.sessionId ?? "none",
                }}
              />
            </section>
            {data.access && (
              <section className="card">
                <h2>What it says besides</h2>
                <Facts value={data.access} />
              </section>
            )}
            <section className="card">
              <h2>Facts that were judged</h2>
              <Facts value={data.facts} />
            </section>
          </>
        )}
      </Loaded>
    </>
  );
}
