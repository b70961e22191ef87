import type { Answer } from "../../shared/api/endpoints.ts";
import { table } from "./table.ts";
import { instant } from "./values.ts";

type Side = Answer<"mesh.paths">["sides"][number];
type Path = Side["paths"][number];

const WHY: Readonly<Record<Side["why"], string>> = {
  unreported: "It has measured nothing of this peer.",
  nothing_answers: "No path answers, so it stays with the last one.",
  only_path: "It knows no other path.",
  first_choice: "This path answers, and it has had no reason to leave it.",
  failed: "The path before it fell silent, and this one was ready.",
  tried: "The path before it fell silent, and this one answered when it was tried.",
  in_vain: "The path fell silent for a while, and no other answered.",
  followed: "Packets of the peer came from there.",
  better: "It is better than the one before, and was well for a while.",
};

const STATE: Readonly<Record<Path["state"], string>> = {
  well: "well",
  one_way: "heard, does not answer",
  silent: "silent",
  unknown: "not known",
};

export const milliseconds = (ms: number | null): string =>
  ms === null ? "-" : `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
export const percent = (share: number | null): string =>
  share === null ? "-" : `${Math.round(share * 100)} %`;

/** How one node sends to another, for people. */
export function sideText(side: Side, width: number | null): string {
  const { name, peerName, paths, moves, handshakeAt } = side;
  const rows = paths.map((path) => [
    path.inUse ? `${path.endpoint} *` : path.endpoint,
    path.kind,
    STATE[path.state],
    milliseconds(path.rttMs),
    milliseconds(path.jitterMs),
    percent(path.loss),
    instant(path.measuredAt),
  ]);
  const head = ["endpoint", "kind", "state", "rtt", "jitter", "loss", "measured at"];
  return [
    `${name} → ${peerName}: ${WHY[side.why]} Last handshake: ${instant(handshakeAt)}.\n`,
    rows.length === 0 ? "" : `${table(head, rows, width, ["endpoint"])}`,
    paths.some(({ inUse }) => inUse) ? "* in use\n" : "",
    moves.length === 0 ? "" : `${movesText(moves, width)}`,
  ].join("");
}

function movesText(moves: Side["moves"], width: number | null): string {
  const rows = moves.map(({ at, from, to, kind, why }) => [instant(at), from ?? "-", to, kind, why]);
  return table(["moved at", "from", "to", "kind", "why"], rows, width, ["from", "to"]);
}
