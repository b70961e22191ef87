import { base64url } from "../../base/base64url.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { branchesOf, recordsOf } from "./manifest-tree.ts";
import type {
  ConfigUpdate,
  LegDocument,
  ManifestDocument,
  NodeObject,
  ObjectHash,
  PeerDocument,
  SignedLeaf,
} from "./types.ts";

/** Gives the hub's objects by their hashes. They are the hub's own objects, so they are not checked again. */
export type ReadObject = (hash: ObjectHash) => Uint8Array | undefined;

export interface UpdateInput {
  /** The node that these manifests must belong to. The manifest of another node can't be a base. */
  readonly node: string;
  /** The manifest that the node says it has applied, or null. */
  readonly base: ObjectHash | null;
  readonly proof: SignedLeaf;
  /** The manifest that the proof covers. */
  readonly target: ObjectHash;
  /** The envelopes of the roots that are newer than the node's root, oldest first. */
  readonly roots: readonly string[];
  readonly read: ReadObject;
}

export interface MissingObject {
  readonly code: "OBJECT_MISSING";
  readonly hash: ObjectHash;
}

/**
 * Brings a node from its base to the target: it sends the objects that the base did not lead to. An unknown base makes
 * the answer larger, but never gives a wrong state.
 */
export function planUpdate(input: UpdateInput): Result<ConfigUpdate, MissingObject> {
  const { node, base, target, read } = input;
  const known = base === null ? NOTHING : reachOfBase(base, node, read);
  const wanted = reach(target, read);
  if (!wanted.ok) return wanted;
  const objects: string[] = [];
  for (const hash of wanted.value) {
    if (known.has(hash)) continue;
    const bytes = read(hash);
    if (bytes === undefined) return err({ code: "OBJECT_MISSING", hash });
    objects.push(base64url(bytes));
  }
  return ok({
    ...(input.roots.length > 0 ? { roots: input.roots } : {}),
    proof: input.proof,
    ...(objects.length > 0 ? { objects } : {}),
  });
}

const NOTHING: ReadonlySet<ObjectHash> = new Set();

function reachOfBase(base: ObjectHash, node: string, read: ReadObject): ReadonlySet<ObjectHash> {
  const document = readDocument(base, read);
  if (document?.type !== "manifest" || document.node !== node) return NOTHING;
  const reached = reach(base, read);
  return reached.ok ? reached.value : NOTHING;
}

/** The hashes that a manifest leads to, beginning with its own hash. */
function reach(manifest: ObjectHash, read: ReadObject): Result<ReadonlySet<ObjectHash>, MissingObject> {
  const root = readDocument(manifest, read) as ManifestDocument | undefined;
  if (!root) return err({ code: "OBJECT_MISSING", hash: manifest });
  const reached = new Set([manifest, root.component, root.record]);
  for (const hash of branchesOf(root)) {
    const branch = readDocument(hash, read) as PeerDocument | LegDocument | undefined;
    if (!branch) return err({ code: "OBJECT_MISSING", hash });
    reached.add(hash);
    for (const record of recordsOf(branch)) reached.add(record);
  }
  return ok(reached);
}

function readDocument(hash: ObjectHash, read: ReadObject): NodeObject | undefined {
  const bytes = read(hash);
  return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as NodeObject);
}
