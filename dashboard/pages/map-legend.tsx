/** Strokes say by which kind of path, colours how well. */
const LINES = [
  ["direct good", "connected directly"],
  ["relay good", "through a relay"],
  ["edge good", "through the edge relay"],
  ["none", "no path"],
  ["unknown", "permitted, no connection reported"],
  ["direct unmeasured", "thin: not measured"],
  ["direct lossy", "loses 5 % or more"],
  ["direct silent", "no answer now"],
] as const;

export function MapLegend() {
  return (
    <ul className="legend">
      <li>
        <svg width="14" height="14" aria-hidden="true">
          <circle className="map-dot online" cx="7" cy="7" r="5" />
        </svg>
        online
      </li>
      <li>
        <svg width="14" height="14" aria-hidden="true">
          <circle className="map-dot offline" cx="7" cy="7" r="5" />
        </svg>
        offline
      </li>
      {LINES.map(([path, words]) => (
        <li key={path}>
          <svg width="26" height="8" aria-hidden="true">
            <line className={`map-line ${path}`} x1="0" y1="4" x2="26" y2="4" />
          </svg>
          {words}
        </li>
      ))}
    </ul>
  );
}
