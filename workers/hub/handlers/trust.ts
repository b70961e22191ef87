import { base64url } from "../../../shared/base/base64url.ts";
import { utf8 } from "../../../shared/crypto/bytes.ts";
import { parseEnvelope } from "../../../shared/crypto/dsse-parse.ts";
import { hashOf } from "../../../shared/node/config/object.ts";
import { verifyRootChain } from "../../../shared/node/config/root.ts";
import {
  COMPOSITE_SCHEME,
  KEM_SCHEME,
  LIMITS,
  type RootDocument,
} from "../../../shared/node/config/types.ts";
import { addRoot } from "../../../shared/registry/mesh-statements.ts";
import { type MeshKeys, meshKeys } from "../../mesh/keys.ts";
import { allRoots, type StoredRoot } from "../../mesh/roots.ts";
import { type MeshState, meshState } from "../../mesh/state.ts";
import { throwRefusal } from "../../platform/refused.ts";
import type { Handlers } from "../call.ts";

const view = (state: MeshState, roots: readonly StoredRoot[]) => {
  const newest = roots.at(-1);
  return {
    network: state.networkId,
    rootVersion: newest?.version ?? 0,
    epoch: newest?.epoch ?? 0,
    roots: roots.map(({ envelope }) => envelope),
    payloadHash: newest?.payloadHash ?? null,
  };
};

const invalid = (detail: string): never =>
  throwRefusal("root_invalid", detail, { issues: [{ path: "/envelope", message: detail }] });

/** The hash of the envelope's payload, independent of the signatures. */
function payloadHashOf(envelope: string): string {
  const parsed = parseEnvelope(utf8(envelope), { maxPayload: LIMITS.rootBytes, maxSignatures: 16 });
  return parsed.ok ? hashOf(parsed.value.payload) : invalid("It is no DSSE envelope in its only encoding.");
}

/** The document, if the chain of earlier documents confirms it. Only the first document confirms itself. */
async function verified(
  { crypto }: MeshKeys,
  chain: readonly StoredRoot[],
  envelope: string,
  now: number,
): Promise<RootDocument> {
  const pin = { hash: chain[0]?.payloadHash ?? payloadHashOf(envelope) };
  const envelopes = [...chain.map((root) => root.envelope), envelope];
  const roots = await verifyRootChain(crypto, envelopes, pin, now);
  if (!roots.ok) return invalid(`${roots.error.where}: ${roots.error.detail} ${roots.error.remedy}`);
  const root = roots.value.at(-1);
  if (!root || roots.value.length !== chain.length + 1) {
    return invalid(`Its version must be ${(chain.at(-1)?.version ?? 0) + 1}.`);
  }
  return root;
}

/** A root document that doesn't name this hub correctly would lock out every agent. */
function refuseForeign(root: RootDocument, first: boolean, state: MeshState, keys: MeshKeys): void {
  if (root.network !== state.networkId)
    invalid(`It is of the network ${root.network}, not ${state.networkId}.`);
  if (first && root.version !== 1) invalid("The first root must have version 1.");
  const { ipv4, ipv6 } = state.overlay;
  if (root.overlay.ipv4 !== ipv4 || root.overlay.ipv6 !== ipv6) {
    invalid(`Its overlay must be ${ipv4} and ${ipv6}.`);
  }
  const { online } = root.roles;
  if (!online.keyIds.includes(keys.online.keyId) || online.threshold !== 1) {
    invalid(`The online role must name this hub's key ${keys.online.keyId} with the threshold 1.`);
  }
  if (root.hubKem.publicKey !== base64url(keys.kem.publicKey)) invalid("It must name this hub's KEM key.");
}

export const TRUST_HANDLERS: Handlers<"trust.get" | "trust.onlineKeys" | "trust.addRoot"> = {
  "trust.get": async ({ bindings }) => ({
    body: view(await meshState(bindings.db), await allRoots(bindings.db)),
  }),

  "trust.onlineKeys": async ({ bindings }) => {
    const [state, keys] = [await meshState(bindings.db), await meshKeys(bindings)];
    return {
      body: {
        network: state.networkId,
        overlay: state.overlay,
        online: {
          scheme: COMPOSITE_SCHEME,
          keyId: keys.online.keyId,
          publicKey: base64url(keys.online.key.publicKey),
        },
        hubKem: { scheme: KEM_SCHEME, publicKey: base64url(keys.kem.publicKey) },
        rootVersion: state.rootVersion,
        epoch: state.epoch,
      },
    };
  },

  "trust.addRoot": async ({ bindings, body, now }) => {
    const { db } = bindings;
    const [state, keys, chain] = [await meshState(db), await meshKeys(bindings), await allRoots(db)];
    if (chain.length >= LIMITS.roots) invalid(`A network has at most ${LIMITS.roots} roots.`);
    const root = await verified(keys, chain, body.envelope, now);
    refuseForeign(root, chain.length === 0, state, keys);
    const stored: StoredRoot = {
      version: root.version,
      epoch: root.epoch,
      envelope: body.envelope,
      payloadHash: payloadHashOf(body.envelope),
    };
    return {
      statements: addRoot({
        version: stored.version,
        epoch: stored.epoch,
        envelope: stored.envelope,
        payload_hash: stored.payloadHash,
        created_at: now,
      }),
      effects: {
        event: {
          action: "trust.add_root",
          target: state.networkId,
          detail: { version: stored.version, epoch: stored.epoch, payloadHash: stored.payloadHash },
        },
        policies: false,
        userIds: [],
        ends: [],
      },
      body: view(state, [...chain, stored]),
    };
  },
};
