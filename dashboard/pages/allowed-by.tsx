import type { MapLink, MeshMap } from "../lib/map/graph.ts";
import { routeTo } from "../lib/router.ts";

interface AllowedBy {
  readonly map: Pick<MeshMap, "rules">;
  readonly link: Pick<MapLink, "allows">;
}

/** The rules that let two nodes talk, by their names. */
export function AllowedBy({ map, link }: AllowedBy) {
  return (
    <span className="allowed-by">
      {link.allows.map((id, n) => (
        <span key={id}>
          {n > 0 && ", "}
          <a href={routeTo("mesh-rules", id)}>{map.rules[id] ?? "a rule that is gone"}</a>
        </span>
      ))}
    </span>
  );
}
