import { useDeferredValue, useMemo, useState } from "react";
import { useApi } from "../api.ts";
import { Field } from "../components/field.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Empty, Failure, Loaded } from "../components/states.tsx";
import { graphOf, type MeshMap, summarise } from "../lib/map/graph.ts";
import { AddNode } from "./enrolment-key-dialog.tsx";
import { MapLegend } from "./map-legend.tsx";
import { MapPicture } from "./map-picture.tsx";
import { MapSide } from "./map-side.tsx";
import { MapTable } from "./map-table.tsx";

const EVERY = 2_500;

/** Who may talk to whom, and who is connected now. */
export default function MapPage() {
  const map = useApi("mesh.map", {}, { every: EVERY });
  const [asTable, setAsTable] = useState(false);
  return (
    <>
      <PageHead title="Map">
        <span className={map.isError ? "badge steady bad" : "badge steady good"} role="status">
          {map.isError ? "Not answering" : "Live"}
        </span>
        <button
          type="button"
          className="button plain"
          aria-pressed={asTable}
          onClick={() => setAsTable(!asTable)}
        >
          Show as a table
        </button>
      </PageHead>
      {map.data && <Failure error={map.error} />}
      <Loaded query={map}>
        {(data) =>
          data.nodes.length === 0 && data.missing.length === 0 ? (
            <Empty>
              <p>No node is in the network yet.</p>
              <AddNode />
            </Empty>
          ) : (
            <LoadedMap map={data} asTable={asTable} />
          )
        }
      </Loaded>
    </>
  );
}

function LoadedMap({ map, asTable }: { readonly map: MeshMap; readonly asTable: boolean }) {
  const [opened, setOpened] = useState<string | null>(null);
  const [search, setSearch] = useState("");
  const [selected, setSelected] = useState<string | null>(null);
  const graph = useMemo(() => graphOf(map, opened), [map, opened]);
  const found = useDeferredValue(search.trim().toLowerCase());
  const point = graph.points.find(({ id }) => id === selected) ?? null;
  const words = summarise(map, graph.segments.size);
  const open = (segment: string | null) => {
    setOpened(segment);
    setSelected(null);
  };
  return (
    <>
      {(map.truncated || map.missing.length > 0) && (
        <p className="notice warn" role="status">
          {map.truncated && "There is more than fits: this is a part of it. "}
          {map.missing.length > 0 && `These segments did not answer: ${map.missing.join(", ")}.`}
        </p>
      )}
      <div className="form filters">
        <Field label="Find" broad>
          {(c) => (
            <input
              {...c}
              type="search"
              placeholder="Node or segment"
              value={search}
              onChange={(event) => setSearch(event.target.value)}
            />
          )}
        </Field>
        <Field label="Nodes of">
          {(c) => (
            <select {...c} value={opened ?? ""} onChange={(event) => open(event.target.value || null)}>
              <option value="">All segments</option>
              {[...graph.segments.keys()].map((segment) => (
                <option key={segment}>{segment}</option>
              ))}
            </select>
          )}
        </Field>
      </div>
      {asTable ? (
        <>
          <MapTable map={map} found={found} segment={opened} />
          <p className="muted">{words}.</p>
        </>
      ) : (
        <div className="map">
          <MapPicture
            graph={graph}
            summary={words}
            found={found}
            selected={selected}
            onSelect={setSelected}
          />
          <div className="map-words">
            <MapLegend />
            <p className="muted">{words}.</p>
          </div>
          <MapSide map={map} point={point} onOpen={open} />
        </div>
      )}
    </>
  );
}
