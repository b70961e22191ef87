import { printTraffic } from "../traffic.ts";
import type { Outcome } from "./run.ts";

/** How things are called: nodes and rules by their ids, and selectors as people write them. */
export interface Called {
  readonly node: (id: string) => string;
  readonly rule: (id: string) => string;
  readonly from: string;
  readonly target: string;
}

/** Why a target did not pass, in a sentence without a point. Null if it passed. */
export function inWords({ expects, result, witness }: Outcome, called: Called): string | null {
  const { from, target } = called;
  const wanted = `${from} ${expects === "accept" ? "must reach" : "may not reach"} ${target}`;
  if (result === "passed") return null;
  if (result === "idle") return `${wanted}, and they name no two nodes, so nothing was tried`;
  if (!witness) return `${wanted}, and they name too many different pairs of nodes: name fewer`;
  const pair = `${called.node(witness.source)} ${expects === "accept" ? "does not reach" : "reaches"} ${called.node(witness.destination)}`;
  const rules = witness.rules.map((id) => JSON.stringify(called.rule(id))).join(" and ");
  const [noun, verb] = witness.rules.length === 1 ? ["the rule", "s"] : ["the rules", ""];
  const why = {
    allowed: `${noun} ${rules} allow${verb} ${printTraffic(witness.traffic)}`,
    denied: `${noun} ${rules} den${verb === "s" ? "ies" : "y"} it`,
    isolation: "the isolation of a microsegment keeps them apart",
    no_rule: "no rule allows all of it",
  }[witness.because];
  return `${wanted}, and ${pair}: ${why}`;
}
