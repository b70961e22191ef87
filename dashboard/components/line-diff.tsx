import { lineDiff } from "../../shared/base/line-diff.ts";

const SIGN_WORDS = { "+": "added: ", "-": "removed: ", " ": "" } as const;
const SIGN_CLASS = { "+": "added", "-": "removed", " ": "kept" } as const;

interface LineDiff {
  readonly before: string;
  readonly after: string;
}

/** What turns one text into another, line by line. */
export function LineDiff({ before, after }: LineDiff) {
  const lines = lineDiff(before, after);
  return (
    <pre className="diff">
      {lines.map(({ sign, text }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines repeat, and their order never changes
        <span key={at} className={`line ${SIGN_CLASS[sign]}`}>
          <span className="hidden">{SIGN_WORDS[sign]}</span>
          {sign} {text}
          {"\n"}
        </span>
      ))}
    </pre>
  );
}
