import { nextChange } from "../segments/windows.ts";
import { hashOf } from "./config/object.ts";
import type { ComponentDocument, ManifestDocument, ObjectHash, PeerDocument } from "./config/types.ts";
import { renderFilter } from "./filter.ts";

/**
 * The digest of the ruleset in force on a node. The node finds that the kernel has what it loaded, and names that by its
 * digest. The hub makes the same digest from the config that it signed. The report is the node's own word: it finds other
 * programs and mistakes, and not a node whose root lies.
 */

/**
 * The version of what `renderFilter` makes of a config. Raise it with each change of the text, since a hub and an agent
 * of different versions can't compare. A test with a fixed config asks for it.
 */
export const FILTER_FORMAT = 1;

/** What a filter is made from. `AppliedConfig` has all of it, and more. */
export interface FilterConfig {
  readonly manifest: ManifestDocument;
  readonly component: ComponentDocument;
  readonly peers: readonly PeerDocument[];
}

export interface RulesetReport {
  readonly format: number;
  /** Base64url of the SHA-256 of the ruleset without what only the node knows: 43 characters. */
  readonly digest: string;
  /** The hash of the manifest that the ruleset was made for. */
  readonly manifest: ObjectHash;
}

/**
 * - `as_compiled`: the node has what the hub compiled
 * - `shut`: the node has it without any peer, because its lease ended
 * - `differs`: the node has something else, or does not know what it has
 * - `not_comparable`: the agent makes filters in another format than this hub
 */
export type RulesetVerdict = "as_compiled" | "shut" | "differs" | "not_comparable";

/** The part of the table's text that only the node knows has fixed values here. */
const NOWHERE = { interfaceName: "node", port: 1, mark: 1, servesContainers: false } as const;

/** @param now Hub time in milliseconds. It decides which rules hold. */
export const rulesetDigest = (config: FilterConfig, now: number): string =>
  hashOf(new TextEncoder().encode(renderFilter({ ...NOWHERE, ...config, now })));

/** A node without any peer, as when its lease has ended. It carries nothing as a relay either. */
export const withoutPeers = <T extends { readonly manifest: ManifestDocument }>(config: T) => ({
  ...config,
  manifest: { ...config.manifest, peers: [], forwards: [] },
  peers: [],
  legs: [],
});

/** How far the moment at which a rule begins or ends on the node may be from that moment at the hub. */
const EDGE_MS = 90_000;

/**
 * Compares what a node reports with the config that the hub signed.
 * @param report Null when the node does not have what it wants, or can't read it.
 * @param at Hub time of the report, in milliseconds.
 */
export function judgeRuleset(report: RulesetReport | null, config: FilterConfig, at: number): RulesetVerdict {
  if (report === null) return "differs";
  if (report.format !== FILTER_FORMAT) return "not_comparable";
  const isAt = (moment: number, of: FilterConfig) => rulesetDigest(of, moment) === report.digest;
  if (isAt(at, config)) return "as_compiled";
  const change = nextChange(config.component.rules, at - EDGE_MS);
  const isEdge = change !== null && change <= at + EDGE_MS;
  if (isEdge && [at - EDGE_MS, at + EDGE_MS].some((moment) => isAt(moment, config))) return "as_compiled";
  return isAt(at, withoutPeers(config)) ? "shut" : "differs";
}

/** Until when a verdict on one report holds, if the same report comes again. */
export const verdictHoldsUntil = ({ component }: FilterConfig, at: number): number =>
  nextChange(component.rules, at) ?? Number.POSITIVE_INFINITY;
