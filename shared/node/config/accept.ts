import { fromBase64url } from "../../base/base64url.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { verifyInclusion } from "../../merkle/proof.ts";
import { leafHash } from "../../merkle/tree.ts";
import { type Assembled, assemble } from "./assemble.ts";
import { configFault, type OwnFacts } from "./check-config.ts";
import { maxEnvelopeLength, openEnvelope, type Verifier } from "./envelopes.ts";
import { decode, decodeBounded } from "./object.ts";
import { type ConfigRefusal, refused } from "./refusals.ts";
import { verifyRootChain } from "./root.ts";
import { overlayOf } from "./root-check.ts";
import { configUpdate } from "./schemas.ts";
import { compareSerials } from "./serial.ts";
import {
  type ConfigUpdate,
  type HeadDocument,
  type LeafDocument,
  LIMITS,
  type ObjectHash,
  type RootDocument,
  type Serial,
  type SignedLeaf,
} from "./types.ts";

/** The trusted root of a node, and its config in force. */
export interface ConfigState {
  /** The newest root. */
  readonly root: RootDocument;
  readonly applied: AppliedConfig | null;
}

export interface AppliedConfig extends Assembled {
  readonly serial: Serial;
  readonly manifestHash: ObjectHash;
  /** When the head expires, in hub time. */
  readonly expiresAt: number;
  readonly proof: SignedLeaf;
}

export interface AcceptContext extends OwnFacts {
  /**
   * Hub time in milliseconds. Null means that the node reads back what it accepted before, so the time is not checked
   * again.
   */
  readonly now: number | null;
}

export interface AcceptedConfig extends ConfigState {
  /** Whether the manifest has changed, and whether anything must be stored again. */
  readonly change: "config" | "renewed" | "roots" | "none";
}

/** How far the hub's clock may be ahead of the hub time that the node assumes. */
const MAX_AHEAD_MS = 5 * 60_000;

/**
 * Takes an update only if every check passes: signatures over the received bytes, the newest root, this network and
 * node, a newer serial, and objects that together form a config which a node may apply. On a refusal the state stays
 * unchanged.
 */
export async function acceptUpdate(
  crypto: Verifier,
  state: ConfigState,
  update: ConfigUpdate,
  context: AcceptContext,
): Promise<Result<AcceptedConfig, ConfigRefusal>> {
  const shape = shapeFault(update);
  if (shape) return err(shape);
  const chain = await verifyRootChain(crypto, update.roots ?? [], { document: state.root }, context.now);
  if (!chain.ok) return chain;
  const root = chain.value.at(-1) ?? state.root;
  const change = root === state.root ? "none" : "roots";
  if (!update.proof) {
    return update.objects?.length
      ? refused("OBJECT_UNEXPECTED", "objects", "They came without a proof.")
      : ok({ root, applied: state.applied, change });
  }
  const proven = await verifyProof(crypto, root, update.proof, context);
  if (!proven.ok) return proven;
  const { head, leaf } = proven.value;
  const order = orderOf(leaf, state.applied);
  if (!order.ok) return order;
  const applied = assembleApplied(proven.value, update, state, context, root);
  if (!applied.ok) return applied;
  if (applied.value.manifest.segment.id !== head.segment) {
    return refused("WRONG_SEGMENT", "manifest", `It came with a head of ${head.segment}.`);
  }
  if (order.value === "same") return ok({ root, applied: state.applied, change });
  const isNew = state.applied?.manifestHash !== leaf.manifest;
  return ok({ root, applied: applied.value, change: isNew ? "config" : "renewed" });
}

/**
 * Reads back an accepted config from the node's store. It verifies everything again except the time. So a node that
 * can't reach the hub goes on with its last good config.
 * @param roots The chain that `verifyRootChain` gave.
 */
export async function reopenConfig(
  crypto: Verifier,
  roots: readonly [RootDocument, ...RootDocument[]],
  stored: Required<Omit<ConfigUpdate, "roots">>,
  own: OwnFacts,
): Promise<Result<ConfigState, ConfigRefusal>> {
  // This is only a hint which root to verify with. A wrong hint ends in a refusal.
  const bytes = decodeBounded(stored.proof.leaf, LIMITS.leafBytes);
  const hint = bytes ? decode("leaf", bytes, "leaf", LIMITS.leafBytes) : null;
  const version = hint?.ok ? hint.value.serial.rootVersion : 0;
  const root = roots.find((candidate) => candidate.version === version);
  if (!root)
    return refused("WRONG_ROOT", "stored configuration", "It was signed under a root that is not here.");
  const opened = await acceptUpdate(crypto, { root, applied: null }, stored, { ...own, now: null });
  return opened.ok ? ok({ root: roots.at(-1) ?? root, applied: opened.value.applied }) : opened;
}

function shapeFault(update: ConfigUpdate): ConfigRefusal | null {
  const checked = configUpdate.safeParse(update);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    return refused("UPDATE_MALFORMED", "update", `${issue?.path.join(".") || "It"}: ${issue?.message}`).error;
  }
  const texts = [...(update.roots ?? []), ...(update.objects ?? [])];
  const length = texts.reduce((sum, text) => sum + text.length, 0);
  return length > LIMITS.updateBytes
    ? refused("UPDATE_TOO_LARGE", "update", `It has ${length} characters.`).error
    : null;
}

interface Proven {
  readonly head: HeadDocument;
  readonly leaf: LeafDocument;
}

async function verifyProof(
  crypto: Verifier,
  root: RootDocument,
  proof: SignedLeaf,
  { now, network, node }: AcceptContext,
): Promise<Result<Proven, ConfigRefusal>> {
  if (proof.head.length > maxEnvelopeLength(LIMITS.headBytes)) {
    return refused("ENVELOPE_TOO_LARGE", "head", `It has ${proof.head.length} characters.`);
  }
  const role = { keys: root.keys, role: root.roles.online };
  const payload = await openEnvelope(crypto, proof.head, "head", role, "head");
  if (!payload.ok) return payload;
  const decoded = decode("head", payload.value, "head", LIMITS.headBytes);
  if (!decoded.ok) return decoded;
  const head = decoded.value;
  if (head.network !== network || root.network !== network) {
    return refused("WRONG_NETWORK", "head", `It is of the network ${head.network}, not ${network}.`);
  }
  const { epoch, rootVersion } = head.serial;
  if (epoch !== root.epoch || rootVersion !== root.version) {
    const said = `It was made under root ${rootVersion} of epoch ${epoch}`;
    return refused("WRONG_ROOT", "head", `${said}, not ${root.version} of ${root.epoch}.`);
  }
  const time = timeFault(head, now);
  if (time) return err(time);
  return verifyLeaf(head, proof, { network, node });
}

function timeFault({ issuedAt, expiresAt }: HeadDocument, now: number | null): ConfigRefusal | null {
  if (now === null) return null;
  if (expiresAt <= now) {
    return refused("HEAD_EXPIRED", "head", `It ended at ${new Date(expiresAt).toISOString()}.`).error;
  }
  return issuedAt > now + MAX_AHEAD_MS
    ? refused("HEAD_FROM_FUTURE", "head", `It begins at ${new Date(issuedAt).toISOString()}.`).error
    : null;
}

function verifyLeaf(
  head: HeadDocument,
  proof: SignedLeaf,
  { network, node }: Pick<OwnFacts, "network" | "node">,
): Result<Proven, ConfigRefusal> {
  const bytes = decodeBounded(proof.leaf, LIMITS.leafBytes);
  const path = proof.path.map(fromBase64url).filter((hash) => hash !== null);
  const treeRoot = fromBase64url(head.treeRoot);
  const isIncluded =
    bytes !== null &&
    treeRoot !== null &&
    path.length === proof.path.length &&
    verifyInclusion(leafHash(bytes), proof.index, head.treeSize, path, treeRoot);
  if (!isIncluded) return refused("NOT_INCLUDED", "leaf", "The head does not vouch for it.");
  const leaf = decode("leaf", bytes, "leaf", LIMITS.leafBytes);
  if (!leaf.ok) return leaf;
  if (leaf.value.network !== network)
    return refused("WRONG_NETWORK", "leaf", `It is of ${leaf.value.network}.`);
  if (leaf.value.node !== node)
    return refused("WRONG_NODE", "leaf", `It is of ${leaf.value.node}, not ${node}.`);
  return compareSerials(leaf.value.serial, head.serial) === 0
    ? ok({ head, leaf: leaf.value })
    : refused("NOT_INCLUDED", "leaf", "Its serial is not its head's.");
}

function orderOf(leaf: LeafDocument, applied: AppliedConfig | null): Result<"newer" | "same", ConfigRefusal> {
  const order = applied ? compareSerials(leaf.serial, applied.serial) : 1;
  if (order > 0) return ok("newer");
  if (order < 0) return refused("SERIAL_OLD", "leaf", "A newer configuration was applied before.");
  return leaf.manifest === applied?.manifestHash
    ? ok("same")
    : refused("SERIAL_REUSED", "leaf", "Another configuration with the same serial was applied before.");
}

function assembleApplied(
  { head, leaf }: Proven,
  update: ConfigUpdate,
  state: ConfigState,
  own: OwnFacts,
  root: RootDocument,
): Result<AppliedConfig, ConfigRefusal> {
  const overlay = overlayOf(root);
  if (!overlay || !update.proof) return refused("ROOT_OVERLAY", "root", "Its ranges can't be read.");
  const assembled = assemble(leaf.manifest, update.objects ?? [], state.applied?.objects ?? new Map());
  if (!assembled.ok) return assembled;
  const fault = configFault(assembled.value, own, overlay);
  if (fault) return err(fault);
  return ok({
    ...assembled.value,
    serial: leaf.serial,
    manifestHash: leaf.manifest,
    expiresAt: head.expiresAt,
    proof: update.proof,
  });
}
