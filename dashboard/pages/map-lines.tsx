import { memo } from "react";
import type { Line } from "../lib/map/graph.ts";
import type { Frame, Spot } from "../lib/map/layout.ts";

/** More lines than this are drawn lightly, so that the nodes stay in front. */
const MANY = 200;

interface MapLines {
  readonly lines: readonly Line[];
  readonly spots: ReadonlyMap<string, Spot>;
  readonly frame: Frame;
  readonly selected: string | null;
}

function Lines({ lines, spots, frame, selected }: MapLines) {
  const paths = new Map<string, string[]>();
  for (const { a, b, path, quality } of lines) {
    const [from, to] = [spots.get(a), spots.get(b)];
    if (!from || !to) continue;
    const dimmed = selected !== null && a !== selected && b !== selected;
    const key = `map-line ${path} ${quality}${dimmed ? " dimmed" : ""}`;
    const line = `M${at(from, frame)}L${at(to, frame)}`;
    const before = paths.get(key);
    if (before) before.push(line);
    else paths.set(key, [line]);
  }
  const many = selected === null && lines.length > MANY;
  return (
    <g className={many ? "map-lines many" : "map-lines"}>
      {[...paths].map(([key, parts]) => (
        <path key={key} className={key} d={parts.join("")} />
      ))}
    </g>
  );
}

/** Permitted pairs as one path for each kind and quality: thousands of lines are a handful of elements. */
export const MapLines = memo(Lines);

const at = ({ x, y }: Spot, frame: Frame): string =>
  `${(frame.x + x * frame.scale).toFixed(1)} ${(frame.y + y * frame.scale).toFixed(1)}`;
