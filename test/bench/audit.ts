import { verifyConsistency, verifyInclusion } from "../../shared/merkle/proof.ts";
import {
  appendLeaves,
  consistencyPath,
  type Hash,
  inclusionPath,
  leafHash,
  type ReadNode,
  rangeHash,
  rootHash,
} from "../../shared/merkle/tree.ts";
import { atLeast, atMost, type BenchResult, percentile } from "./support/result.ts";

const LEAVES = 200_000;
/** Entries of one append, as an isolate under load sends them. */
const BATCH = 64;
const PROOFS = 2_000;
const LEAF_BYTES = 900;

/** The Merkle tree of the audit log, without its storage: growing it, and making and checking proofs. */
export default async function audit(): Promise<BenchResult> {
  const nodes = new Map<number, Hash>();
  // One number for level and index: levels stay below 64.
  const place = (level: number, index: number) => index * 64 + level;
  const read: ReadNode = (level, index) => nodes.get(place(level, index)) as Hash;

  const started = performance.now();
  for (let size = 0; size < LEAVES; size += BATCH) {
    const leaves = Array.from({ length: Math.min(BATCH, LEAVES - size) }, (_, n) =>
      leafHash(leafBytes(size + n)),
    );
    for (const { level, index, hash } of appendLeaves(size, leaves, read))
      nodes.set(place(level, index), hash);
  }
  const appendSeconds = (performance.now() - started) / 1_000;

  const root = rootHash(LEAVES, read);
  const inclusion: Samples = { make: [], check: [], length: [] };
  const consistency: Samples = { make: [], check: [], length: [] };
  for (let n = 0; n < PROOFS; n++) {
    // A fixed stride of an odd number visits places of all kinds, the same ones in each run.
    const at = (n * 99_991) % LEAVES;
    sample(
      inclusion,
      () => inclusionPath(at, LEAVES).map((range) => rangeHash(range, read)),
      (proof) => verifyInclusion(read(0, at), at, LEAVES, proof, root),
    );
    const old = rootHash(at + 1, read);
    sample(
      consistency,
      () => consistencyPath(at + 1, LEAVES).map((range) => rangeHash(range, read)),
      (proof) => verifyConsistency(at + 1, LEAVES, old, root, proof),
    );
  }
  const leavesPerSecond = LEAVES / appendSeconds;
  const longest = Math.max(...inclusion.length);
  return {
    metrics: {
      tree_leaves: LEAVES,
      append_leaves_per_second: leavesPerSecond,
      ...named("inclusion", inclusion),
      ...named("consistency", consistency),
    },
    goals: [
      // An object that writes serves up to 500 requests a second, here of 64 entries: hashing must not be its limit.
      atLeast("audit tree append", leavesPerSecond, "leaves/s", 32_000),
      atMost("audit inclusion proof of 200,000 leaves", longest, "hashes", Math.ceil(Math.log2(LEAVES))),
    ],
  };
}

interface Samples {
  /** Microseconds. */
  readonly make: number[];
  readonly check: number[];
  /** Hashes. */
  readonly length: number[];
}

function sample(samples: Samples, make: () => Hash[], check: (proof: Hash[]) => boolean): void {
  const start = performance.now();
  const proof = make();
  const made = performance.now();
  if (!check(proof)) throw new Error("the tree made a proof that does not hold");
  samples.make.push((made - start) * 1_000);
  samples.check.push((performance.now() - made) * 1_000);
  samples.length.push(proof.length);
}

const named = (name: string, { make, check, length }: Samples): Record<string, number> => ({
  [`${name}_make_p50_us`]: percentile(make, 0.5),
  [`${name}_make_p99_us`]: percentile(make, 0.99),
  [`${name}_check_p50_us`]: percentile(check, 0.5),
  [`${name}_check_p99_us`]: percentile(check, 0.99),
  [`${name}_hashes_max`]: Math.max(...length),
});

const padding = "x".repeat(LEAF_BYTES);
const leafBytes = (n: number): Uint8Array =>
  new TextEncoder().encode(`{"id":"dec_${n}","note":"${padding}"}`);
