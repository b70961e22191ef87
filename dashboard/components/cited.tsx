import { routeTo } from "../lib/router.ts";

interface Cited {
  readonly reasons: readonly string[];
  readonly policies: readonly {
    readonly id: string;
    readonly policyId: string | null;
    readonly effect: "permit" | "forbid" | null;
    readonly version: number | null;
    readonly currentVersion: number | null;
  }[];
  readonly erroring: readonly { readonly id: string; readonly message: string }[];
}

/** Statements, each with the version that decided. One that is not of today is linked to be read as it was. */
export function CitedPolicies({ policies }: Pick<Cited, "policies">) {
  return (
    <ul>
      {policies.map(({ id, policyId, effect, version, currentVersion }) => (
        <li key={id}>
          {policyId === null ? (
            <code>{id}</code>
          ) : version === null ? (
            <a href={routeTo("policies", policyId)}>{id}</a>
          ) : (
            <a href={routeTo("policies", policyId, "versions", String(version))}>
              {id}, version {version}
            </a>
          )}
          {effect && ` (${effect})`}
          {version !== null && version !== currentVersion && (
            <span className="muted">
              {currentVersion === null ? " The policy is gone." : ` Today holds version ${currentVersion}.`}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

/** Why a decision fell as it did: sentences, the statements that decided, and those that erred. */
export function Cited({ reasons, policies, erroring }: Cited) {
  return (
    <>
      <ul>
        {reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      {policies.length > 0 && (
        <>
          <h3>Decided by</h3>
          <CitedPolicies policies={policies} />
        </>
      )}
      {erroring.length > 0 && (
        <>
          <h3>Skipped because of an error</h3>
          <ul>
            {erroring.map(({ id, message }) => (
              <li key={id}>
                <code>{id}</code>: {message}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
