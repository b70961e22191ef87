import type { Answer } from "./endpoints.ts";

/** Paths between nodes, and what failed of them, in words: for the command line and the dashboard. */

type Side = Answer<"mesh.paths">["sides"][number];
type Failure = Answer<"mesh.failures">["items"][number];

/** Why a node sends by the path that it uses, or moved to it. */
export const WHY_THIS_PATH: Readonly<Record<Side["why"], string>> = {
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

export const PATH_STATE: Readonly<Record<Side["paths"][number]["state"], string>> = {
  well: "well",
  one_way: "heard, does not answer",
  silent: "silent",
  unknown: "not known",
};

/** What is so of the node: `is down`. @param other the name of the other end, where a link failed */
export function faultInWords(kind: Failure["kind"], other: string | null): string {
  switch (kind) {
    case "node_down":
      return "is down";
    case "cut_off_from_hub":
      return "is cut off from the hub only";
    case "unreachable":
      return "is not heard by its peers";
    case "not_forwarding":
      return "forwards nothing";
    case "relay_down":
      return "relays nothing";
    case "reporter_sick":
      return "hears nearly nobody itself";
    case "link_down":
      return `and ${other} don't hear each other`;
    case "one_way_loss":
      return `is not heard by ${other}`;
  }
}

export const milliseconds = (ms: number | null): string =>
  ms === null ? "-" : `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
/** @param share 0 to 1 */
export const percent = (share: number | null): string =>
  share === null ? "-" : `${Math.round(share * 100)} %`;
