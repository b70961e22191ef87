import type { KeyRow } from "../../registry/node-rows.ts";
import { type BuildFault, type BuiltNode, buildComponent, buildNode, buildRecord } from "../config/build.ts";
import type { Addressed, AnyDocument } from "../config/object.ts";
import type { RecordDocument } from "../config/types.ts";
import type { Network } from "./network.ts";
import type { MeshView } from "./view.ts";

/** The objects that nodes should apply, as far as the data in memory gives them. */
export interface Built {
  readonly nodes: readonly BuiltNode[];
  readonly faults: readonly BuildFault[];
  /** Key records that are not stored yet, as node by hash. They are the only objects whose content is not in memory. */
  readonly missing: ReadonlyMap<string, string>;
}

export function buildAll(view: MeshView, network: Network, segment: string, nodes: readonly string[]): Built {
  const capabilityOf = (node: string) => view.member(node)?.capability ?? 0;
  const source = network.source(view.rulesRevision, capabilityOf);
  const components = buildComponent(source, segment);
  const built: BuiltNode[] = [];
  const faults: BuildFault[] = [];
  for (const node of nodes) {
    const result = buildNode(source, node, components);
    if (result.ok) built.push(result.value);
    else faults.push({ ...result.error, node });
  }
  const needed = new Map<string, string>();
  for (const { manifest, peers, legs } of built) {
    for (const { document } of [manifest, ...peers]) needed.set(document.record, document.node);
    for (const { record, node } of legs.flatMap(({ document }) => document.ends)) needed.set(record, node);
  }
  const missing = new Map([...needed].filter(([hash]) => !view.hasObject(hash)));
  return { nodes: built, faults, missing };
}

/**
 * Makes the missing records from the nodes' keys.
 * @throws when a key is missing. The registry changed while it was read, so the caller must try again with the new
 *   state.
 */
export function recordsOf(
  network: Network,
  { missing }: Pick<Built, "missing">,
  keys: readonly KeyRow[],
): Addressed<RecordDocument>[] {
  const records = keys.map((row) =>
    buildRecord(network.state.network_id, row.id, {
      wireguard: row.wireguard_key,
      kem: row.kem_key,
      signing: row.signing_hash,
    }),
  );
  const found = new Set(records.map(({ hash }) => hash));
  const lost = [...missing].find(([hash]) => !found.has(hash));
  if (lost) throw new Error(`the record of ${lost[1]} is not the one that is announced`);
  return records;
}

/** All objects that the manifests of the built nodes lead to, except the records. */
export function objectsOf({ nodes }: Built): Addressed<AnyDocument>[] {
  const all = new Map<string, Addressed<AnyDocument>>();
  for (const { manifest, component, peers, legs } of nodes) {
    all.set(component.hash, component);
    all.set(manifest.hash, manifest);
    for (const branch of [...peers, ...legs]) all.set(branch.hash, branch);
  }
  return [...all.values()];
}
