import { Moment } from "../components/moment.tsx";
import { Measured, Online, PathBadge } from "../components/node-badges.tsx";
import { formatBytes, formatCount } from "../lib/format.ts";
import type { MeshMap, Point } from "../lib/map/graph.ts";
import { neighboursOf } from "../lib/map/neighbours.ts";
import { routeTo } from "../lib/router.ts";
import { AllowedBy } from "./allowed-by.tsx";
import { WhyPath } from "./why-path.tsx";

const SHOWN = 50;

interface MapSide {
  readonly map: MeshMap;
  readonly point: Point | null;
  readonly onOpen: (segment: string) => void;
}

/** What is known of the chosen point. Its place is kept while nothing is chosen. */
export function MapSide({ map, point, onOpen }: MapSide) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="card map-side" aria-label="Chosen on the map" aria-live="polite" tabIndex={0}>
      {point === null && (
        <p className="muted">
          Choose a node to see its connections. With the keyboard: arrow keys move, Enter chooses.
        </p>
      )}
      {point?.kind === "segment" && <SegmentSide point={point} onOpen={onOpen} />}
      {point?.kind === "node" && <NodeSide map={map} point={point} />}
    </section>
  );
}

function SegmentSide({
  point,
  onOpen,
}: {
  readonly point: Point;
  readonly onOpen: (segment: string) => void;
}) {
  return (
    <>
      <h2>{point.name}</h2>
      <p>
        {formatCount(point.online)} of {formatCount(point.nodes)} nodes online.
      </p>
      <button type="button" className="button plain" onClick={() => onOpen(point.segment)}>
        Show its nodes
      </button>
    </>
  );
}

function NodeSide({ map, point }: { readonly map: MeshMap; readonly point: Point }) {
  const node = map.nodes.find(({ id }) => id === point.id);
  if (!node) return null;
  const neighbours = neighboursOf(map, node.id);
  return (
    <>
      <h2>
        <a href={routeTo("nodes", node.id)}>{node.name}</a> <Online live={node} />
      </h2>
      <p className="muted">
        {node.segment}, <code>{node.ipv4}</code>, seen <Moment at={node.lastSeenAt} />
      </p>
      <h3>
        {neighbours.length === 0
          ? "It may talk to no other node"
          : `Permitted peers: ${formatCount(neighbours.length)}`}
      </h3>
      <ul className="peers">
        {neighbours.slice(0, SHOWN).map(({ node: peer, link }) => (
          <li key={peer.id}>
            <span>
              <a href={routeTo("nodes", peer.id)}>{peer.name}</a> <PathBadge path={link.path} />{" "}
              <Measured measured={link.measured} /> <WhyPath from={node.id} to={peer.id} toName={peer.name} />
            </span>
            <span className="muted">
              <AllowedBy map={map} link={link} />,{" "}
              {link.handshakeAt === null ? (
                "no handshake yet"
              ) : (
                <>
                  handshake <Moment at={link.handshakeAt} />, {formatBytes(link.bytes)}
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
      {neighbours.length > SHOWN && (
        <p>
          <a href={routeTo("nodes", node.id)}>All {formatCount(neighbours.length)}</a>
        </p>
      )}
    </>
  );
}
