import { LIMITS } from "../node/config/types.ts";
import type { Answer } from "./endpoints.ts";

/** What a change of rules opens and ends, in words, for the command line and the dashboard. */

export type Difference = Answer<"mesh.difference">;
type Change = Difference["changes"][number];
type Witness = NonNullable<Change["gains"]>;

const count = (pairs: number): string => (pairs === 1 ? "1 pair" : `${pairs} pairs`);

/** `14 pairs of nodes gain, 3 lose.` */
export function differenceInWords({ gaining, losing }: Pick<Difference, "gaining" | "losing">): string {
  if (gaining + losing === 0) return "No pair of nodes gains or loses anything.";
  if (losing === 0) return `${count(gaining)} of nodes ${gaining === 1 ? "gains" : "gain"}, none loses.`;
  const lose = losing === 1 ? "loses" : "lose";
  if (gaining === 0) return `${count(losing)} of nodes ${lose}, none gains.`;
  return `${count(gaining)} of nodes ${gaining === 1 ? "gains" : "gain"}, ${losing} ${lose}.`;
}

/** `web-1`, or `14 nodes of tag:web`, with one of them where nothing else tells who they are. */
export function classInWords({ nodes, example, words }: Change["from"]): string {
  if (nodes === 1) return example.name;
  return words.length === 0
    ? `${nodes} nodes such as ${example.name}`
    : `${nodes} nodes of ${words.join(" + ")}`;
}

/** What would keep nodes from getting a new config: they would have more peers than one may name. */
export function crowdedInWords({ nodes, peers }: Difference["crowded"][number]): string {
  const [each, them] = nodes.nodes === 1 ? ["", "it"] : [" each", "them"];
  const tooMany = `${classInWords(nodes)} would have ${peers} peers${each}, more than the ${LIMITS.peers} that a config may name`;
  return `${tooMany}: no new config would reach ${them}. Let fewer nodes talk to ${them}.`;
}

/** `tcp/443, udp/53; to 10.0.0.0/24: any` */
export const packetsInWords = (packets: Change["gained"]): string =>
  packets
    .map(({ from, to, traffic }) => {
      const ends = [
        from.length > 0 ? `from ${from.join(", ")}` : "",
        to.length > 0 ? `to ${to.join(", ")}` : "",
      ].filter(Boolean);
      return ends.length === 0 ? traffic.join(", ") : `${ends.join(" ")}: ${traffic.join(", ")}`;
    })
    .join("; ");

/** `100.64.0.3 → 100.64.0.9 tcp/443` */
export const witnessInWords = ({ from, to, traffic }: Witness): string =>
  `${from.address} → ${to.address} ${traffic}`;

const FINDINGS: Readonly<Record<Answer<"mesh.check">["findings"][number]["kind"], string>> = {
  selects_nobody: "selects nobody",
  ended: "has ended",
  isolated: "is taken away by isolation",
  contradicted: "allows only what others deny",
  idle: "denies nothing that a rule allows",
  shadowed: "says nothing that another does not say",
  redundant: "says nothing that others together do not say",
  never_hit: "has decided no packet yet",
};

/** Why a rule is without effect, in words. */
export function findingInWords({ kind, by, sides }: Answer<"mesh.check">["findings"][number]): string {
  const where = kind === "selects_nobody" && sides.length > 0 ? ` (${sides.join(" and ")})` : "";
  return `${FINDINGS[kind]}${where}${by.length > 0 ? `: ${by.join(", ")}` : ""}`;
}
