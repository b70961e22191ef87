import { createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeCheckpoint, openCheckpoint, parseCheckpoint } from "../../../shared/audit/checkpoint.ts";
import {
  encodeNote,
  encodeVerificationKey,
  openNote,
  parseVerificationKey,
  type VerifySignature,
} from "../../../shared/audit/note.ts";
import { type RangeEvidence, verifyRange } from "../../../shared/audit/verify.ts";
import { base64 } from "../../../shared/base/base64.ts";
import {
  appendLeaves,
  consistencyPath,
  type Hash,
  inclusionPath,
  leafHash,
  rangeHash,
  rootHash,
} from "../../../shared/merkle/tree.ts";

const verifyEd25519: VerifySignature = (publicKey, message, signature) => {
  const key = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(publicKey).toString("base64url") },
    format: "jwk",
  });
  return verify(null, message, key, signature);
};

const pair = generateKeyPairSync("ed25519");
const raw = Buffer.from(pair.publicKey.export({ format: "jwk" }).x ?? "", "base64url");
const key = { name: "hub.example.com/audit", publicKey: new Uint8Array(raw) };

function signed(text: string, by = key): string {
  return encodeNote(text, by, sign(null, Buffer.from(text), pair.privateKey));
}

const LEAVES = Array.from({ length: 120 }, (_, i) => `{"id":"aud_${i}","kind":"system"}`);

function evidence(sizes: number[], from: number, to: number, leaves = LEAVES): RangeEvidence {
  const nodes = new Map<string, Hash>();
  const read = (level: number, index: number) => nodes.get(`${level}/${index}`) as Hash;
  const hashes = leaves.map((text) => leafHash(new TextEncoder().encode(text)));
  for (const node of appendLeaves(0, hashes, read)) nodes.set(`${node.level}/${node.index}`, node.hash);
  const texts = (path: { start: number; end: number }[]) => path.map((at) => base64(rangeHash(at, read)));
  const newest = sizes.at(-1) ?? 0;
  return {
    publicKey: encodeVerificationKey(key),
    checkpoints: sizes.map((size) =>
      signed(encodeCheckpoint({ origin: key.name, size, root: rootHash(size, read) })),
    ),
    from,
    leaves: leaves.slice(from, to),
    proofs: {
      first: texts(inclusionPath(from, newest)),
      last: texts(inclusionPath(to - 1, newest)),
      consistency: sizes.slice(1).map((size, n) => texts(consistencyPath(sizes[n] ?? 0, size))),
    },
  };
}

describe("the signed note", () => {
  it("opens with the key of the Go checksum database and its published format", async () => {
    const vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const peter = parseVerificationKey(vkey);
    const text =
      "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    const note = `${text}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;
    if (!peter) throw new Error("the published key was refused");
    expect(await openNote(note, peter, verifyEd25519)).toBe(text);
    expect(await openNote(note.replace("answer", "remedy"), peter, verifyEd25519)).toBeNull();
    expect(encodeVerificationKey(peter)).toBe(vkey);
  });

  it("does not open for another name, another key or without our signature", async () => {
    const note = signed("text\n");
    expect(await openNote(note, key, verifyEd25519)).toBe("text\n");
    expect(await openNote(note, { ...key, name: "other" }, verifyEd25519)).toBeNull();
    const otherKey = { ...key, publicKey: key.publicKey.map((byte) => byte ^ 1) };
    expect(await openNote(note, otherKey, verifyEd25519)).toBeNull();
    expect(await openNote("text\n", key, verifyEd25519)).toBeNull();
    expect(await openNote("text\n\n", key, verifyEd25519)).toBeNull();
  });

  it("ignores the signatures of others, such as witnesses", async () => {
    const witness = encodeNote("text\n", { ...key, name: "witness" }, new Uint8Array(64)).split("\n\n")[1];
    expect(await openNote(signed("text\n") + witness, key, verifyEd25519)).toBe("text\n");
  });

  it.each([
    "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq_LDE4izWy10TW",
    "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "",
  ])("refuses the key %j", (vkey) => {
    expect(parseVerificationKey(vkey)).toBeNull();
  });
});

describe("a checkpoint", () => {
  const root = base64(new Uint8Array(32).fill(7));

  it("reads back what it says, extension lines aside", () => {
    const text = encodeCheckpoint({ origin: "o", size: 12, root: new Uint8Array(32).fill(7) });
    expect(text).toBe(`o\n12\n${root}\n`);
    expect(parseCheckpoint(`${text}more\n`)).toMatchObject({ origin: "o", size: 12 });
  });

  it.each([
    `\n12\n${root}\n`,
    `o\n012\n${root}\n`,
    `o\n-1\n${root}\n`,
    `o\n9007199254740993\n${root}\n`,
    `o\n12\n${root.slice(4)}\n`,
    `o\n12\n${root}`,
    `o\n12\n${root}\n\nx\n`,
    "o\n12",
  ])("is refused when it reads %j", (text) => {
    expect(parseCheckpoint(text)).toBeNull();
  });

  it("counts only under the origin that its key is named after", async () => {
    const text = encodeCheckpoint({ origin: "another.example/audit", size: 1, root: new Uint8Array(32) });
    expect(await openCheckpoint(signed(text), key, verifyEd25519)).toBeNull();
  });
});

describe("offline verification of a range", () => {
  it("accepts what the log really holds, for any run and any earlier checkpoints", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 120 }),
        fc.nat(),
        fc.nat(),
        fc.nat(),
        async (size, a, b, c) => {
          const from = a % size;
          const to = from + 1 + (b % (size - from));
          const proven = await verifyRange(evidence([c % (size + 1), size], from, to), verifyEd25519);
          expect(proven).toEqual({
            ok: true,
            value: { origin: key.name, size, from, to, checkpoints: 2 },
          });
        },
      ),
      { seed: 1, numRuns: 150 },
    );
  });

  it("refuses a changed, dropped, added or moved leaf", async () => {
    const good = evidence([50, 100], 20, 60);
    const swapped = [...good.leaves];
    [swapped[3], swapped[4]] = [swapped[4] ?? "", swapped[3] ?? ""];
    const forgeries: RangeEvidence[] = [
      { ...good, leaves: good.leaves.map((leaf, n) => (n === 7 ? `${leaf} ` : leaf)) },
      { ...good, leaves: good.leaves.slice(1) },
      { ...good, leaves: good.leaves.slice(0, -1) },
      { ...good, leaves: [...good.leaves, "{}"] },
      { ...good, leaves: swapped },
      { ...good, from: 21 },
      { ...good, from: -1 },
      { ...good, from: 0.5 },
      { ...good, from: 61 },
    ];
    for (const forgery of forgeries) {
      expect(await verifyRange(forgery, verifyEd25519)).toMatchObject({ ok: false });
    }
  });

  it("refuses any proof hash that was exchanged", async () => {
    const good = evidence([37, 61, 100], 20, 60);
    const forge = (proof: readonly string[], at: number) =>
      proof.map((hash, n) => (n === at ? base64(new Uint8Array(32)) : hash));
    for (const part of ["first", "last"] as const) {
      for (const at of good.proofs[part].keys()) {
        const proofs = { ...good.proofs, [part]: forge(good.proofs[part], at) };
        expect(await verifyRange({ ...good, proofs }, verifyEd25519)).toMatchObject({ ok: false });
      }
    }
    for (const [step, proof] of good.proofs.consistency.entries()) {
      for (const at of proof.keys()) {
        const consistency = good.proofs.consistency.map((p, n) => (n === step ? forge(p, at) : p));
        const proofs = { ...good.proofs, consistency };
        expect(await verifyRange({ ...good, proofs }, verifyEd25519)).toMatchObject({ ok: false });
      }
    }
  });

  it("notices that the history before an old checkpoint was rewritten", async () => {
    const rewritten = LEAVES.map((leaf, n) => (n === 5 ? "{}" : leaf));
    const before = evidence([50], 0, 1);
    const after = evidence([50, 100], 20, 60, rewritten);
    const checkpoints = [before.checkpoints[0] ?? "", after.checkpoints[1] ?? ""];
    expect(await verifyRange({ ...after, checkpoints }, verifyEd25519)).toEqual({
      ok: false,
      error: "The log of size 100 does not continue the log of size 50: its history was changed.",
    });
  });

  it("refuses checkpoints that shrink, that nobody signed, or that are missing", async () => {
    const good = evidence([50, 100], 20, 60);
    const unsigned = good.checkpoints.map((note) => note.replace("\n100\n", "\n101\n"));
    for (const checkpoints of [[...good.checkpoints].reverse(), unsigned, []]) {
      expect(await verifyRange({ ...good, checkpoints }, verifyEd25519)).toMatchObject({ ok: false });
    }
    expect(await verifyRange({ ...good, publicKey: "x" }, verifyEd25519)).toMatchObject({ ok: false });
  });
});
