import type { DeviceCheck } from "./device-check.ts";

/**
 * The objects that a node applies (`docs/decisions/0007`). Each object travels as the UTF-8 bytes of a JSON text, and
 * the hash of these bytes names it. Times are milliseconds since the Unix epoch, all numbers are integers, and bytes
 * are base64url.
 */

/** Base64url of the SHA-256 of an object's bytes: 43 characters. */
export type ObjectHash = string;

/** Orders the configs of the hub. Serials are compared by epoch, then root version, then counter. */
export interface Serial {
  /** Only the root role raises the epoch, after a restore from a backup. */
  readonly epoch: number;
  readonly rootVersion: number;
  readonly counter: number;
}

export const COMPOSITE_SCHEME = "id-MLDSA65-Ed25519-SHA512";
export const KEM_SCHEME = "X-Wing";

export interface RoleKeys {
  /** Key ids of `keys` of the same document. */
  readonly keyIds: readonly string[];
  /** At least 1, and at most the number of keys. */
  readonly threshold: number;
}

/**
 * A root is signed by enough keys of its own root role. From version 2 on, enough keys of the former root role sign it,
 * too.
 */
export interface RootDocument {
  readonly type: "root";
  /** `net_…`, unique to the network forever. */
  readonly network: string;
  /** Counts from 1 without a gap. */
  readonly version: number;
  readonly epoch: number;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** The keys by their ids. A key id is base64url of the first 16 bytes of the SHA-256 of the public key. */
  readonly keys: Readonly<
    Record<string, { readonly scheme: typeof COMPOSITE_SCHEME; readonly publicKey: string }>
  >;
  readonly roles: { readonly root: RoleKeys; readonly online: RoleKeys };
  /** The key that agents encapsulate to when they enrol and shake hands. */
  readonly hubKem: { readonly scheme: typeof KEM_SCHEME; readonly publicKey: string };
  /** Prefixes, such as `100.64.0.0/10` and the network's own `fd…/48`. */
  readonly overlay: { readonly ipv4: string; readonly ipv6: string };
}

/** A head is signed by the online role. It covers the leaves of one tick of one segment. */
export interface HeadDocument {
  readonly type: "head";
  readonly network: string;
  readonly segment: string;
  readonly serial: Serial;
  readonly treeSize: number;
  /** The root of the RFC 6962 tree over the bytes of the leaves. */
  readonly treeRoot: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface LeafDocument {
  readonly type: "leaf";
  readonly network: string;
  readonly node: string;
  /** The serial of the tick in which this leaf was made. It equals the serial of the head. */
  readonly serial: Serial;
  readonly manifest: ObjectHash;
}

export interface ManifestDocument {
  readonly type: "manifest";
  readonly network: string;
  readonly node: string;
  /** A DNS label, unique in the network. */
  readonly name: string;
  /** The domain, such as `corp.internal`. `<name>.<domain>` resolves to the overlay addresses on every peer. */
  readonly domain: string;
  readonly segment: { readonly id: string; readonly name: string };
  /** Overlay addresses, without a prefix length. */
  readonly ipv4: string;
  readonly ipv6: string;
  readonly mtu: number;
  /** The node's own key record, which the peers use. A new record here tells the node to switch its WireGuard key. */
  readonly record: ObjectHash;
  readonly component: ObjectHash;
  /** The peer documents in ascending order. `[]` means that the node is isolated. */
  readonly peers: readonly ObjectHash[];
  /** The prefixes that this node may forward to. Empty unless the node is an approved subnet router or exit node. */
  readonly forwards: readonly string[];
  /** How long the node may keep its peers without a fresh answer of the hub. */
  readonly leaseSeconds: number;
  /** What a node that proves itself to browsers looks for. Absent = nothing. Agents know it from capability 3 on. */
  readonly checks?: readonly DeviceCheck[];
  /** What the node carries as a relay. Absent = nothing. Since capability 6. */
  readonly relay?: RelayDuty;
  /** Whether the node and its peers may probe each other (`shared/paths/probe.ts`). Absent = no. Since capability 6. */
  readonly probes?: true;
}

export interface RelayDuty {
  /** What each leg may carry. */
  readonly bytesPerSecond: number;
  /** The leg documents in ascending order, at least one. They hold for as long as the lease of the config. */
  readonly legs: readonly ObjectHash[];
}

/** What a relay carries of one pair. */
export interface LegDocument {
  readonly type: "leg";
  readonly network: string;
  /** The relay. */
  readonly node: string;
  readonly id: string;
  /** The UDP port of the pair at the relay. */
  readonly port: number;
  /** 32 bytes. The ends know it, too: see `RelayedPath`. */
  readonly probeKey: string;
  readonly ends: readonly [LegEndDocument, LegEndDocument];
}

export interface LegEndDocument {
  readonly node: string;
  readonly record: ObjectHash;
  /** Where the node may be, as in its peers' documents. */
  readonly endpoints: readonly string[];
}

/**
 * A grant applies one rule to one peer: it lets the traffic of the rule through, or under `denied` forbids it. It names
 * the rule by the id that the component explains.
 */
export interface Grant {
  readonly rule: string;
  /** Source prefixes; absent = the sender's own overlay addresses. */
  readonly from?: readonly string[];
  /** Destination prefixes; absent = the receiver's own overlay addresses. */
  readonly to?: readonly string[];
}

export interface PeerDocument {
  readonly type: "peer";
  readonly network: string;
  readonly node: string;
  readonly name: string;
  readonly record: ObjectHash;
  readonly ipv4: string;
  readonly ipv6: string;
  /** The prefixes reached through this peer. They do not overlap with those of another peer of the same manifest. */
  readonly routes: readonly string[];
  /** `address:port` or `[address]:port`, best first. Empty when only the peer can open the path. */
  readonly endpoints: readonly string[];
  /** The traffic that may come in from the peer, and go out to it. Answers to permitted traffic always pass. */
  readonly inbound: readonly Grant[];
  readonly outbound: readonly Grant[];
  /** The exceptions to `inbound` and `outbound`: what deny rules forbid. Absent when there are none. Since capability 4. */
  readonly denied?: Directions;
  /** The relays that carry this pair, best first. Absent when there are none. Since capability 6. */
  readonly relays?: readonly RelayedPath[];
}

/** A way to a peer by a third node, which forwards the pair's datagrams and can read none of them. */
export interface RelayedPath {
  /** The id and the name of the relay. */
  readonly node: string;
  readonly name: string;
  /** The leg's id. It is the user name of probes, and `probeKey` (32 bytes) is their key: see `shared/relay/stun.ts`. */
  readonly leg: string;
  readonly probeKey: string;
  /** Where the relay listens for this pair, best first, written as the peer's own. At least one. */
  readonly endpoints: readonly string[];
}

export interface Directions {
  readonly inbound: readonly Grant[];
  readonly outbound: readonly Grant[];
}

export interface RecordDocument {
  readonly type: "record";
  readonly network: string;
  readonly node: string;
  /** X25519, 32 bytes. */
  readonly wireguard: string;
  /** X-Wing, 1216 bytes. */
  readonly kem: string;
  /** Base64url of the SHA-256 of the composite public key. */
  readonly signing: string;
}

export interface ComponentDocument {
  readonly type: "component";
  readonly network: string;
  readonly segment: string;
  /** The revision of the rules. */
  readonly revision: number;
  readonly rules: readonly ComponentRule[];
}

export interface ComponentRule extends RuleTerms {
  readonly id: string;
  readonly name: string;
}

/** What a rule says beside whom it names. Each member but the traffic came later and is absent where it says nothing. */
export interface RuleTerms {
  /** At least one. */
  readonly traffic: readonly Traffic[];
  /** Absent: the rule allows. Since capability 4. */
  readonly effect?: "deny";
  /** When the rule begins and when it ends. Absent: at any time. Since capability 4, as what follows. */
  readonly notBefore?: number;
  readonly notAfter?: number;
  /** Absent: at any time of the week. */
  readonly weekly?: WeeklyWindows;
  /** Whether the node's kernel logs the connections that the rule decides. */
  readonly log?: true;
}

export interface WeeklyWindows {
  /** A name of the IANA time zone database. The edges of the windows are read off the clock of this zone. */
  readonly timeZone: string;
  readonly windows: readonly {
    /** From 1 (Monday) to 7. */
    readonly days: readonly number[];
    /** Minutes since midnight. A window that ends before it begins ends on the next day. */
    readonly from: number;
    readonly to: number;
  }[];
}

export interface Traffic {
  /**
   * `any` is every protocol; `icmp` is ICMP on IPv4 and ICMPv6 on IPv6; `other` is what has no name here. `other` since
   * capability 6.
   */
  readonly protocol: "any" | "tcp" | "udp" | "icmp" | "other";
  /** Absent: both families. Since capability 4. */
  readonly family?: 4 | 6;
  /**
   * Inclusive ranges, for tcp and udp. `[]` = all ports. Of icmp, since capability 6: the requests (`icmp.ts`), each as
   * a range of one. `[]` = all.
   */
  readonly ports: readonly (readonly [from: number, to: number])[];
}

export type NodeObject = ManifestDocument | ComponentDocument | PeerDocument | RecordDocument | LegDocument;

/** The proof of a manifest for its node, as it travels. */
export interface SignedLeaf {
  /** DSSE envelope (JSON text) around the head's bytes. */
  readonly head: string;
  /** The leaf's bytes, base64url. */
  readonly leaf: string;
  readonly index: number;
  /** Sibling hashes from the leaf up, base64url. */
  readonly path: readonly string[];
}

/** The answer to a poll. A missing field is unchanged, `null` clears a field, and an empty list is empty. */
export interface ConfigUpdate {
  /** The root envelopes that are newer than the node's root, oldest first. */
  readonly roots?: readonly string[];
  readonly proof?: SignedLeaf;
  /**
   * The bytes (base64url) of the objects that the node's applied manifest did not lead to. Only their hashes name them.
   */
  readonly objects?: readonly string[];
}

/** The sizes that bound what an agent parses. */
export const LIMITS = {
  rootBytes: 64 * 1024,
  roots: 64,
  headBytes: 16 * 1024,
  leafBytes: 1024,
  objectBytes: 512 * 1024,
  recordBytes: 4 * 1024,
  peers: 4_096,
  endpointsPerPeer: 8,
  routesPerPeer: 64,
  grantsPerPeer: 64,
  rules: 1_024,
  relaysPerPeer: 4,
  legs: 4_096,
  updateBytes: 16 * 1024 * 1024,
} as const;
