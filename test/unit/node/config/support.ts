import { createHash, webcrypto } from "node:crypto";
import { base64url } from "../../../../shared/base/base64url.ts";
import type { EnvelopeSigner } from "../../../../shared/crypto/dsse.ts";
import { createCryptoProvider } from "../../../../shared/crypto/provider.ts";
import type { AcceptContext, ConfigState } from "../../../../shared/node/config/accept.ts";
import { type AnyDocument, encode, hashOf } from "../../../../shared/node/config/object.ts";
import {
  makeRoot,
  type RootWish,
  signerFromSeed,
  signRoot,
} from "../../../../shared/node/config/root-signing.ts";
import { signTick } from "../../../../shared/node/config/tick.ts";
import type {
  ComponentDocument,
  ConfigUpdate,
  LegDocument,
  ManifestDocument,
  PeerDocument,
  RecordDocument,
  RootDocument,
  Serial,
} from "../../../../shared/node/config/types.ts";

/** A network of which every part can be made wrong before it is signed by the true keys. */

export const NOW = Date.UTC(2026, 10, 24, 12);
export const HOUR = 3_600_000;
export const NETWORK = "net_00000000000000000000000001";
export const SEGMENT = "seg_00000000000000000000000001";
export const RULE = "rul_00000000000000000000000001";
export const nodeId = (n: number): string => `nod_${String(n).padStart(26, "0")}`;
export const OWN = nodeId(1);

export const crypto = await createCryptoProvider({
  subtle: webcrypto.subtle,
  random: (length) => webcrypto.getRandomValues(new Uint8Array(length)),
});

/** Bytes that are the same in each run. */
export function seeded(label: string, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 32) {
    const block = createHash("sha256").update(`${label}/${at}`).digest();
    bytes.set(block.subarray(0, Math.min(32, length - at)), at);
  }
  return bytes;
}

export const signer = (label: string): Promise<EnvelopeSigner> => signerFromSeed(crypto, seeded(label, 64));
export const rootA = await signer("root A");
export const rootB = await signer("root B");
export const online = await signer("online");

export const publicKeys = (...signers: readonly EnvelopeSigner[]) => signers.map(({ key }) => key.publicKey);

export const wish: RootWish = {
  network: NETWORK,
  root: { publicKeys: publicKeys(rootA), threshold: 1 },
  online: { publicKeys: publicKeys(online), threshold: 1 },
  hubKem: seeded("hub kem", 1_216),
  overlay: { ipv4: "100.64.0.0/10", ipv6: "fd12:3456:789a::/48" },
  issuedAt: NOW - HOUR,
  expiresAt: NOW + 1_000 * HOUR,
  epoch: 0,
};
export const root: RootDocument = makeRoot(wish, null);
export const rootEnvelope = await signRoot(root, [rootA]);

/** A WireGuard key that is canonical and of full order: the top bit is clear and the value is no small multiple. */
function wireguardKey(label: string): string {
  const key = seeded(label, 32);
  key[31] = (key[31] ?? 0) & 0x3f;
  return base64url(key);
}

export const recordOf = (node: string, label = node): RecordDocument => ({
  type: "record",
  network: NETWORK,
  node,
  wireguard: wireguardKey(`wg ${label}`),
  kem: base64url(seeded(`kem ${label}`, 1_216)),
  signing: base64url(seeded(`signing ${label}`, 32)),
});

export type PeerDraft = Omit<PeerDocument, "record">;

export function peerDraft(n: number, changed: Partial<PeerDraft> = {}): PeerDraft {
  return {
    type: "peer",
    network: NETWORK,
    node: nodeId(n),
    name: `node-${n}`,
    ipv4: `100.64.${n >> 8}.${n & 255}`,
    ipv6: `fd12:3456:789a::${(n + 16).toString(16)}`,
    routes: [],
    endpoints: [`192.0.2.${n & 127}:51820`],
    inbound: [{ rule: RULE }],
    outbound: [{ rule: RULE }],
    ...changed,
  };
}

/** A leg of two nodes at this one, without the hashes of their records. */
export function legDraft(a: number, b: number, port: number): LegDraft {
  const endOf = (n: number) => ({ node: nodeId(n), endpoints: [`192.0.2.${n & 127}:51820`] });
  return {
    leg: {
      type: "leg",
      network: NETWORK,
      node: OWN,
      id: `leg_${a}_${b}`,
      port,
      probeKey: base64url(seeded(`probe ${a} ${b}`, 32)),
    },
    ends: [endOf(a), endOf(b)],
    records: [recordOf(nodeId(a)), recordOf(nodeId(b))],
  };
}

type EndDraft = Omit<LegDocument["ends"][0], "record">;

export interface LegDraft {
  leg: Omit<LegDocument, "ends">;
  ends: [EndDraft, EndDraft];
  records: [RecordDocument, RecordDocument];
}

export interface Draft {
  manifest: Omit<ManifestDocument, "record" | "component" | "peers" | "relay">;
  /** What the node carries as a relay, if anything. */
  legs?: LegDraft[];
  component: ComponentDocument;
  record: RecordDocument;
  peers: { peer: PeerDraft; record: RecordDocument }[];
}

/** What the hub would rightly say to node 1, whose peers are 2, 3, 4. */
export function draft(peers: readonly number[] = [2, 3, 4]): Draft {
  return {
    manifest: {
      type: "manifest",
      network: NETWORK,
      node: OWN,
      name: "node-1",
      domain: "corp.internal",
      segment: { id: SEGMENT, name: "servers" },
      ipv4: "100.64.0.1",
      ipv6: "fd12:3456:789a::11",
      mtu: 1_280,
      forwards: [],
      leaseSeconds: 86_400,
    },
    component: {
      type: "component",
      network: NETWORK,
      segment: SEGMENT,
      revision: 7,
      rules: [{ id: RULE, name: "Web", traffic: [{ protocol: "tcp", ports: [[443, 443]] }] }],
    },
    record: recordOf(OWN),
    peers: peers.map((n) => ({ peer: peerDraft(n), record: recordOf(nodeId(n)) })),
  };
}

export interface PackOptions {
  serial?: Serial;
  issuedAt?: number;
  expiresAt?: number;
  network?: string;
  segment?: string;
  /** Whom the leaf names. */
  node?: string;
  signers?: readonly EnvelopeSigner[];
  /** Changes the bytes of an object before it is hashed: its name is then that of the changed bytes. */
  rewrite?: (document: AnyDocument, bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;
}

export interface Packed {
  readonly update: ConfigUpdate & Required<Pick<ConfigUpdate, "proof" | "objects">>;
  readonly manifest: string;
}

export const serial = (counter: number, rootVersion = 1, epoch = 0): Serial => ({
  epoch,
  rootVersion,
  counter,
});

/** The full answer of the hub, truly signed, whatever the draft says. */
export async function pack(from: Draft, options: PackOptions = {}): Promise<Packed> {
  const objects = new Map<string, Uint8Array>();
  const add = (document: AnyDocument): string => {
    const bytes = options.rewrite?.(document, encode(document)) ?? encode(document);
    const hash = hashOf(bytes);
    objects.set(hash, bytes);
    return hash;
  };
  const peers = from.peers.map(({ peer, record }) => add({ ...peer, record: add(record) }));
  const legs = from.legs?.map(({ leg, ends: [a, b], records: [ofA, ofB] }) =>
    add({
      ...leg,
      ends: [
        { ...a, record: add(ofA) },
        { ...b, record: add(ofB) },
      ],
    }),
  );
  const manifest = add({
    ...from.manifest,
    ...(legs && { relay: { bytesPerSecond: 1_000_000, legs: [...new Set(legs)].sort() } }),
    record: add(from.record),
    component: add(from.component),
    peers: [...new Set(peers)].sort(),
  });
  const node = options.node ?? OWN;
  const tick = await signTick(
    {
      network: options.network ?? NETWORK,
      segment: options.segment ?? from.manifest.segment.id,
      serial: options.serial ?? serial(1),
      issuedAt: options.issuedAt ?? NOW,
      expiresAt: options.expiresAt ?? NOW + 24 * HOUR,
      changes: [
        { node, manifest },
        // Others changed in the same tick, so that there is a path to check.
        ...[8, 9, 10, 11].map((n) => ({ node: nodeId(n), manifest: hashOf(seeded(`other ${n}`, 8)) })),
      ],
    },
    options.signers ?? [online],
  );
  const proof = tick.proofs.get(node);
  if (!proof) throw new Error("the tick lost its node");
  return { update: { proof, objects: [...objects.values()].map(base64url) }, manifest };
}

export const state: ConfigState = { root, applied: null };

export const context: AcceptContext = {
  node: OWN,
  network: NETWORK,
  keys: [recordOf(OWN)],
  exitNode: null,
  now: NOW,
};
