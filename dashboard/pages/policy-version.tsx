import { useApi } from "../api.ts";
import { LineDiff } from "../components/line-diff.tsx";
import { Moment } from "../components/moment.tsx";
import { Loaded } from "../components/states.tsx";

interface PolicyVersion {
  readonly policyId: string;
  readonly number: number;
  /** The version that is in force, and its text. */
  readonly current: { readonly number: number; readonly source: string };
  readonly onTake: (source: string) => void;
  /** Whether taking it into the editor would throw away what is being written there. */
  readonly wouldLose: boolean;
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
