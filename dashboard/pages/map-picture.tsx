import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import type { Graph, Point } from "../lib/map/graph.ts";
import { isDirection, nextPoint } from "../lib/map/move.ts";
import { namesThatFit } from "../lib/map/names.ts";
import { frameOf, place, type Slots, type View, WHOLE } from "../lib/map/place.ts";
import { MapDot } from "./map-dot.tsx";
import { useDrag } from "./map-drag.ts";
import { MapLines } from "./map-lines.tsx";
import { useSize } from "./map-size.ts";

interface MapPicture {
  readonly graph: Graph;
  /** The picture in words. */
  readonly summary: string;
  /** Part of a name in lower case; the rest is dimmed. Empty for all. */
  readonly found: string;
  readonly selected: string | null;
  readonly onSelect: (point: string | null) => void;
}

/** Pixels between two neighbours below which only the chosen ones have names: a few among hundreds say nothing. */
const ROOM_FOR_NAMES = 30;
const MAX_ZOOM = 32;

export function MapPicture({ graph, summary, found, selected, onSelect }: MapPicture) {
  const [box, { width, height }] = useSize();
  const [view, setView] = useState<View>(WHOLE);
  const [entry, setEntry] = useState<string | null>(null);
  const slots = useRef<Slots>(new Map());
  const aspect = width / height;
  const placement = useMemo(() => {
    const placed = place(graph, slots.current, aspect);
    slots.current = placed.slots;
    return placed;
  }, [graph, aspect]);
  const frame = frameOf(placement, view, width, height);
  const drag = useDrag(frame, { width, height }, (middle) => setView({ ...view, middle }));
  const near = useMemo(() => neighboursIn(graph, selected), [graph, selected]);
  const lit = graph.points.filter(({ id }) => id === selected || near.has(id));
  const named = selected === null && frame.scale >= ROOM_FOR_NAMES ? graph.points : lit;
  const names = namesThatFit(named, placement.spots, frame);
  const first = graph.points.find(({ id }) => id === entry) ?? graph.points[0];

  const onKeyDown = (event: KeyboardEvent, point: Point) => {
    if (event.key === "Enter" || event.key === " ") onSelect(point.id);
    else if (event.key === "Escape") onSelect(null);
    else if (isDirection(event.key)) {
      const next = nextPoint(placement.spots, point.id, event.key);
      if (next !== null) {
        setEntry(next);
        document.getElementById(dotId(next))?.focus();
      }
    } else return;
    event.preventDefault();
  };
  const zoomBy = (factor: number) =>
    setView({ ...view, zoom: Math.min(MAX_ZOOM, Math.max(1, view.zoom * factor)) });

  return (
    <div className="map-picture" ref={box}>
      {/* biome-ignore lint/a11y/useSemanticElements: a picture of buttons is a group, not a set of form fields */}
      <svg
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="group"
        aria-label={summary}
        {...drag}
      >
        {[...placement.circles]
          .filter(([segment]) => graph.open.has(segment))
          .map(([segment, { x, y, r }]) => (
            <circle
              key={segment}
              className="map-segment"
              cx={frame.x + x * frame.scale}
              cy={frame.y + y * frame.scale}
              r={r * frame.scale}
            />
          ))}
        <MapLines lines={graph.lines} spots={placement.spots} frame={frame} selected={selected} />
        {graph.points.map((point) => {
          const spot = placement.spots.get(point.id);
          if (!spot) return null;
          const chosen = point.id === selected;
          return (
            <MapDot
              key={point.id}
              id={dotId(point.id)}
              point={point}
              x={frame.x + spot.x * frame.scale}
              y={frame.y + spot.y * frame.scale}
              scale={frame.scale}
              named={names.has(point.id) || (chosen && point.kind === "node")}
              dimmed={!isLit(point, found) || (selected !== null && !chosen && !near.has(point.id))}
              chosen={chosen}
              entry={point.id === first?.id}
              onKeyDown={onKeyDown}
              onSelect={() => {
                setEntry(point.id);
                onSelect(chosen ? null : point.id);
              }}
            />
          );
        })}
        {[...placement.circles].map(([segment, { x, y, r }]) => (
          <text
            key={segment}
            className="map-caption"
            x={frame.x + x * frame.scale}
            y={frame.y + (y - r) * frame.scale - 5}
          >
            {segment}
          </text>
        ))}
      </svg>
      <div className="map-zoom">
        <button type="button" className="button plain small" aria-label="Larger" onClick={() => zoomBy(1.6)}>
          +
        </button>
        <button
          type="button"
          className="button plain small"
          aria-label="Smaller"
          onClick={() => zoomBy(1 / 1.6)}
        >
          −
        </button>
        <button type="button" className="button plain small" onClick={() => setView(WHOLE)}>
          Whole
        </button>
      </div>
    </div>
  );
}

const dotId = (point: string): string => `dot-${point}`;
const isLit = (point: Point, found: string): boolean =>
  point.name.toLowerCase().includes(found) || point.segment.toLowerCase().includes(found);

function neighboursIn(graph: Graph, selected: string | null): ReadonlySet<string> {
  const near = new Set<string>();
  if (selected === null) return near;
  for (const { a, b } of graph.lines) {
    if (a === selected) near.add(b);
    if (b === selected) near.add(a);
  }
  return near;
}
