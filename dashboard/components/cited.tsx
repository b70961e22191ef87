import { routeTo } from "../lib/router.ts";

interface Cited {
  readonly reasons: readonly string[];
  readonly policies: readonly {
    readonly id: string;
    readonly policyId: string | null;
    readonly effect: "permit" | "forbid" | null;
  }[];
  readonly erroring: readonly { readonly id: string; readonly message: string }[];
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
          <ul>
            {policies.map(({ id, policyId, effect }) => (
              <li key={id}>
                {policyId === null ? <code>{id}</code> : <a href={routeTo("policies", policyId)}>{id}</a>}
                {effect && ` (${effect})`}
              </li>
            ))}
          </ul>
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
