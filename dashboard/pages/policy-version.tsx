import { useApi } from "../api.ts";
import { LineDiff } from "../components/line-diff.tsx";
import { Moment } from "../components/moment.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Loaded } from "../components/states.tsx";
import { routeTo } from "../lib/router.ts";
import { PolicyImpact } from "./policy-impact.tsx";

interface PolicyVersion {
  readonly policyId: string;
  readonly number: number;
  /** The version that is in force, and its text. */
  readonly current: { readonly number: number; readonly source: string };
  readonly onTake: (source: string) => void;
  /** Whether taking it into the editor would throw away what is being written there. */
  readonly wouldLose: boolean;
}

/** One version on a page of its own, as a decision cites it, with what differs in today's. */
export function OneVersion({ policyId, number }: { readonly policyId: string; readonly number: string }) {
  const version = useApi("policies.version", { params: { policy: policyId, number } });
  const policy = useApi("policies.get", { params: { policy: policyId } });
  const today = policy.data;
  return (
    <>
      <PageHead title={`Version ${number}${today ? ` of ${today.name}` : ""}`}>
        {today && (
          <a className="button plain" href={routeTo("policies", policyId)}>
            The policy today
          </a>
        )}
      </PageHead>
      <Loaded query={version}>
        {({ source, note, createdAt }) => (
          <section className="card">
            <p className="muted">
              Published <Moment at={createdAt} />
              {note && `: ${note}`}
            </p>
            <pre className="source">{source}</pre>
            {policy.isError && <p className="notice">The policy is gone. This version stays.</p>}
            {today && String(today.currentVersion) === number && (
              <p className="spaced">This is the version of today.</p>
            )}
            {today && String(today.currentVersion) !== number && (
              <>
                <h2 className="spaced">From it to version {today.currentVersion}, the one of today</h2>
                {today.source === source ? (
                  <p className="muted">The text is the same.</p>
                ) : (
                  <LineDiff before={source} after={today.source} />
                )}
              </>
            )}
          </section>
        )}
      </Loaded>
    </>
  );
}

/** What would follow if a version held again. */
export function RestoreImpact({ policyId, name, number }: RestoreImpact) {
  const version = useApi("policies.version", { params: { policy: policyId, number: String(number) } });
  return <Loaded query={version}>{({ source }) => <PolicyImpact name={name} source={source} />}</Loaded>;
}
interface RestoreImpact {
  readonly policyId: string;
  readonly name: string;
  readonly number: number;
}

/** An earlier version to be read: its text as it was, and what differs in the one that is in force. */
export function PolicyVersion({ policyId, number, current, onTake, wouldLose }: PolicyVersion) {
  const version = useApi("policies.version", { params: { policy: policyId, number: String(number) } });
  return (
    <section className="card" aria-label={`Version ${number}`}>
      <h3>Version {number}</h3>
      <Loaded query={version}>
        {({ source, note, createdAt }) => (
          <>
            <p className="muted">
              Published <Moment at={createdAt} />
              {note && `: ${note}`}
            </p>
            <pre className="source">{source}</pre>
            {number !== current.number && (
              <>
                <h3 className="spaced">From it to version {current.number}, which is in force</h3>
                <LineDiff before={source} after={current.source} />
              </>
            )}
            <div className="actions spaced">
              <button
                type="button"
                className="button plain small"
                disabled={wouldLose}
                onClick={() => onTake(source)}
              >
                Take its text into the editor
              </button>
              {wouldLose && (
                <span className="muted">
                  What is written in the editor is not published, and would be lost.
                </span>
              )}
            </div>
          </>
        )}
      </Loaded>
    </section>
  );
}
