import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import { useIsDark } from "../lib/theme.ts";
import type { Drawn, Series } from "./chart.tsx";

/** The lines of a chart, on a canvas. */
export default function ChartLines({ summary, times, series }: Drawn) {
  const box = useRef<HTMLDivElement>(null);
  const isDark = useIsDark();
  const plot = useRef<uPlot | null>(null);
  const shape = series.map((one) => one.label).join();
  const data = [times.map((at) => at / 1000), ...series.map((one) => [...one.values])] as uPlot.AlignedData;
  const latest = useRef({ series, data });
  latest.current = { series, data };

  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew when the colours or the set of lines change
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const made = new uPlot(options(element, latest.current.series), latest.current.data, element);
    plot.current = made;
    const observer = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [isDark, shape]);

  useEffect(() => plot.current?.setData(data), [data]);

  return <div className="chart" ref={box} role="img" aria-label={summary} />;
}

function options(element: HTMLElement, series: readonly Series[]): uPlot.Options {
  const style = getComputedStyle(element);
  // A canvas knows no custom properties, and the property itself holds both schemes.
  const color = (name: string) => {
    element.style.color = `var(${name})`;
    const resolved = getComputedStyle(element).color;
    element.style.color = "";
    return resolved;
  };
  const axis = {
    stroke: color("--muted"),
    grid: { stroke: color("--line"), width: 1 },
    ticks: { show: false },
    font: `12px ${style.fontFamily}`,
  };
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    legend: { show: false },
    cursor: { drag: { x: false, y: false } },
    scales: { y: { range: (_, __, max) => [0, Math.max(max * 1.1, 4)] } },
    axes: [
      axis,
      { ...axis, size: 46, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 1e4, 1e5, 1e6] },
    ],
    series: [
      {},
      ...series.map((one) => ({
        label: one.label,
        stroke: color(one.color),
        width: 2,
        points: { show: false },
        ...(one.dashed ? { dash: [6, 4] } : {}),
      })),
    ],
  };
}
