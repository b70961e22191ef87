import type { ManifestDocument, PeerDocument } from "../../../shared/node/config/types.ts";

/** Documents that are complete but for what a test is about. */

const HASH = "A".repeat(43);

export const manifestOf = (more: Partial<ManifestDocument>): ManifestDocument => ({
  type: "manifest",
  network: "net_1",
  node: "nod_1",
  name: "us",
  domain: "corp.internal",
  segment: { id: "seg_1", name: "one" },
  ipv4: "100.64.0.1",
  ipv6: "fd00::1",
  mtu: 1_420,
  record: HASH,
  component: HASH,
  peers: [],
  forwards: [],
  leaseSeconds: 86_400,
  ...more,
});

export const peerOf = (more: Partial<PeerDocument>): PeerDocument => ({
  type: "peer",
  network: "net_1",
  node: "nod_2",
  name: "peer",
  record: HASH,
  ipv4: "100.64.0.2",
  ipv6: "fd00::2",
  routes: [],
  endpoints: [],
  inbound: [],
  outbound: [],
  ...more,
});
