import { call, usePages } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { DataTable, ShowMore } from "../components/data-table.tsx";
import { Loaded, Skeleton } from "../components/states.tsx";
import { formatMoment } from "../lib/format.ts";
import { useActorNames } from "./actor-names.ts";

interface PolicyVersions {
  readonly policyId: string;
  readonly current: number;
  /** Puts a version's text into the editor. */
  readonly onShow: (source: string) => void;
  /** Makes a version hold again; null for those who may not. */
  readonly onRestore: ((number: number) => void) | null;
}

export function PolicyVersions({ policyId, current, onShow, onRestore }: PolicyVersions) {
  const params = { policy: policyId };
  const nameOf = useActorNames();
  const versions = usePages("policies.versions", { params });
  const show = async (number: number) => {
    const version = await call("policies.version", { params: { ...params, number: String(number) } });
    onShow(version.source);
  };
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
              { header: "Published", cell: (version) => formatMoment(version.createdAt) },
              { header: "By", cell: (version) => nameOf(version.author), className: "wide" },
              { header: "Note", cell: (version) => version.note, className: "wide" },
              {
                header: "Actions",
                cell: ({ number }) =>
                  number === current ? (
                    <span className="badge good">in force</span>
                  ) : (
                    <div className="actions">
                      <button
                        type="button"
                        className="button plain small"
                        aria-label={`Show version ${number}`}
                        onClick={() => show(number)}
                      >
                        Show
                      </button>
                      {onRestore && (
                        <ConfirmButton
                          label="Restore"
                          name={`Restore version ${number}`}
                          className="button plain small"
                          question={`Restore version ${number}?`}
                          onConfirm={() => onRestore(number)}
                        >
                          Its text is in force at once. What is in the editor is replaced.
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
    </>
  );
}
