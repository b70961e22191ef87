import { useState } from "react";
import { useApi } from "../api.ts";
import { Outcome } from "../components/badges.tsx";
import { Cited } from "../components/cited.tsx";
import { type Column, DataTable } from "../components/data-table.tsx";
import { Facts } from "../components/facts.tsx";
import { Field } from "../components/field.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Empty, Loaded } from "../components/states.tsx";
import { formatDateTime, formatMoment } from "../lib/format.ts";
import { routeTo } from "../lib/router.ts";
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
    cell: (row) => <a href={routeTo("decisions", row.id)}>{formatMoment(row.at)}</a>,
    className: "when",
  },
  { header: "Outcome", cell: (row) => <Outcome decision={row.decision} /> },
  { header: "Caller", cell: (row) => callerOf(row), className: "long" },
  { header: "App", cell: (row) => row.appName, className: "wide" },
  { header: "Request", cell: (row) => <code>{placeOf(row)}</code>, className: "wide" },
  { header: "Reason", cell: (row) => row.reason, className: "wide" },
];

type Filter = "all" | "allow" | "deny";

function LiveDecisions() {
  const [paused, setPaused] = useState(false);
  const [filter, setFilter] = useState<Filter>("all");
  const decisions = useDecisions(filter === "all" ? undefined : filter, paused);
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
      </PageHead>
      <div className="form filters">
        <Field label="Outcome">
          {(c) => (
            <select {...c} value={filter} onChange={(event) => setFilter(event.target.value as Filter)}>
              <option value="all">All</option>
              <option value="allow">Allowed</option>
              <option value="deny">Denied</option>
            </select>
          )}
        </Field>
      </div>
      <Loaded query={decisions.query}>
        {() =>
          decisions.rows.length === 0 ? (
            <Empty>Nothing has been decided yet. Decisions appear here as they are made.</Empty>
          ) : (
            <DataTable caption="Decisions" columns={COLUMNS} rows={decisions.rows} keyOf={(row) => row.id} />
          )
        }
      </Loaded>
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
            <section className="card">
              <h2>Record</h2>
              <Facts
                value={{
                  decision: data.id,
                  time: formatDateTime(data.at),
                  reason: data.reason,
                  "policy epoch": data.epoch,
                  "audit leaf": data.leaf,
                  session: data.sessionId ?? "none",
                }}
              />
            </section>
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
