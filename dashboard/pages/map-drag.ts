import { type PointerEvent, useRef } from "react";
import type { Frame, Spot } from "../lib/map/layout.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Moves the picture with the pointer. A click without a move stays a click. */
export function useDrag(frame: Frame, { width, height }: Size, onMove: (middle: Spot) => void) {
  const start = useRef<{ x: number; y: number; frame: Frame } | null>(null);
  const end = () => {
    start.current = null;
  };
  return {
    onPointerDown: (event: PointerEvent<SVGSVGElement>) => {
      if (event.pointerType === "touch" || event.button !== 0) return;
      start.current = { x: event.clientX, y: event.clientY, frame };
    },
    onPointerMove: (event: PointerEvent<SVGSVGElement>) => {
      const from = start.current;
      if (!from) return;
      const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
      if (Math.abs(dx) + Math.abs(dy) < 4) return;
      const { scale, x, y } = from.frame;
      onMove({ x: (width / 2 - x - dx) / scale, y: (height / 2 - y - dy) / scale });
    },
    onPointerUp: end,
    onPointerLeave: end,
  };
}
