import type { KeyboardEvent } from "react";
import type { Point } from "../lib/map/graph.ts";
import { dotRadius, shortName } from "../lib/map/names.ts";
import { bubbleRadius } from "../lib/map/place.ts";

interface MapDot {
  readonly id: string;
  readonly point: Point;
  readonly x: number;
  readonly y: number;
  /** Pixels between two neighbouring nodes. */
  readonly scale: number;
  readonly named: boolean;
  readonly dimmed: boolean;
  readonly chosen: boolean;
  /** The one point that the Tab key stops at. */
  readonly entry: boolean;
  readonly onKeyDown: (event: KeyboardEvent, point: Point) => void;
  readonly onSelect: () => void;
}

/** A node, or a segment that stands for its nodes. */
export function MapDot({
  id,
  point,
  x,
  y,
  scale,
  named,
  dimmed,
  chosen,
  entry,
  onKeyDown,
  onSelect,
}: MapDot) {
  const r = point.kind === "segment" ? bubbleRadius(point.nodes) * scale : dotRadius(scale);
  const state = point.online === point.nodes ? "online" : point.online === 0 ? "offline" : "partly";
  const classes = ["map-point", dimmed && "dimmed", chosen && "chosen"].filter(Boolean).join(" ");
  return (
    // biome-ignore lint/a11y/useSemanticElements: there is no button element inside a picture
    <g
      id={id}
      className={classes}
      role="button"
      tabIndex={entry ? 0 : -1}
      aria-pressed={chosen}
      aria-label={describe(point)}
      onKeyDown={(event) => onKeyDown(event, point)}
      onClick={onSelect}
    >
      <circle className="map-target" cx={x} cy={y} r={Math.max(r, Math.min(12, scale / 2))} />
      <circle className={`map-dot ${point.kind} ${state}`} cx={x} cy={y} r={r} />
      {point.kind === "segment" && (
        <text className="map-count" x={x} y={y + 4}>
          {point.online}/{point.nodes}
        </text>
      )}
      {named && (
        <text className="map-name" x={x} y={y + r + 13}>
          {shortName(point.name)}
        </text>
      )}
      <title>{describe(point)}</title>
    </g>
  );
}

const describe = ({ kind, name, segment, online, nodes }: Point): string =>
  kind === "segment"
    ? `Segment ${name}: ${online}/${nodes} nodes online`
    : `${name} in ${segment}, ${online === 1 ? "online" : "offline"}`;
