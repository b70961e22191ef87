import { err, ok, type Result } from "../../base/result.ts";
import { utf8 } from "../../crypto/bytes.ts";
import { parseEnvelope } from "../../crypto/dsse-parse.ts";
import { maxEnvelopeLength, openEnvelope, type Role, type Verifier } from "./envelopes.ts";
import { decode, hashOf } from "./object.ts";
import { type ConfigRefusal, refused } from "./refusals.ts";
import { checkRoot } from "./root-check.ts";
import { LIMITS, type ObjectHash, type RootDocument } from "./types.ts";

/**
 * The chain of roots (TUF 1.0.34 §5.3). Trust begins at a pinned root. Each later root is signed by enough keys of the
 * former root role and of its own root role.
 */

/** The pinned root: the hash of its payload, as an enrolment key carries it, or a root that was verified before. */
export type RootPin = { readonly hash: ObjectHash } | { readonly document: RootDocument };

/**
 * Verifies all roots from the pinned one on. It skips the roots before it, since they no longer count.
 * @param envelopes Oldest first.
 * @param now Hub time in milliseconds. Null means that the node reads back what it accepted before, so the expiry is
 *   not checked again.
 * @returns The pinned root and the roots after it, oldest first.
 */
export async function verifyRootChain(
  crypto: Verifier,
  envelopes: readonly string[],
  pin: RootPin,
  now: number | null,
): Promise<Result<readonly [RootDocument, ...RootDocument[]], ConfigRefusal>> {
  if (envelopes.length > LIMITS.roots) {
    return refused(
      "TOO_MANY_ROOTS",
      "roots",
      `There are ${envelopes.length}, and ${LIMITS.roots} are taken.`,
    );
  }
  const start = await startOf(crypto, envelopes, pin);
  if (!start.ok) return start;
  const chain: [RootDocument, ...RootDocument[]] = [start.value.root];
  let newest: RootDocument = start.value.root;
  for (const envelope of start.value.rest) {
    const next = await follow(crypto, newest, envelope);
    if (!next.ok) return next;
    if (next.value === null) continue;
    newest = next.value;
    chain.push(newest);
  }
  if (now !== null && newest.expiresAt <= now) {
    return refused(
      "ROOT_EXPIRED",
      nameOf(newest),
      `It expired at ${new Date(newest.expiresAt).toISOString()}.`,
    );
  }
  return ok(chain);
}

interface Start {
  readonly root: RootDocument;
  readonly rest: readonly string[];
}

async function startOf(
  crypto: Verifier,
  envelopes: readonly string[],
  pin: RootPin,
): Promise<Result<Start, ConfigRefusal>> {
  if ("document" in pin) return ok({ root: pin.document, rest: envelopes });
  for (const [at, envelope] of envelopes.entries()) {
    const payload = payloadOf(envelope);
    if (!payload.ok) return payload;
    if (hashOf(payload.value) !== pin.hash) continue;
    const root = await verifySelfSigned(crypto, envelope, payload.value);
    return root.ok ? ok({ root: root.value, rest: envelopes.slice(at + 1) }) : root;
  }
  return refused("ROOT_NOT_PINNED", "roots", "None of them is the root that the enrolment key names.");
}

/** The next root. Null when it is not newer than the trusted root. */
async function follow(
  crypto: Verifier,
  trusted: RootDocument,
  envelope: string,
): Promise<Result<RootDocument | null, ConfigRefusal>> {
  const payload = payloadOf(envelope);
  if (!payload.ok) return payload;
  const claimed = decode("root", payload.value, "a root", LIMITS.rootBytes);
  if (!claimed.ok) return claimed;
  const { version } = claimed.value;
  if (version <= trusted.version) return ok(null);
  const where = `root ${version}`;
  if (version > trusted.version + 1) {
    return refused("ROOT_GAP", where, `Root ${trusted.version} is trusted, and the one after it is missing.`);
  }
  const byOld = await openEnvelope(
    crypto,
    envelope,
    "root",
    rootRole(trusted),
    `${where}, keys of ${nameOf(trusted)}`,
  );
  if (!byOld.ok) return byOld;
  const root = await verifySelfSigned(crypto, envelope, payload.value);
  if (!root.ok) return root;
  if (root.value.network !== trusted.network) {
    return refused(
      "WRONG_NETWORK",
      where,
      `It is of the network ${root.value.network}, not ${trusted.network}.`,
    );
  }
  if (root.value.epoch < trusted.epoch) {
    return refused(
      "ROOT_EPOCH_DECREASED",
      where,
      `The epoch went from ${trusted.epoch} to ${root.value.epoch}.`,
    );
  }
  return root;
}

/** Verifies a root with the keys that it names itself. The caller must have another reason to trust the root. */
async function verifySelfSigned(
  crypto: Verifier,
  envelope: string,
  payload: Uint8Array,
): Promise<Result<RootDocument, ConfigRefusal>> {
  const decoded = decode("root", payload, "a root", LIMITS.rootBytes);
  if (!decoded.ok) return decoded;
  const fault = checkRoot(decoded.value);
  if (fault) return err(fault);
  const where = `${nameOf(decoded.value)}, its own keys`;
  const opened = await openEnvelope(crypto, envelope, "root", rootRole(decoded.value), where);
  return opened.ok ? decoded : opened;
}

function payloadOf(envelope: string): Result<Uint8Array, ConfigRefusal> {
  const where = "a root";
  if (envelope.length > maxEnvelopeLength(LIMITS.rootBytes)) {
    return refused("ENVELOPE_TOO_LARGE", where, `It has ${envelope.length} characters.`);
  }
  const parsed = parseEnvelope(utf8(envelope), { maxPayload: LIMITS.rootBytes, maxSignatures: 16 });
  return parsed.ok ? ok(parsed.value.payload) : refused(parsed.error, where, "It is no DSSE envelope.");
}

const rootRole = ({ keys, roles }: RootDocument): Role => ({ keys, role: roles.root });
const nameOf = ({ version }: RootDocument): string => `root ${version}`;
