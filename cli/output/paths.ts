import type { Answer } from "../../shared/api/endpoints.ts";
import { milliseconds, PATH_STATE, percent, WHY_THIS_PATH } from "../../shared/api/path-words.ts";
import { table } from "./table.ts";
import { instant } from "./values.ts";

type Side = Answer<"mesh.paths">["sides"][number];

const kindText = ({ kind, relayName }: Side["paths"][number]): string =>
  relayName === null ? kind : `${kind} ${relayName}`;

/** How one node sends to another, for people. */
export function sideText(side: Side, width: number | null): string {
  const { name, peerName, paths, moves, handshakeAt } = side;
  const rows = paths.map((path) => [
    path.inUse ? `${path.endpoint} *` : path.endpoint,
    kindText(path),
    PATH_STATE[path.state],
    milliseconds(path.rttMs),
    milliseconds(path.halfMs),
    milliseconds(path.jitterMs),
    percent(path.loss),
    instant(path.measuredAt),
  ]);
  const head = ["endpoint", "kind", "state", "rtt", "to relay", "jitter", "loss", "measured at"];
  return [
    `${name} → ${peerName}: ${WHY_THIS_PATH[side.why]} Last handshake: ${instant(handshakeAt)}.\n`,
    rows.length === 0 ? "" : `${table(head, rows, width, ["endpoint"])}`,
    paths.some(({ inUse }) => inUse) ? "* in use\n" : "",
    moves.length === 0 ? "" : `${movesText(moves, width)}`,
  ].join("");
}

function movesText(moves: Side["moves"], width: number | null): string {
  const rows = moves.map(({ at, from, to, kind, why }) => [instant(at), from ?? "-", to, kind, why]);
  return table(["moved at", "from", "to", "kind", "why"], rows, width, ["from", "to"]);
}
