import { err, ok, type Result } from "../../base/result.ts";
import { type Addressed, type Documents, decode, decodeBounded, hashOf } from "./object.ts";
import { type ConfigRefusal, refused } from "./refusals.ts";
import {
  type ComponentDocument,
  LIMITS,
  type ManifestDocument,
  type NodeObject,
  type ObjectHash,
  type PeerDocument,
  type RecordDocument,
} from "./types.ts";

/** Collects everything that a manifest names, from received objects and from objects that the node holds already. */

export interface KnownPeer {
  readonly peer: PeerDocument;
  readonly record: RecordDocument;
}

export interface Assembled {
  readonly manifest: ManifestDocument;
  readonly component: ComponentDocument;
  /** The node's own record. */
  readonly record: RecordDocument;
  readonly peers: readonly KnownPeer[];
  /** Exactly the objects that the manifest leads to. */
  readonly objects: HeldObjects;
}

export type HeldObjects = ReadonlyMap<ObjectHash, Addressed<NodeObject>>;

/**
 * Puts a config together. The result depends on the manifest alone: an object has one content, whoever sent it. So a
 * difference and a full answer end in the same state.
 * @param received Objects, base64url.
 * @param held The objects of the config in force.
 */
export function assemble(
  manifestHash: ObjectHash,
  received: readonly string[],
  held: HeldObjects,
): Result<Assembled, ConfigRefusal> {
  const came = decodeAll(received);
  if (!came.ok) return came;
  const used = new Map<ObjectHash, Addressed<NodeObject>>();

  function take<T extends NodeObject["type"]>(type: T, hash: ObjectHash) {
    const known = used.get(hash) ?? held.get(hash);
    const found = known ? typed(known, type, hash) : read(type, hash);
    if (found.ok) used.set(hash, found.value);
    return found;
  }

  function read<T extends NodeObject["type"]>(type: T, hash: ObjectHash) {
    const bytes = came.ok ? came.value.get(hash) : undefined;
    if (!bytes) return refused("OBJECT_MISSING", `${type} ${hash}`, "It was neither sent nor held.");
    const max = type === "record" ? LIMITS.recordBytes : LIMITS.objectBytes;
    const document = decode(type, bytes, `${type} ${hash}`, max);
    return document.ok ? ok({ hash, bytes, document: document.value }) : document;
  }

  const manifest = take("manifest", manifestHash);
  if (!manifest.ok) return manifest;
  const { peers: peerHashes, component: componentHash, record: recordHash } = manifest.value.document;
  const fault = listFault(peerHashes);
  if (fault) return err(fault);
  const component = take("component", componentHash);
  if (!component.ok) return component;
  const record = take("record", recordHash);
  if (!record.ok) return record;
  const peers: KnownPeer[] = [];
  for (const hash of peerHashes) {
    const peer = take("peer", hash);
    if (!peer.ok) return peer;
    const peerRecord = take("record", peer.value.document.record);
    if (!peerRecord.ok) return peerRecord;
    peers.push({ peer: peer.value.document, record: peerRecord.value.document });
  }
  for (const hash of came.value.keys()) {
    if (!used.has(hash))
      return refused("OBJECT_UNEXPECTED", `object ${hash}`, "The manifest does not lead to it.");
  }
  return ok({
    manifest: manifest.value.document,
    component: component.value.document,
    record: record.value.document,
    peers,
    objects: used,
  });
}

/** The manifest, the component, the own record, and for each peer its document and its record. */
const MAX_OBJECTS = 3 + 2 * LIMITS.peers;

function decodeAll(
  received: readonly string[],
): Result<ReadonlyMap<ObjectHash, Uint8Array<ArrayBuffer>>, ConfigRefusal> {
  if (received.length > MAX_OBJECTS) {
    return refused("TOO_MANY_OBJECTS", "objects", `${received.length} came, and ${MAX_OBJECTS} are taken.`);
  }
  const came = new Map<ObjectHash, Uint8Array<ArrayBuffer>>();
  for (const [at, text] of received.entries()) {
    if (text.length > Math.ceil((LIMITS.objectBytes * 4) / 3)) {
      return refused("OBJECT_TOO_LARGE", `object ${at}`, `It has more than ${LIMITS.objectBytes} bytes.`);
    }
    const bytes = decodeBounded(text, LIMITS.objectBytes);
    if (!bytes) return refused("UPDATE_MALFORMED", `object ${at}`, "It is not base64url.");
    const hash = hashOf(bytes);
    if (came.has(hash)) return refused("OBJECT_UNEXPECTED", `object ${hash}`, "It came twice.");
    came.set(hash, bytes);
  }
  return ok(came);
}

function typed<T extends NodeObject["type"]>(
  object: Addressed<NodeObject>,
  type: T,
  hash: ObjectHash,
): Result<Addressed<Documents[T]>, ConfigRefusal> {
  return object.document.type === type
    ? ok(object as Addressed<Documents[T]>)
    : refused("OBJECT_WRONG_TYPE", `${type} ${hash}`, `It is a ${object.document.type}.`);
}

function listFault(peers: readonly ObjectHash[]): ConfigRefusal | null {
  if (peers.length > LIMITS.peers) {
    const many = refused(
      "TOO_MANY_PEERS",
      "manifest",
      `It names ${peers.length}, and ${LIMITS.peers} are taken.`,
    );
    return many.error;
  }
  const ascends = peers.every((hash, at) => at === 0 || (peers[at - 1] ?? "") < hash);
  return ascends ? null : refused("ORDER_WRONG", "manifest", "Its peers are not in ascending order.").error;
}
