import { type Addressed, type AnyDocument, addressed } from "../config/object.ts";
import { nextCounter } from "../config/serial.ts";
import type { Tick, TickInput } from "../config/tick.ts";
import type { LegDocument, ManifestDocument, ObjectHash, PeerDocument } from "../config/types.ts";
import { type Issue, planTick, type Rebuilt, type TickPlan } from "../plan-tick.ts";
import { type Built, objectsOf } from "./built.ts";
import { heldEvents } from "./held.ts";
import type { Network } from "./network.ts";
import { leaseEndsAt } from "./receipt.ts";
import type { MeshEvent, MeshView, NodeIssue } from "./view.ts";
import { baseOf, type Wish } from "./wish.ts";

/** Heads expire, so that an attacker can't hold back newer heads for longer. */
export const HEAD_LIFETIME_MS = 24 * 3_600_000;

/** What was decided about a wish, before it is signed. */
export interface Draft {
  readonly wish: Wish;
  readonly built: Built;
  readonly plan: TickPlan;
  /** Everything that is published, including nodes that only need a new head. */
  readonly issues: readonly NodeIssue[];
  readonly objects: readonly Addressed<AnyDocument>[];
  /** What must be signed. Null when nothing is published. */
  readonly toSign: TickInput | null;
}

/** @param records The records that the built objects lead to and that are not stored yet. */
export function draft(
  view: MeshView,
  network: Network,
  segment: string,
  wish: Wish,
  built: Built,
  records: readonly Addressed<AnyDocument>[],
  now: number,
): Draft {
  const of = (node: string, after: Issue | null): Rebuilt => ({
    node,
    before: view.member(node)?.issue ?? null,
    after,
  });
  const rebuilt = [
    ...built.nodes.map(({ manifest, peers }) =>
      of(manifest.document.node, {
        manifest: manifest.hash,
        peers: peers.map(({ document }) => document.node),
      }),
    ),
    ...built.faults.map(({ node }) => of(node, null)),
  ];
  const reduced: Addressed<ManifestDocument>[] = [];
  const newest = new Map(
    built.nodes.map(({ manifest }) => [manifest.document.node, manifest.document.peers]),
  );
  const withoutEnded = (node: string, before: Issue) => {
    const isKept = (hash: ObjectHash, peer: string): boolean => {
      if (!network.isInGoodStanding(peer)) return false;
      return newest.get(node)?.includes(hash) || !(network.isUrgent(node) || network.isUrgent(peer));
    };
    return reducedIssue(view, before, isKept, network.isInGoodStanding, reduced);
  };
  const plan = planTick(rebuilt, network, withoutEnded, wish.isConfirmed);
  const issues = [...plan.publish, ...renewals(plan, rebuilt, wish.renewed)];
  return {
    wish,
    built,
    plan,
    issues,
    objects: [...records, ...objectsOf(built), ...reduced],
    toSign: issues.length === 0 ? null : tickInput(view, network, segment, issues, now),
  };
}

/**
 * The events of a draft after it is signed.
 * @param tick Null when nothing had to be signed.
 */
export function eventsOf(
  view: MeshView,
  network: Network,
  { wish, built, plan, issues, objects }: Draft,
  tick: Tick | null,
  now: number,
): MeshEvent[] {
  const counter = tick?.document.serial.counter ?? 0;
  const leaseMs = network.state.lease_seconds * 1_000;
  return [
    { type: "stored", objects },
    ...(tick ? [{ type: "issued", issues, tick } as const] : []),
    ...plan.dropped.map(({ node, member }): MeshEvent => {
      const handshakeAt = view.member(member)?.handshakeAt ?? null;
      return { type: "revoked", node, member, counter, leaseEndsAt: leaseEndsAt(handshakeAt, leaseMs, now) };
    }),
    { type: "waiting", nodes: wish.nodes, isWaiting: false },
    { type: "waiting", nodes: [...plan.waiting, ...built.faults.map(({ node }) => node)], isWaiting: true },
    ...heldEvents(network, plan, built.faults, now),
  ];
}

/** Says that everything up to the registry's revision is decided now. */
export const reached = (network: Network): MeshEvent => ({
  type: "reached",
  revision: network.state.revision,
  base: network.state.root_version > 0 ? baseOf(network) : null,
});

function tickInput(
  view: MeshView,
  { state }: Network,
  segment: string,
  issues: readonly NodeIssue[],
  now: number,
): TickInput {
  const counter = nextCounter(view.lastCounter, now);
  return {
    network: state.network_id,
    segment,
    serial: { epoch: state.epoch, rootVersion: state.root_version, counter },
    issuedAt: now,
    expiresAt: now + HEAD_LIFETIME_MS,
    changes: issues.map(({ node, issue }) => ({ node, manifest: issue.manifest })),
  };
}

/** The last issue without the peers that are not kept. The documents of the others are stored already. */
function reducedIssue(
  view: MeshView,
  before: Issue,
  isKept: (hash: ObjectHash, peer: string) => boolean,
  isStanding: (node: string) => boolean,
  made: Addressed<ManifestDocument>[],
): Issue {
  const document = view.document<ManifestDocument>(before.manifest);
  if (!document) throw new Error("an issue has its manifest");
  const kept = document.peers.flatMap((hash) => {
    const node = view.document<PeerDocument>(hash)?.node;
    return node !== undefined && isKept(hash, node) ? [{ hash, node }] : [];
  });
  const { relay, ...rest } = document;
  const legs =
    relay?.legs.filter((hash) =>
      view.document<LegDocument>(hash)?.ends.every(({ node }) => isStanding(node)),
    ) ?? [];
  const manifest = addressed<ManifestDocument>({
    ...rest,
    peers: kept.map(({ hash }) => hash),
    ...(relay && legs.length > 0 && { relay: { ...relay, legs } }),
  });
  made.push(manifest);
  return { manifest: manifest.hash, peers: kept.map(({ node }) => node) };
}

function renewals(plan: TickPlan, rebuilt: readonly Rebuilt[], renewed: ReadonlySet<string>): NodeIssue[] {
  const published = new Set(plan.publish.map(({ node }) => node));
  return rebuilt.flatMap(({ node, before }) =>
    renewed.has(node) && !published.has(node) && before ? [{ node, issue: before }] : [],
  );
}
