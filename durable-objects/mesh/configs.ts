import { base64url } from "../../shared/base/base64url.ts";
import { planUpdate } from "../../shared/node/config/update.ts";
import type { Network } from "../../shared/node/mesh/network.ts";
import type { ConfigAnswer } from "../../shared/node/protocol/types.ts";
import { serialOf } from "./member-store.ts";
import type { MeshStore } from "./mesh-store.ts";

/**
 * The update that brings the node from its base to its newest config. Null when the node is no member, or was given no
 * config yet.
 */
export function configOf(
  store: MeshStore,
  network: Network,
  node: string,
  base: string | null,
  rootVersion: number,
): ConfigAnswer | null {
  const row = store.rows.get(node);
  const proof = row && store.rows.proofOf(row);
  if (!row?.manifest || !proof || row.status !== "approved") return null;
  const update = planUpdate({
    node,
    base,
    proof,
    target: row.manifest,
    roots: network.rootsAfter(rootVersion),
    read: (hash) => store.objects.read(hash),
  });
  if (!update.ok) throw new Error(`the object ${update.error.hash} is missing`);
  const pollSeconds = network.state.poll_seconds;
  return { serial: serialOf(row), manifest: row.manifest, pollSeconds, ...update.value };
}

/** The bytes (base64url) of an object that the node's newest manifest leads to. Null for every other object. */
export function objectOfNode(store: MeshStore, node: string, hash: string): string | null {
  const row = store.rows.get(node);
  if (!row?.manifest || row.status !== "approved" || !store.objects.leadsTo(row.manifest, hash)) return null;
  const bytes = store.objects.read(hash);
  return bytes ? base64url(bytes) : null;
}
