import type { Answer } from "../../shared/api/endpoints.ts";
import { milliseconds, PATH_STATE, percent } from "../../shared/api/path-words.ts";
import type { Column } from "../components/data-table.tsx";
import { Moment } from "../components/moment.tsx";
import { PathBadge } from "../components/node-badges.tsx";
import { routeTo } from "../lib/router.ts";
import { WhyPath } from "./why-path.tsx";

export type UsedPath = Answer<"mesh.status">["items"][number];
type Path = Omit<Answer<"mesh.paths">["sides"][number]["paths"][number], "inUse">;

const STATE_CLASS: Readonly<Record<Path["state"], string>> = {
  well: "badge good",
  one_way: "badge bad",
  silent: "badge bad",
  unknown: "badge",
};

/** What one end measured of a path. */
export const PATH_COLUMNS: readonly Column<Path>[] = [
  {
    header: "Path",
    cell: ({ kind, relay, relayName }) => (
      <>
        <PathBadge path={kind} />
        {relay !== null && (
          <>
            {" "}
            <a href={routeTo("nodes", relay)}>{relayName ?? relay}</a>
          </>
        )}
      </>
    ),
    sort: ({ kind }) => kind,
  },
  {
    header: "State",
    cell: ({ state }) => <span className={STATE_CLASS[state]}>{PATH_STATE[state]}</span>,
    sort: ({ state }) => state,
  },
  {
    header: "Round trip",
    cell: ({ rttMs }) => milliseconds(rttMs),
    sort: ({ rttMs }) => rttMs,
    className: "wide",
  },
  {
    header: "Jitter",
    cell: ({ jitterMs }) => milliseconds(jitterMs),
    sort: ({ jitterMs }) => jitterMs,
    className: "wide",
  },
  { header: "Loss", cell: ({ loss }) => percent(loss), sort: ({ loss }) => loss, className: "wide" },
  {
    header: "Measured",
    cell: ({ measuredAt }) => <Moment at={measuredAt} />,
    sort: ({ measuredAt }) => measuredAt,
    className: "wide",
  },
];

/** Paths in use: to whom, what was measured, and where it says why. */
export const usedPathColumns = (header: "To" | "Peer"): readonly Column<UsedPath>[] => [
  {
    header,
    cell: ({ peer, peerName }) => <a href={routeTo("nodes", peer)}>{peerName}</a>,
    sort: ({ peerName }) => peerName,
    className: "long",
  },
  ...PATH_COLUMNS,
  {
    header: "Why",
    cell: ({ node, peer, peerName }) => <WhyPath from={node} to={peer} toName={peerName} />,
    className: "action",
  },
];
