import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromBase64url } from "../../../../shared/base/base64url.ts";
import { verifyInclusion } from "../../../../shared/merkle/proof.ts";
import { leafHash } from "../../../../shared/merkle/tree.ts";
import { losesTooMany, nodesToHoldFor } from "../../../../shared/node/config/hold.ts";
import { hashOf } from "../../../../shared/node/config/object.ts";
import { compareSerials, formatTag, nextCounter, parseTag } from "../../../../shared/node/config/serial.ts";
import { signTick } from "../../../../shared/node/config/tick.ts";
import { HOUR, NETWORK, NOW, nodeId, online, SEGMENT, seeded, serial } from "./support.ts";

describe("serials", () => {
  it("are ordered by epoch, then root version, then counter", () => {
    const ordered = [serial(9, 1, 0), serial(0, 2, 0), serial(1, 2, 0), serial(0, 1, 1), serial(0, 2, 1)];
    for (const [i, a] of ordered.entries()) {
      for (const [j, b] of ordered.entries()) {
        expect(Math.sign(compareSerials(a, b))).toBe(Math.sign(i - j));
      }
    }
  });

  it("count on with the clock, and without it", () => {
    expect(nextCounter(5, 1_000)).toBe(1_000);
    expect(nextCounter(1_000, 1_000)).toBe(1_001);
    expect(nextCounter(2_000, 1_000)).toBe(2_001);
  });

  it("have one text, which reads back", () => {
    const manifest = hashOf(seeded("manifest", 9));
    const count = fc.maxSafeNat();
    fc.assert(
      fc.property(count, count, count, (epoch, rootVersion, counter) => {
        const tag = { serial: { epoch, rootVersion, counter }, manifest };
        expect(parseTag(formatTag(tag))).toEqual(tag);
      }),
      { seed: 1, numRuns: 200 },
    );
    const tag = `0.1.2.${manifest}`;
    for (const wrong of [
      `"${tag}"`,
      ` ${tag}`,
      `${tag}\n`,
      `0.01.2.${manifest}`,
      `0.1.${manifest}`,
      `${tag}x`,
      "",
    ]) {
      expect(parseTag(wrong)).toBeNull();
    }
    expect(parseTag(`0.1.9999999999999999.${manifest}`)).toBeNull();
    expect(parseTag(`W/"${tag}", "${tag}"`.repeat(10_000))).toBeNull();
  });
});

describe("a tick", () => {
  it.each([1, 2, 3, 7, 8, 33])("of %s changes proves each of them, in a fixed order", async (size) => {
    const changes = Array.from({ length: size }, (_, n) => ({
      node: nodeId(size - n),
      manifest: hashOf(seeded(`manifest ${n}`, 8)),
    }));
    const input = {
      network: NETWORK,
      segment: SEGMENT,
      serial: serial(3),
      issuedAt: NOW,
      expiresAt: NOW + HOUR,
      changes,
    };
    const tick = await signTick(input, [online]);
    expect(tick.document.treeSize).toBe(size);
    expect((await signTick({ ...input, changes: [...changes].reverse() }, [online])).document).toEqual(
      tick.document,
    );
    const treeRoot = fromBase64url(tick.document.treeRoot) ?? new Uint8Array();
    for (const { node, manifest } of changes) {
      const proof = tick.proofs.get(node);
      const leaf = fromBase64url(proof?.leaf ?? "") ?? new Uint8Array();
      const path = (proof?.path ?? []).map((hash) => fromBase64url(hash) ?? new Uint8Array());
      expect(verifyInclusion(leafHash(leaf), proof?.index ?? -1, size, path, treeRoot)).toBe(true);
      expect(JSON.parse(new TextDecoder().decode(leaf))).toMatchObject({ node, manifest, serial: serial(3) });
    }
  });

  it("has changes, and one for each node", async () => {
    const change = { node: nodeId(1), manifest: hashOf(seeded("m", 8)) };
    const input = {
      network: NETWORK,
      segment: SEGMENT,
      serial: serial(3),
      issuedAt: NOW,
      expiresAt: NOW + HOUR,
    };
    await expect(signTick({ ...input, changes: [] }, [online])).rejects.toThrow(RangeError);
    await expect(signTick({ ...input, changes: [change, change] }, [online])).rejects.toThrow(RangeError);
  });
});

describe("holding a change", () => {
  const peers = (count: number) => Array.from({ length: count }, (_, n) => nodeId(n + 2));
  const everyone = () => true;

  it.each([
    [3, 0, false],
    [4, 2, true],
    [4, 3, false],
    [10, 7, false],
    [10, 6, true],
    [20, 14, false],
    [20, 13, true],
  ])("of %s peers, when %s stay: %s", (before, after, isHeld) => {
    expect(losesTooMany(peers(before), peers(after), everyone)).toBe(isHeld);
  });

  it("does not count peers that were let go, nor nodes that were", () => {
    const gone = new Set(peers(7));
    const stays = (node: string) => !gone.has(node);
    expect(losesTooMany(peers(10), peers(10).filter(stays), stays)).toBe(false);
    const changes = [
      { node: nodeId(1), before: peers(10), after: [] },
      { node: nodeId(3), before: peers(10), after: [] },
      { node: nodeId(99), before: peers(4), after: [...peers(3), nodeId(50)] },
    ];
    expect(nodesToHoldFor(changes, (node) => node !== nodeId(3))).toEqual([nodeId(1)]);
  });
});
