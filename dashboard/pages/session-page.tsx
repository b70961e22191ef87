import { useApi } from "../api.ts";
import { Facts } from "../components/facts.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { RiskBadge } from "../components/risk-badge.tsx";
import { Loaded } from "../components/states.tsx";
import { formatLength } from "../lib/format.ts";
import { routeTo } from "../lib/router.ts";
import { ReceiptTable } from "./receipts.tsx";
import { appOf } from "./session-words.ts";

/** How one session stands, why, and what would restore it. */
export function SessionPage({ id }: { readonly id: string }) {
  const session = useApi("sessions.get", { params: { session: id } }, { every: () => 5_000 });
  return (
    <>
      <PageHead title="One session">
        <a className="button plain" href={routeTo("sessions")}>
          All sessions
        </a>
      </PageHead>
      <Loaded query={session}>
        {(data) => (
          <>
            <section className="card">
              <h2>
                <a href={routeTo("people", "users", data.userId)}>{data.email}</a> for {appOf(data)}
              </h2>
              {data.endedAt === null && (
                <p>
                  Risk: <RiskBadge risk={data.risk} grade={data.grade} />
                </p>
              )}
              <ul>
                {data.reasons.map((reason) => (
                  <li key={reason}>{reason}</li>
                ))}
                {data.restoredAt !== null && (
                  <li>
                    If nothing new is found, the risk alone restores full access{" "}
                    <Moment at={data.restoredAt} />.
                  </li>
                )}
              </ul>
              <Facts
                value={{
                  "IP address": data.ip,
                  browser: data.userAgent,
                  device: data.device ? (
                    <>
                      <a href={routeTo("nodes", data.device.id)}>{data.device.name}</a>, proven{" "}
                      {formatLength(data.device.proofAgeSeconds * 1_000)} ago, last measured{" "}
                      {formatLength(data.device.ageSeconds * 1_000)} ago
                    </>
                  ) : (
                    "none proven"
                  ),
                  id: data.id,
                }}
              />
            </section>
            <h2>Cuts</h2>
            <ReceiptTable query={{ session: id }} />
          </>
        )}
      </Loaded>
    </>
  );
}
