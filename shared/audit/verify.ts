import { hashFromBase64 } from "../base/base64.ts";
import { err, ok, type Result } from "../base/result.ts";
import { sameHash, verifyConsistency, verifyInclusion } from "../merkle/proof.ts";
import { type Hash, inclusionPath, type LeafRange, leafHash, nodeHash, splitPoint } from "../merkle/tree.ts";
import { type CheckpointBody, openCheckpoint } from "./checkpoint.ts";
import { type NoteKey, parseVerificationKey, type VerifySignature } from "./note.ts";

/** Everything that is needed to check a range of the log without asking the log. */
export interface RangeEvidence {
  /** The trusted key in vkey form. It must come from another source than the evidence. */
  readonly publicKey: string;
  /** Signed notes in ascending order of size. The leaves are proven against the last one. */
  readonly checkpoints: readonly string[];
  /** The number of the first leaf in `leaves`. */
  readonly from: number;
  /** The canonical JSON of consecutive entries, as the log returned it. */
  readonly leaves: readonly string[];
  readonly proofs: {
    /** The inclusion proof of the first leaf at the size of the last checkpoint (base64 hashes). */
    readonly first: readonly string[];
    /**
     * The inclusion proof of the last leaf. Both proofs together contain every hash outside the range that is
     * needed.
     */
    readonly last: readonly string[];
    /** Consistency proofs: proof n leads from checkpoint n to checkpoint n + 1. */
    readonly consistency: readonly (readonly string[])[];
  };
}

export interface VerifiedRange {
  readonly origin: string;
  readonly size: number;
  readonly from: number;
  readonly to: number;
  readonly checkpoints: number;
}

/**
 * Proves three things offline: the key signed every checkpoint, each checkpoint continues the previous one,
 * and the leaves are in the newest checkpoint exactly at the claimed positions. The error says in words what
 * is wrong.
 */
export async function verifyRange(
  evidence: RangeEvidence,
  verifySignature: VerifySignature,
): Promise<Result<VerifiedRange, string>> {
  const key = parseVerificationKey(evidence.publicKey);
  if (!key) return err("The public key is not a verification key (name+id+base64).");
  const opened = await openAll(evidence.checkpoints, key, verifySignature);
  if (!opened.ok) return opened;
  const history = checkHistory(opened.value, evidence.proofs.consistency);
  if (!history.ok) return history;
  const newest = history.value;
  const range = { start: evidence.from, end: evidence.from + evidence.leaves.length };
  const leaves = checkLeaves(evidence, range, newest);
  if (!leaves.ok) return leaves;
  return ok({
    origin: newest.origin,
    size: newest.size,
    from: range.start,
    to: range.end,
    checkpoints: opened.value.length,
  });
}

async function openAll(
  notes: readonly string[],
  key: NoteKey,
  verify: VerifySignature,
): Promise<Result<CheckpointBody[], string>> {
  const checkpoints: CheckpointBody[] = [];
  for (const [n, note] of notes.entries()) {
    const checkpoint = await openCheckpoint(note, key, verify);
    if (!checkpoint) return err(`Checkpoint ${n + 1} is malformed or not signed by ${key.name}.`);
    checkpoints.push(checkpoint);
  }
  return ok(checkpoints);
}

/** The newest checkpoint, after checking that each checkpoint continues the previous one. */
function checkHistory(
  checkpoints: readonly CheckpointBody[],
  proofs: readonly (readonly string[])[],
): Result<CheckpointBody, string> {
  let newest = checkpoints[0];
  if (!newest) return err("There is no checkpoint to verify against.");
  if (proofs.length !== checkpoints.length - 1) {
    return err("There must be one consistency proof between two neighbouring checkpoints.");
  }
  for (const [n, next] of checkpoints.slice(1).entries()) {
    const proof = hashes(proofs[n] ?? []);
    if (!proof || !verifyConsistency(newest.size, next.size, newest.root, next.root, proof)) {
      return err(
        `The log of size ${next.size} does not continue the log of size ${newest.size}: its history was changed.`,
      );
    }
    newest = next;
  }
  return ok(newest);
}

function checkLeaves(
  { leaves, proofs }: RangeEvidence,
  range: LeafRange,
  { size, root }: CheckpointBody,
): Result<null, string> {
  if (leaves.length === 0) return ok(null);
  if (!Number.isSafeInteger(range.start) || range.start < 0 || range.end > size) {
    return err(`The leaves ${range.start} to ${range.end - 1} are not within the checkpoint's ${size}.`);
  }
  const first = hashes(proofs.first);
  const last = hashes(proofs.last);
  const inside = leaves.map((text) => leafHash(new TextEncoder().encode(text)));
  const head = inside[0];
  const tail = inside.at(-1);
  const holds =
    first !== null &&
    last !== null &&
    head !== undefined &&
    tail !== undefined &&
    verifyInclusion(head, range.start, size, first, root) &&
    verifyInclusion(tail, range.end - 1, size, last, root) &&
    matchesRoot(
      subtreeRoot({ start: 0, end: size }, range, inside, hashesBeside(range, size, first, last)),
      root,
    );
  return holds
    ? ok(null)
    : err("The leaves or their proofs do not lead to the checkpoint's root: an entry was changed.");
}

const matchesRoot = (computed: Hash | null, root: Hash): boolean =>
  computed !== null && sameHash(computed, root);

/**
 * The hashes from two valid proofs, by the subtrees that they stand for. They include all subtrees outside
 * the range.
 */
function hashesBeside(
  range: LeafRange,
  size: number,
  first: readonly Hash[],
  last: readonly Hash[],
): Map<string, Hash> {
  const beside = new Map<string, Hash>();
  const keep = (leaf: number, proof: readonly Hash[]) => {
    for (const [n, place] of inclusionPath(leaf, size).entries()) {
      const hash = proof[n];
      if (hash) beside.set(placeOf(place), hash);
    }
  };
  keep(range.start, first);
  keep(range.end - 1, last);
  return beside;
}

function subtreeRoot(
  at: LeafRange,
  range: LeafRange,
  inside: readonly Hash[],
  beside: ReadonlyMap<string, Hash>,
): Hash | null {
  if (at.end <= range.start || at.start >= range.end) return beside.get(placeOf(at)) ?? null;
  if (at.end - at.start === 1) return inside[at.start - range.start] ?? null;
  const middle = at.start + splitPoint(at.end - at.start);
  const left = subtreeRoot({ start: at.start, end: middle }, range, inside, beside);
  const right = subtreeRoot({ start: middle, end: at.end }, range, inside, beside);
  return left && right && nodeHash(left, right);
}

const placeOf = ({ start, end }: LeafRange): string => `${start}-${end}`;

function hashes(texts: readonly string[]): Hash[] | null {
  const decoded = texts.map(hashFromBase64);
  return decoded.includes(null) ? null : decoded.filter((hash) => hash !== null);
}
