import type { Grade } from "../../shared/access/grade/access.ts";

export const GRADE_WORDS: Readonly<Record<Grade, string>> = {
  allow: "full access",
  watch: "watched",
  read_only: "only reading",
  pause: "paused",
  cut: "over",
};

const CLASSES: Readonly<Record<Grade, string>> = {
  allow: "badge",
  watch: "badge warn",
  read_only: "badge warn",
  pause: "badge bad",
  cut: "badge bad",
};

/** The risk of a live session, and what it lets the session do. */
export function RiskBadge({ risk, grade }: { readonly risk: number | null; readonly grade: Grade | null }) {
  if (risk === null) return <span className="muted">not known</span>;
  if (grade === null) return <span className="badge">{risk}</span>;
  return (
    <span className={CLASSES[grade]}>
      {risk}, {GRADE_WORDS[grade]}
    </span>
  );
}
