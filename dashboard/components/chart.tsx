import { lazy, Suspense } from "react";

// The library that draws is larger than a page.
const ChartLines = lazy(() => import("./chart-lines.tsx"));

export interface Series {
  readonly label: string;
  /** A custom property of the style sheet. */
  readonly color: "--accent" | "--good" | "--bad" | "--warn";
  readonly values: readonly number[];
  readonly dashed?: boolean;
}

export interface Drawn {
  /** Says what a picture can't to those who don't see it. */
  readonly summary: string;
  /** Milliseconds since the Unix epoch. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
}

/** Lines over time. Its height is fixed by the style sheet, so nothing moves when the lines come. */
export function Chart(drawn: Drawn) {
  return (
    <Suspense fallback={<div className="chart" />}>
      <ChartLines {...drawn} />
    </Suspense>
  );
}

/** What the lines of a chart mean. */
export function Legend({ series }: { readonly series: readonly Series[] }) {
  return (
    <ul className="legend">
      {series.map(({ label, color, dashed }) => (
        <li key={label}>
          <svg width="22" height="8" aria-hidden="true">
            <line
              className={`line${color}`}
              x1="0"
              y1="4"
              x2="22"
              y2="4"
              strokeWidth="3"
              strokeDasharray={dashed ? "6 4" : undefined}
            />
          </svg>
          {label}
        </li>
      ))}
    </ul>
  );
}
