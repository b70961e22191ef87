import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Answer } from "../../shared/api/endpoints.ts";
import { call } from "../api.ts";
import { Chart, Legend, type Series } from "../components/chart.tsx";
import { Field } from "../components/field.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Loaded } from "../components/states.tsx";
import { formatCount } from "../lib/format.ts";
import { routeTo, routeWith } from "../lib/router.ts";
import { Onboarding } from "./onboarding.tsx";
import { ProviderNotices } from "./provider-notices.tsx";
import { TrustCard } from "./trust-card.tsx";

const MINUTE = 60_000;
const RANGES = {
  hour: { title: "Last hour", length: 60 * MINUTE, step: MINUTE },
  day: { title: "Last day", length: 1_440 * MINUTE, step: 15 * MINUTE },
  week: { title: "Last 7 days", length: 10_080 * MINUTE, step: 120 * MINUTE },
} as const;
type Range = keyof typeof RANGES;

export default function Overview() {
  const [range, setRange] = useState<Range>("hour");
  const stats = useQuery({
    queryKey: ["stats.get", range],
    queryFn: () => call("stats.get", { query: windowOf(range) }),
    refetchInterval: 10_000,
  });
  return (
    <>
      <PageHead title="Overview">
        <Field label="Time">
          {(control) => (
            <select {...control} value={range} onChange={(event) => setRange(event.target.value as Range)}>
              {Object.entries(RANGES).map(([id, { title }]) => (
                <option key={id} value={id}>
                  {title}
                </option>
              ))}
            </select>
          )}
        </Field>
      </PageHead>
      <Loaded query={stats}>{(data) => <Figures stats={data} title={RANGES[range].title} />}</Loaded>
      {!stats.isPending && <ProviderNotices />}
      {!stats.isPending && <TrustCard />}
    </>
  );
}

/** Whole buckets only, so that figures do not change by where the window happens to begin. */
function windowOf(range: Range) {
  const { length, step } = RANGES[range];
  const to = Math.ceil(Date.now() / step) * step;
  return { from: to - length, to, stepMs: step };
}

function Figures({ stats, title }: { readonly stats: Answer<"stats.get">; readonly title: string }) {
  const { buckets } = stats;
  const sum = (key: "requests" | "allows" | "denials") =>
    buckets.reduce((total, bucket) => total + bucket[key], 0);
  const [requests, allows, denials] = [sum("requests"), sum("allows"), sum("denials")];
  const times = buckets.map((bucket) => bucket.at);
  const traffic: Series[] = [
    { label: "Requests", color: "--accent", values: buckets.map((b) => b.requests) },
    { label: "Allowed", color: "--good", values: buckets.map((b) => b.allows) },
    { label: "Denied", color: "--bad", values: buckets.map((b) => b.denials), dashed: true },
  ];
  const sessions: Series[] = [
    { label: "Started", color: "--accent", values: buckets.map((b) => b.sessionsStarted) },
    { label: "Ended", color: "--warn", values: buckets.map((b) => b.sessionsEnded), dashed: true },
  ];
  const figures = [
    ["Requests", requests, routeTo("decisions")],
    ["Allowed", allows, routeWith({ decision: "allow" }, "decisions")],
    ["Denied", denials, routeWith({ decision: "deny" }, "decisions")],
    ["Live sessions", stats.liveSessions, routeTo("sessions")],
    ["Apps", stats.apps, routeTo("apps")],
    ["Users", stats.users, routeTo("people")],
  ] as const;
  return (
    <>
      <Onboarding apps={stats.apps} allowed={allows} />
      <dl className="figures">
        {figures.map(([label, value, place]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              <a href={place} aria-label={`${label}: ${value}`}>
                {formatCount(value)}
              </a>
            </dd>
          </div>
        ))}
      </dl>
      <section className="card">
        <h2>Requests</h2>
        <Legend series={traffic} />
        <Chart
          summary={`${title}: ${requests} requests, ${allows} allowed, ${denials} denied`}
          times={times}
          series={traffic}
        />
      </section>
      <section className="card">
        <h2>Sessions</h2>
        <Legend series={sessions} />
        <Chart
          summary={`${title}: sessions started and ended; ${stats.liveSessions} are live now`}
          times={times}
          series={sessions}
        />
      </section>
    </>
  );
}
