import { useEffect, useRef } from "react";
import type { TrialResult } from "../../shared/access/login/provider-trial.ts";
import { findingSentences, RESULT_WORDS, STEP_WORDS } from "../../shared/access/login/trial-words.ts";
import type { Answer } from "../../shared/api/endpoints.ts";
import { useWrite } from "../api.ts";
import { Failure } from "../components/states.tsx";

interface ProviderTrial {
  readonly id: string;
  /** Begins at once, without a click. */
  readonly atOnce: boolean;
}

/** Tries the provider as a sign-in would use it, and says in words what would not work. */
export function ProviderTrial({ id, atOnce }: ProviderTrial) {
  const trial = useWrite("identityProviders.test");
  const begun = useRef(false);
  const begin = () => trial.mutate({ params: { provider: id } });
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the page opens
  useEffect(() => {
    if (atOnce && !begun.current) begin();
    begun.current = true;
  }, []);
  return (
    <section className="card">
      <h2>Test this provider</h2>
      <p className="muted">
        Asks it for its metadata and keys, and begins a sign-in without a person. Nobody is signed in.
      </p>
      <div className="actions">
        <button type="button" className="button" disabled={trial.isPending} onClick={begin}>
          {trial.data ? "Test again" : "Test this provider"}
        </button>
      </div>
      <div className="spaced" aria-live="polite">
        <Failure error={trial.error} />
        {trial.isPending ? <p>Asking the provider…</p> : trial.data && <Findings trial={trial.data} />}
      </div>
    </section>
  );
}

const RESULT_CLASS: Readonly<Record<TrialResult, string>> = {
  good: "badge good",
  warn: "badge warn",
  bad: "badge bad",
  unknown: "badge",
};

function Findings({ trial }: { readonly trial: Answer<"identityProviders.test"> }) {
  return (
    <>
      <p className={trial.passed ? "notice good" : "notice bad"}>
        {trial.passed
          ? "Nothing that could be tried speaks against signing in with it."
          : "People can’t sign in with this provider yet."}
      </p>
      <dl className="checks">
        {trial.checks.map((check) => (
          <div key={check.step}>
            <dt>
              {STEP_WORDS[check.step]}{" "}
              <span className={RESULT_CLASS[check.result]}>{RESULT_WORDS[check.result]}</span>
            </dt>
            {findingSentences(check).map((sentence) => (
              <dd key={sentence}>{sentence}</dd>
            ))}
          </div>
        ))}
      </dl>
    </>
  );
}
