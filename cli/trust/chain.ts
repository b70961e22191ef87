import type { Client } from "../../shared/api/client.ts";
import { utf8 } from "../../shared/crypto/bytes.ts";
import { parseEnvelope } from "../../shared/crypto/dsse-parse.ts";
import { hashOf } from "../../shared/node/config/object.ts";
import { verifyRootChain } from "../../shared/node/config/root.ts";
import { LIMITS, type RootDocument } from "../../shared/node/config/types.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { cryptoProvider } from "./provider.ts";
import type { TrustStore } from "./store.ts";

/** The chain of roots, verified from its first one. */
export interface Chain {
  readonly roots: readonly string[];
  readonly documents: readonly RootDocument[];
  /** Null before the first root. */
  readonly newest: RootDocument | null;
  /** Of the newest payload: what enrolment keys carry. */
  readonly payloadHash: string | null;
  /** Roots that this machine knows and the hub does not any more: it was restored from a backup. */
  readonly lost: readonly string[];
  /** Nothing was known here, so that the hub was believed. */
  readonly isFirstSight: boolean;
}

/** Reads the hub's chain, which must agree with what this machine has seen before, and remembers it. */
export async function readChain(client: Client, store: TrustStore): Promise<Chain> {
  const { data } = await client.call("trust.get");
  const known = await store.chain();
  requireAgreement(known, data.roots);
  const roots = data.roots.length >= known.length ? data.roots : known;
  const documents = await verify(roots, store.network);
  if (roots.length > known.length) await store.keepChain(roots);
  return {
    roots,
    documents,
    newest: documents.at(-1) ?? null,
    payloadHash: roots.length > 0 ? payloadHash(roots.at(-1) ?? "") : null,
    lost: known.slice(data.roots.length),
    isFirstSight: known.length === 0 && roots.length > 0,
  };
}

function requireAgreement(known: readonly string[], shown: readonly string[]): void {
  const parts = known.findIndex(
    (root, at) => shown[at] !== undefined && payloadHash(shown[at]) !== payloadHash(root),
  );
  if (parts >= 0)
    throw new Failure(EXIT.denied, "The hub shows another chain of trust than this machine knows", {
      detail: `They part at root ${parts + 1}.`,
      hint: "Sign nothing and give out no enrolment keys: whoever runs this hub may not be who you think.",
    });
}

/** @throws Failure when a root is not vouched for by the one before it. */
async function verify(roots: readonly string[], network: string): Promise<readonly RootDocument[]> {
  const [first] = roots;
  if (first === undefined) return [];
  const verified = await verifyRootChain(await cryptoProvider(), roots, { hash: payloadHash(first) }, null);
  if (!verified.ok)
    throw new Failure(EXIT.denied, "The chain of trust does not hold", {
      detail: `${verified.error.where}: ${verified.error.detail}`,
      code: verified.error.code,
    });
  if (verified.value.length !== roots.length || verified.value[0].network !== network)
    throw new Failure(EXIT.denied, "The chain of trust does not hold", {
      detail: "A root has a wrong version, or is another network's.",
    });
  return verified.value;
}

/** The hash that names a root, whoever signed it. */
const payloadHash = (envelope: string): string => hashOf(payloadOf(envelope).payload);

/** What an envelope holds, not yet verified. */
export function payloadOf(envelope: string) {
  const parsed = parseEnvelope(utf8(envelope), { maxPayload: LIMITS.rootBytes, maxSignatures: 16 });
  if (parsed.ok) return parsed.value;
  throw new Failure(EXIT.denied, "That is no root document", { code: parsed.error });
}
