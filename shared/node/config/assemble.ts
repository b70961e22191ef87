import { err, ok, type Result } from "../../base/result.ts";
import { type Addressed, type Documents, decode, decodeBounded, hashOf } from "./object.ts";
import { type ConfigRefusal, refused } from "./refusals.ts";
import {
  type ComponentDocument,
  type LegDocument,
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

export interface KnownLeg {
  readonly leg: LegDocument;
  /** The records of its ends, in their order. */
  readonly records: readonly [RecordDocument, RecordDocument];
}

export interface Assembled {
  readonly manifest: ManifestDocument;
  readonly component: ComponentDocument;
  /** The node's own record. */
  readonly record: RecordDocument;
  readonly peers: readonly KnownPeer[];
  /** What the node carries as a relay. */
  readonly legs: readonly KnownLeg[];
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
  const { peers: peerHashes, component: componentHash, record: recordHash, relay } = manifest.value.document;
  const legHashes = relay?.legs ?? [];
  const fault = listFault("peers", peerHashes) ?? listFault("legs", legHashes);
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
  const legs: KnownLeg[] = [];
  for (const hash of legHashes) {
    const leg = take("leg", hash);
    if (!leg.ok) return leg;
    const [endA, endB] = leg.value.document.ends;
    const a = take("record", endA.record);
    if (!a.ok) return a;
    const b = take("record", endB.record);
    if (!b.ok) return b;
    legs.push({ leg: leg.value.document, records: [a.value.document, b.value.document] });
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
    legs,
    objects: used,
  });
}

/**
 * The manifest, the component, the own record, for each peer its document and its record, and for each leg its document and
 * two records.
 */
const MAX_OBJECTS = 3 + 2 * LIMITS.peers + 3 * LIMITS.legs;

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

function listFault(of: "peers" | "legs", hashes: readonly ObjectHash[]): ConfigRefusal | null {
  if (of === "peers" && hashes.length > LIMITS.peers) {
    const many = refused(
      "TOO_MANY_PEERS",
      "manifest",
      `It names ${hashes.length}, and ${LIMITS.peers} are taken.`,
    );
    return many.error;
  }
  const ascends = hashes.every((hash, at) => at === 0 || (hashes[at - 1] ?? "") < hash);
  return ascends ? null : refused("ORDER_WRONG", "manifest", `Its ${of} are not in ascending order.`).error;
}
