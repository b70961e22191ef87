import { writeFileSync } from "node:fs";
import { base64url } from "../../../shared/base/base64url.ts";
import { type AnyDocument, addressed, encode, hashOf } from "../../../shared/node/config/object.ts";
import { makeRoot, signRoot } from "../../../shared/node/config/root-signing.ts";
import { formatTag } from "../../../shared/node/config/serial.ts";
import {
  context,
  draft,
  NOW,
  nodeId,
  online,
  pack,
  peerDraft,
  publicKeys,
  recordOf,
  root,
  rootA,
  rootB,
  rootEnvelope,
  serial,
  wish,
} from "../../unit/node/config/support.ts";

/**
 * Writes `vectors.json`: what an agent in another language must read and what it must refuse. Signatures are hedged, so
 * each run gives other ones; the documents and their hashes stay. Run it again only when a format changes:
 * `node test/vectors/node-config/make.ts`.
 */

const second = makeRoot(
  { ...wish, root: { publicKeys: publicKeys(rootA, rootB), threshold: 2 }, epoch: 1 },
  root,
);
const secondEnvelope = await signRoot(second, [rootA, rootB]);
const good = await pack(draft(), { serial: serial(7, 2, 1) });

const named = (document: AnyDocument) => {
  const { bytes, hash } = addressed(document);
  return { type: document.type, text: new TextDecoder().decode(bytes), hash };
};

const refused = async (name: string, code: string, made: Promise<{ update: unknown }>) => ({
  name,
  code,
  update: (await made).update,
});
const withPeer = (changed: Parameters<typeof peerDraft>[1]) => {
  const bad = draft();
  bad.peers[0] = { peer: peerDraft(2, changed), record: recordOf(nodeId(2)) };
  return bad;
};
const now = serial(7, 2, 1);

const vectors = {
  note: "Bytes are base64url, times are milliseconds. See docs/agent-protocol.md.",
  keys: [rootA, rootB, online].map(({ keyId, key }, at) => ({
    role: ["root", "root", "online"][at],
    keyId,
    publicKey: base64url(key.publicKey),
  })),
  documents: [
    named(recordOf(nodeId(2))),
    named({ ...peerDraft(2), record: hashOf(encode(recordOf(nodeId(2)))) }),
    named(draft().component),
  ],
  roots: { pin: hashOf(encode(root)), envelopes: [rootEnvelope, secondEnvelope], versions: [1, 2] },
  accepted: {
    now: NOW,
    node: context.node,
    network: context.network,
    keys: context.keys,
    update: good.update,
    tag: formatTag({ serial: now, manifest: good.manifest }),
    peers: [2, 3, 4].map(nodeId),
  },
  refused: [
    await refused("an expired head", "HEAD_EXPIRED", pack(draft(), { serial: now, expiresAt: NOW })),
    await refused("another node's leaf", "WRONG_NODE", pack(draft(), { serial: now, node: nodeId(2) })),
    await refused(
      "another network's head",
      "WRONG_NETWORK",
      pack(draft(), { serial: now, network: "net_x" }),
    ),
    await refused("an older root", "WRONG_ROOT", pack(draft(), { serial: serial(7) })),
    await refused(
      "a stranger's key",
      "ENVELOPE_UNKNOWN_KEY",
      pack(draft(), { serial: now, signers: [rootA] }),
    ),
    await refused(
      "a duplicate member",
      "NOT_STRICT_JSON",
      pack(draft(), {
        serial: now,
        rewrite: (document, bytes) =>
          document.type === "peer"
            ? new TextEncoder().encode(new TextDecoder().decode(bytes).replace("{", '{"name":"x",'))
            : bytes,
      }),
    ),
    await refused(
      "an address outside of the overlay",
      "ADDRESS_OUTSIDE_OVERLAY",
      pack(withPeer({ ipv4: "10.0.0.1" }), { serial: now }),
    ),
    await refused(
      "an exit unasked",
      "EXIT_UNASKED",
      pack(withPeer({ routes: ["0.0.0.0/0"] }), { serial: now }),
    ),
    await refused(
      "the metadata service as an endpoint",
      "ENDPOINT_INVALID",
      pack(withPeer({ endpoints: ["169.254.169.254:80"] }), { serial: now }),
    ),
  ],
};

writeFileSync(new URL("vectors.json", import.meta.url), `${JSON.stringify(vectors, null, 1)}\n`);
