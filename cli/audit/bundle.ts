import { createPublicKey, verify } from "node:crypto";
import * as z from "zod";
import type { Client } from "../../shared/api/client.ts";
import { parseNote } from "../../shared/audit/note.ts";
import { type VerifiedRange, verifyRange } from "../../shared/audit/verify.ts";
import { base64 } from "../../shared/base/base64.ts";
import { consistencyPath, type Hash, leafHash, nodeHash, splitPoint } from "../../shared/merkle/tree.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";

/** The most leaves that the API gives in one answer. */
const MOST_LEAVES = 1_000;

const texts = z.array(z.string());

/** A run of the audit log with all that is needed to check it without the hub. */
const bundleSchema = z.object({
  format: z.literal("rustronaut-audit-1"),
  publicKey: z.string(),
  checkpoints: texts,
  from: z.int().nonnegative(),
  leaves: texts,
  proofs: z.object({ first: texts, last: texts, consistency: z.array(texts) }),
});
export type Bundle = z.infer<typeof bundleSchema>;

/**
 * Collects the leaves `from` (inclusive) to `to` (exclusive; left out: all) and their proofs from the hub, and that the log
 * continues the one that an `earlier` note states.
 */
export async function collect(
  client: Client,
  from: number,
  to: number | undefined,
  earlier?: string,
): Promise<Bundle> {
  const { data: checkpoint } = await client.call("audit.checkpoint");
  const { size } = checkpoint;
  const end = to ?? size;
  if (from > end || end > size || (from === end && size > 0))
    throw new Failure(EXIT.usage, `The log has no entries ${from} to ${end}`, {
      hint: `It holds ${size}: give --from below --to, and --to at most ${size}.`,
    });
  const leaves: string[] = [];
  while (from + leaves.length < end) {
    const start = from + leaves.length;
    const query = { from: start, to: Math.min(end, start + MOST_LEAVES) };
    const { data } = await client.call("audit.leaves", { query });
    if (data.leaves.length !== query.to - query.from)
      throw new Failure(EXIT.denied, "The audit log does not verify", {
        detail: `The hub withholds entries: it gave ${data.leaves.length} of ${query.to - query.from} from ${start} on.`,
      });
    leaves.push(...data.leaves);
  }
  const inclusion = async (leaf: number) =>
    (await client.call("audit.inclusion", { query: { leaf, size } })).data.proof;
  return {
    format: "rustronaut-audit-1",
    publicKey: (await client.call("audit.publicKey")).data.vkey,
    checkpoints: earlier ? [earlier, checkpoint.note] : [checkpoint.note],
    from,
    leaves,
    proofs: {
      first: leaves.length > 0 ? await inclusion(from) : [],
      last: leaves.length > 0 ? await inclusion(end - 1) : [],
      consistency: earlier ? [await continuation(client, earlier, size)] : [],
    },
  };
}

export const newestOf = (bundle: Bundle): string => bundle.checkpoints.at(-1) ?? "";

/** The second line of a checkpoint is its size; `verifyBundle` checks the note itself. */
const sizeOf = (note: string): number => Number(note.split("\n")[1]);

const shrunk = (first: number, size: number): Failure =>
  new Failure(EXIT.denied, "The audit log does not verify", {
    detail: `The log holds ${size} entries now, and held ${first} before: entries were removed.`,
  });

/** A note as it was kept, in whatever way its line ends came through. */
export function parseKeptNote(text: string, file: string): string {
  const note = `${text.replaceAll("\r", "").trim()}\n`;
  if (parseNote(note) !== null && Number.isSafeInteger(sizeOf(note))) return note;
  throw new Failure(EXIT.usage, `${file} is no note of an audit log`, {
    hint: "Keep the whole text that the dashboard shows under Checkpoint: origin, size, root, and the line that signs them.",
  });
}

/** Proof that the log continues the one that the earlier note states. */
async function continuation(client: Client, note: string, size: number): Promise<string[]> {
  const first = sizeOf(note);
  if (!(first <= size)) throw shrunk(first, size);
  return (await client.call("audit.consistency", { query: { first, second: size } })).data.proof;
}

/**
 * The bundle with an earlier note before its own, and the proof that it continues that one: made of its leaves, so that it
 * must hold all from the first on.
 */
export function continuing(bundle: Bundle, earlier: string): Bundle {
  const { from, leaves } = bundle;
  const first = sizeOf(earlier);
  const newest = sizeOf(newestOf(bundle));
  if (from !== 0 || leaves.length !== newest)
    throw new Failure(
      EXIT.usage,
      "This bundle does not hold the whole log, so that it can't prove what a note states",
      {
        hint: "Give a bundle of `audit export` without --from and --to, or leave out --file: then the hub proves it.",
      },
    );
  if (first > newest) throw shrunk(first, newest);
  const nodes = leaves.map((text) => leafHash(new TextEncoder().encode(text)));
  const proof = consistencyPath(first, newest).map(({ start, end }) =>
    base64(rootOf(nodes.slice(start, end))),
  );
  return {
    ...bundle,
    checkpoints: [earlier, newestOf(bundle)],
    proofs: { ...bundle.proofs, consistency: [proof] },
  };
}

function rootOf(leaves: readonly Hash[]): Hash {
  const [only] = leaves;
  if (leaves.length === 1 && only) return only;
  const middle = splitPoint(leaves.length);
  return nodeHash(rootOf(leaves.slice(0, middle)), rootOf(leaves.slice(middle)));
}

/** Reads a bundle that `audit export` wrote. */
export function parseBundle(text: string, file: string): Bundle {
  try {
    return bundleSchema.parse(JSON.parse(text));
  } catch {
    throw new Failure(EXIT.denied, "The audit log does not verify", {
      detail: `${file} is not a complete bundle of \`rustronaut audit export\`.`,
    });
  }
}

/** Checks a bundle without any network. `trusted` is the verification key got by another way than the bundle. */
export async function verifyBundle(bundle: Bundle, trusted: string | undefined): Promise<VerifiedRange> {
  const publicKey = trusted ?? bundle.publicKey;
  const verified = await verifyRange({ ...bundle, publicKey }, verifyEd25519);
  if (verified.ok) return verified.value;
  throw new Failure(EXIT.denied, "The audit log does not verify", { detail: verified.error });
}

function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const x = Buffer.from(publicKey).toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  return verify(null, message, key, signature);
}
