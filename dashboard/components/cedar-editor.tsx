import { type ReactNode, useRef } from "react";
import { cedarTokens, offsetOf } from "../lib/cedar-tokens.ts";

interface Issue {
  readonly message: string;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

interface CedarEditor {
  readonly label: string;
  readonly source: string;
  readonly onChange: (source: string) => void;
  readonly issues: readonly Issue[];
  /** What is valid and yet looks wrong. */
  readonly warnings: readonly Issue[];
  /** Says whether the text is being checked, is valid, or is not. */
  readonly status: string;
  readonly readOnly?: boolean;
}

/** A text area over its own coloured text, with the problems listed below by line and column. */
export function CedarEditor({
  label,
  source,
  onChange,
  issues,
  warnings,
  status,
  readOnly = false,
}: CedarEditor) {
  const area = useRef<HTMLTextAreaElement>(null);
  const goTo = (issue: Issue) => {
    const offset = offsetOf(source, issue.line ?? 1, issue.column ?? 1);
    area.current?.focus();
    area.current?.setSelectionRange(offset, offset);
  };
  return (
    <div>
      <div className="editor">
        <pre aria-hidden="true">{colored(source, [...issues, ...warnings])}</pre>
        <textarea
          ref={area}
          aria-label={label}
          aria-describedby="editor-problems"
          aria-invalid={issues.length > 0}
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          readOnly={readOnly}
          value={source}
          onChange={(event) => onChange(event.target.value)}
        />
      </div>
      <div id="editor-problems" className="problems">
        <p role="status" className={issues.length > 0 ? "problem-status bad" : "problem-status"}>
          {status}
        </p>
        <ul>
          {[...issues, ...warnings].map((issue) => (
            <li key={`${issue.line}:${issue.column} ${issue.message}`}>
              <button type="button" className="link-button" onClick={() => goTo(issue)}>
                {issue.line === undefined ? "Policy" : `Line ${issue.line}, column ${issue.column ?? 1}`}
              </button>{" "}
              {issue.message}
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

function colored(source: string, issues: readonly Issue[]): ReactNode[] {
  const wrong = issues
    .filter((issue) => issue.line !== undefined)
    .map((issue) => offsetOf(source, issue.line ?? 1, issue.column ?? 1));
  let at = 0;
  const parts = cedarTokens(source).map(({ kind, text }) => {
    const start = at;
    at += text.length;
    const bad = wrong.some((offset) => offset >= start && offset < at);
    return (
      <span key={start} className={bad ? `code-${kind} code-wrong` : `code-${kind}`}>
        {text}
      </span>
    );
  });
  // A closing line feed has no height of its own in a pre.
  return [...parts, "\n"];
}
