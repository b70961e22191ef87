import { type ReactNode, useEffect, useRef } from "react";
import type { Answer } from "../../shared/api/endpoints.ts";
import type { PolicyTestCase } from "../../shared/api/policies.ts";
import { LineDiff } from "../components/line-diff.tsx";
import { Loaded } from "../components/states.tsx";
import { PolicyImpact, useReview } from "./policy-impact.tsx";

/** What whoever publishes was told, and insists on. */
export interface Insisting {
  readonly despiteTests?: true;
  readonly despiteLockOut?: "true";
}

interface PolicyReview {
  readonly name: string;
  readonly source: string;
  readonly tests: readonly PolicyTestCase[];
  /** What the button says that publishes. */
  readonly label: string;
  readonly busy: boolean;
  readonly onPublish: (insisting: Insisting) => void;
  readonly onBack: () => void;
}

/** The last look before a text is published: what changes, what is wrong with it, and whom it concerns. */
export function PolicyReview({ name, source, tests, label, busy, onPublish, onBack }: PolicyReview) {
  const review = useReview({ name, source, tests: [...tests] });
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section className="card" aria-label="Review">
      <h2 ref={heading} tabIndex={-1}>
        Review
      </h2>
      <Loaded query={review}>
        {(found) => {
          const insists = found.failures.length > 0 || found.lockOuts.length > 0;
          return (
            <>
              <Findings found={found} />
              <h3>What changes</h3>
              {source === (found.current?.source ?? "") ? (
                <p className="muted">The text stays as it is.</p>
              ) : (
                <LineDiff before={found.current?.source ?? ""} after={source} />
              )}
              <h3 className="spaced">Whom it concerns</h3>
              <PolicyImpact name={name} source={source} />
              <div className="actions spaced">
                <button
                  type="button"
                  className={insists ? "button danger" : "button"}
                  disabled={busy || found.issues.length > 0}
                  onClick={() =>
                    onPublish({
                      ...(found.failures.length > 0 ? { despiteTests: true } : {}),
                      ...(found.lockOuts.length > 0 ? { despiteLockOut: "true" } : {}),
                    })
                  }
                >
                  {insists ? "Publish all the same" : label}
                </button>
                <button type="button" className="button plain" onClick={onBack}>
                  Back to the text
                </button>
              </div>
            </>
          );
        }}
      </Loaded>
    </section>
  );
}

function Findings({ found }: { readonly found: Answer<"policies.review"> }) {
  const { warnings, failures, lockOuts, issues, tests } = found;
  return (
    <>
      <Sentences className="notice bad" title="People would be locked out">
        {lockOuts}
      </Sentences>
      <Sentences className="notice bad" title="Tests fail">
        {failures.map(({ message }) => message)}
      </Sentences>
      <Sentences className="notice warn" title="Look at this again">
        {[...issues, ...warnings].map(({ line, message }) => `${line ? `Line ${line}: ` : ""}${message}`)}
      </Sentences>
      {tests > 0 && failures.length === 0 && (
        <p>{tests === 1 ? "Its test holds." : `All ${tests} tests hold.`}</p>
      )}
    </>
  );
}

function Sentences({
  className,
  title,
  children,
}: {
  readonly className: string;
  readonly title: string;
  readonly children: readonly string[];
}): ReactNode {
  if (children.length === 0) return null;
  return (
    <div className={className} role="alert">
      <strong>{title}</strong>
      <ul>
        {children.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </div>
  );
}
