import { contains, hostOf, isDefaultRoute, type Prefix, prefixOf } from "../net/prefix.ts";
import type { ComponentDocument, Grant, ManifestDocument, PeerDocument } from "../node/config/types.ts";

/** Connections that one rule permits or denies, by their origin and their destination. */
export interface Flow {
  /** The position of the rule in the component. */
  readonly rule: number;
  readonly effect: "allow" | "deny";
  /** Who opens the connection. */
  readonly openedBy: "peer" | "us";
  readonly sources: readonly Prefix[];
  readonly destinations: readonly Prefix[];
  /** The families in which everything outside is the destination. `destinations` is empty then. */
  readonly internet: readonly (4 | 6)[];
}

interface DraftFlow {
  readonly flow: Flow;
  readonly sources: Prefix[];
  readonly destinations: Prefix[];
}

/**
 * The grants and denials of all peers. Grants that differ only in the peer become one flow, so that one more peer is one
 * more element of a set. A grant permits nothing if it cites an unknown rule or a rule that denies, or if it names a block
 * that this node may not forward to.
 * @throws when a text is not an address or prefix: the documents were not checked
 */
export function flowsOf(
  manifest: ManifestDocument,
  component: ComponentDocument,
  peers: readonly PeerDocument[],
): Flow[] {
  const rules = new Map(component.rules.map(({ id }, index) => [id, index]));
  const forwards = manifest.forwards.map(readPrefix);
  const own = hostsOf(manifest);
  const mayForward = (prefix: Prefix): boolean =>
    forwards.some((route) => isDefaultRoute(route) === isDefaultRoute(prefix) && contains(route, prefix));
  const drafts = new Map<string, DraftFlow>();

  const add = (effect: Flow["effect"], openedBy: Flow["openedBy"], grant: Grant, peer: readonly Prefix[]) => {
    const rule = rules.get(grant.rule);
    if (rule === undefined || (component.rules[rule]?.effect ?? "allow") !== effect) return;
    const isOurs = openedBy === "us";
    const isFree = effect === "deny";
    const from = grant.from?.map(readPrefix).filter((prefix) => !isDefaultRoute(prefix));
    const to = grant.to?.map(readPrefix);
    const sources = (isOurs && !isFree ? from?.filter(mayForward) : from) ?? (isOurs ? own : peer);
    const reached = (isOurs || isFree ? to : to?.filter(mayForward)) ?? (isOurs ? peer : own);
    const internet = reached.filter(isDefaultRoute).map(({ version }) => version);
    const destinations = reached.filter((prefix) => !isDefaultRoute(prefix));
    const key = `${effect} ${openedBy} ${String(rule).padStart(5, "0")} ${grant.from?.join()} ${grant.to?.join()}`;
    collect(drafts, `${key} blocks`, { rule, effect, openedBy, sources, destinations, internet: [] });
    if (internet.length > 0) {
      collect(drafts, `${key} internet`, { rule, effect, openedBy, sources, destinations: [], internet });
    }
  };
  for (const peer of peers) {
    const hosts = hostsOf(peer);
    for (const grant of peer.inbound) add("allow", "peer", grant, hosts);
    for (const grant of peer.outbound) add("allow", "us", grant, hosts);
    for (const grant of peer.denied?.inbound ?? []) add("deny", "peer", grant, hosts);
    for (const grant of peer.denied?.outbound ?? []) add("deny", "us", grant, hosts);
  }
  return [...drafts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, draft]) => ({ ...draft.flow, ...draft }));
}

function collect(drafts: Map<string, DraftFlow>, key: string, flow: Flow): void {
  const draft = drafts.get(key);
  if (draft) {
    draft.sources.push(...flow.sources);
    draft.destinations.push(...flow.destinations);
  } else {
    drafts.set(key, { flow, sources: [...flow.sources], destinations: [...flow.destinations] });
  }
}

/** The overlay addresses of a node. */
export function hostsOf({ ipv4, ipv6 }: { readonly ipv4: string; readonly ipv6: string }): Prefix[] {
  return [ipv4, ipv6].map((address) => {
    const host = hostOf(address);
    if (!host) throw new Error(`${JSON.stringify(address)} is no address`);
    return host;
  });
}

function readPrefix(text: string): Prefix {
  const prefix = prefixOf(text);
  if (!prefix) throw new Error(`${JSON.stringify(text)} is no prefix`);
  return prefix;
}
