import type { Network } from "./network.ts";
import type { MeshEvent, MeshView } from "./view.ts";

export type MeshCommand =
  /** @param affected The nodes whose config may have changed. Null when everything was just read again. */
  | { readonly type: "learn"; readonly affected: ReadonlySet<string> | null }
  /** Gives the nodes new heads, even when nothing else changed. */
  | { readonly type: "renew"; readonly nodes: readonly string[] }
  /** Makes the config of a node whose agent understands more now, or less. */
  | { readonly type: "rebuild"; readonly node: string }
  /** Publishes what is held. */
  | { readonly type: "confirm" };

/** The nodes whose configs are built again. */
export interface Wish {
  readonly nodes: readonly string[];
  /** The nodes that get a new head even when nothing changed for them. */
  readonly renewed: ReadonlySet<string>;
  /** Whether an administrator wants the change in spite of the peers that it removes. */
  readonly isConfirmed: boolean;
}

const NONE: ReadonlySet<string> = new Set();

/** @param view The view after the standings of the command were applied. */
export function wishOf(view: MeshView, network: Network, rulesChanged: boolean, command: MeshCommand): Wish {
  switch (command.type) {
    case "learn":
      return learned(view, network, rulesChanged, command.affected);
    case "renew":
      // The waiting nodes stay part of the wish. Otherwise the hold would look resolved.
      return {
        nodes: [...new Set([...command.nodes, ...view.waiting()])],
        renewed: new Set(command.nodes),
        isConfirmed: false,
      };
    case "rebuild":
      return { nodes: view.waiting(), renewed: NONE, isConfirmed: false };
    case "confirm":
      return { nodes: view.waiting(), renewed: NONE, isConfirmed: true };
  }
}

function learned(
  view: MeshView,
  network: Network,
  rulesChanged: boolean,
  affected: ReadonlySet<string> | null,
): Wish {
  const isRebased = network.state.root_version > 0 && view.base !== baseOf(network);
  const isBehind = view.revision !== network.state.revision;
  if (isRebased || rulesChanged || (affected === null && isBehind)) {
    const nodes = view.approved();
    return { nodes, renewed: isRebased ? new Set(nodes) : NONE, isConfirmed: false };
  }
  const concerned = [...(affected ?? NONE)].filter((node) => view.member(node)?.status === "approved");
  const nodes = [...new Set([...concerned, ...view.waiting()])];
  return { nodes, renewed: NONE, isConfirmed: false };
}

/**
 * Whether the rules of the segment have changed. Their revision is a part of the component, so it must stay unchanged
 * while only rules of other segments change.
 */
export function changedRules(
  view: MeshView,
  network: Network,
  segment: string,
): Extract<MeshEvent, { type: "rules" }>[] {
  const rules = JSON.stringify(network.index.rulesOf(segment));
  return view.rules === rules ? [] : [{ type: "rules", rules, revision: network.state.revision }];
}

/** Names the root that the members' configs rest on. */
export const baseOf = ({ state }: Network): string => `${state.epoch}.${state.root_version}`;
