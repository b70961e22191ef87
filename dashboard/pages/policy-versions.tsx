import { useState } from "react";
import { usePages } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { DataTable, ShowMore } from "../components/data-table.tsx";
import { Moment } from "../components/moment.tsx";
import { Loaded, Skeleton } from "../components/states.tsx";
import { useActorNames } from "./actor-names.ts";
import { PolicyVersion, RestoreImpact } from "./policy-version.tsx";

interface PolicyVersions {
  readonly policyId: string;
  readonly current: { readonly name: string; readonly number: number; readonly source: string };
  /** Puts a version's text into the editor. */
  readonly onTake: (source: string) => void;
  /** Whether what is in the editor would be lost by it. */
  readonly wouldLose: boolean;
  /** Makes a version hold again; null for those who may not. */
  readonly onRestore: ((number: number, note: string) => void) | null;
}

export function PolicyVersions({ policyId, current, onTake, wouldLose, onRestore }: PolicyVersions) {
  const params = { policy: policyId };
  const [shown, setShown] = useState<number | null>(null);
  const nameOf = useActorNames();
  const versions = usePages("policies.versions", { params });
  if (nameOf === null) return <Skeleton />;
  return (
    <>
      <Loaded query={versions}>
        {(rows) => (
          <DataTable
            caption="Versions"
            rows={rows}
            keyOf={(version) => version.number}
            columns={[
              { header: "Version", cell: (version) => version.number },
              { header: "Published", cell: (version) => <Moment at={version.createdAt} /> },
              { header: "By", cell: (version) => nameOf(version.author), className: "wide" },
              { header: "Note", cell: (version) => version.note, className: "wide" },
              {
                header: "Actions",
                cell: ({ number }) =>
                  number === current.number ? (
                    <span className="badge good">in force</span>
                  ) : (
                    <div className="actions">
                      <button
                        type="button"
                        className="button plain small"
                        aria-label={`Show version ${number}`}
                        aria-expanded={shown === number}
                        onClick={() => setShown(shown === number ? null : number)}
                      >
                        Show
                      </button>
                      {onRestore && (
                        <ConfirmButton
                          label="Restore"
                          name={`Restore version ${number}`}
                          className="button plain small"
                          question={`Restore version ${number}?`}
                          onConfirm={(note) => onRestore(number, note)}
                        >
                          <p>
                            Its text is in force at once, as a new version. What is in the editor is replaced.
                          </p>
                          <RestoreImpact policyId={policyId} name={current.name} number={number} />
                        </ConfirmButton>
                      )}
                    </div>
                  ),
              },
            ]}
          />
        )}
      </Loaded>
      <ShowMore pages={versions} />
      {shown !== null && (
        <PolicyVersion
          key={shown}
          policyId={policyId}
          number={shown}
          current={current}
          onTake={onTake}
          wouldLose={wouldLose}
        />
      )}
    </>
  );
}
