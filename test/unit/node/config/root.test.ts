import { describe, expect, it } from "vitest";
import { base64url } from "../../../../shared/base/base64url.ts";
import { type EnvelopeSigner, signEnvelope } from "../../../../shared/crypto/dsse.ts";
import { acceptUpdate } from "../../../../shared/node/config/accept.ts";
import { PAYLOAD_TYPES } from "../../../../shared/node/config/envelopes.ts";
import { encode, hashOf } from "../../../../shared/node/config/object.ts";
import type { ConfigRefusalCode } from "../../../../shared/node/config/refusals.ts";
import { type RootPin, verifyRootChain } from "../../../../shared/node/config/root.ts";
import { makeRoot, type RootWish, signRoot } from "../../../../shared/node/config/root-signing.ts";
import type { RootDocument } from "../../../../shared/node/config/types.ts";
import {
  context,
  crypto,
  draft,
  NOW,
  online,
  pack,
  publicKeys,
  root,
  rootA,
  rootB,
  rootEnvelope,
  seeded,
  serial,
  signer,
  wish,
} from "./support.ts";

const next = (changed: Partial<RootWish>, after: RootDocument = root) =>
  makeRoot({ ...wish, ...changed }, after);
const byBoth = { root: { publicKeys: publicKeys(rootA, rootB), threshold: 2 } };

const second = next(byBoth);
const secondEnvelope = await signRoot(second, [rootA, rootB]);
const newOnline = await signer("online 2");
const third = next(
  { ...byBoth, online: { publicKeys: publicKeys(newOnline), threshold: 1 }, epoch: 1 },
  second,
);
const thirdEnvelope = await signRoot(third, [rootA, rootB]);
const CHAIN = [rootEnvelope, secondEnvelope, thirdEnvelope];

const pinOf = (document: RootDocument): RootPin => ({ hash: hashOf(encode(document)) });

async function verify(envelopes: readonly string[], pin: RootPin = pinOf(root), now: number | null = NOW) {
  const chain = await verifyRootChain(crypto, envelopes, pin, now);
  return chain.ok ? chain.value.map(({ version }) => version) : chain.error.code;
}

/** As it is, where `encode` would refuse what no schema has. */
const asItIs = (document: object) => new TextEncoder().encode(JSON.stringify(document));

/** Signed as it is, where `makeRoot` would refuse to make it. */
async function forged(changed: Partial<RootDocument>, signers: readonly EnvelopeSigner[], from = root) {
  const bytes = await signEnvelope(PAYLOAD_TYPES.root, asItIs({ ...from, ...changed }), signers);
  return new TextDecoder().decode(bytes);
}

describe("the chain of roots", () => {
  it("leads from any pinned root to the newest", async () => {
    expect(await verify(CHAIN)).toEqual([1, 2, 3]);
    expect(await verify(CHAIN, pinOf(second))).toEqual([2, 3]);
    expect(await verify(CHAIN, pinOf(third))).toEqual([3]);
    expect(await verify(CHAIN, { document: second })).toEqual([2, 3]);
    expect(await verify([], { document: third })).toEqual([3]);
  });

  it("needs the pinned root", async () => {
    const stranger = await forged({ network: "net_other" }, [rootA]);
    expect(await verify([stranger])).toBe("ROOT_NOT_PINNED");
    expect(await verify([])).toBe("ROOT_NOT_PINNED");
    expect(await verify([secondEnvelope, thirdEnvelope])).toBe("ROOT_NOT_PINNED");
  });

  it("has no gap", async () => {
    expect(await verify([rootEnvelope, thirdEnvelope])).toBe("ROOT_GAP");
    expect(await verify([thirdEnvelope], { document: root })).toBe("ROOT_GAP");
    expect(await verify([thirdEnvelope, secondEnvelope], { document: root })).toBe("ROOT_GAP");
  });

  it("cannot be led back", async () => {
    expect(await verify(CHAIN.slice(0, 2), { document: third })).toEqual([3]);
    const otherSecond = await signRoot(next({ ...byBoth, issuedAt: NOW }), [rootA, rootB]);
    expect(await verify([rootEnvelope, secondEnvelope, otherSecond])).toEqual([1, 2]);
  });

  it("needs the thresholds of the old role and of the new one", async () => {
    const taken = next({ root: { publicKeys: publicKeys(rootB), threshold: 1 } });
    expect(await verify([rootEnvelope, await signRoot(taken, [rootB])])).toBe("ENVELOPE_UNKNOWN_KEY");
    expect(await verify([rootEnvelope, await signRoot(taken, [rootA])])).toBe("ENVELOPE_UNKNOWN_KEY");
    expect(await verify([rootEnvelope, await signRoot(taken, [rootA, rootB])])).toEqual([1, 2]);
    expect(await verify([rootEnvelope, await signRoot(second, [rootA])])).toBe("ENVELOPE_TOO_FEW_SIGNATURES");
    const byOne = next({}, second);
    expect(await verify([...CHAIN.slice(0, 2), await signRoot(byOne, [rootA])])).toBe(
      "ENVELOPE_TOO_FEW_SIGNATURES",
    );
    expect(await verify([...CHAIN.slice(0, 2), await signRoot(byOne, [online])])).toBe(
      "ENVELOPE_UNKNOWN_KEY",
    );
  });

  it("stays in one network and never lowers the epoch", async () => {
    const moved = await forged({ version: 2, network: "net_other" }, [rootA]);
    expect(await verify([rootEnvelope, moved])).toBe("WRONG_NETWORK");
    const lowered = await forged({ version: 4, epoch: 0 }, [rootA, rootB], third);
    expect(await verify([...CHAIN, lowered])).toBe("ROOT_EPOCH_DECREASED");
  });

  it("may hold expired roots, but may not end in one", async () => {
    const shortLived = next({ ...byBoth, expiresAt: NOW - 1 });
    const expired = await signRoot(shortLived, [rootA, rootB]);
    expect(await verify([rootEnvelope, expired])).toBe("ROOT_EXPIRED");
    expect(await verify([rootEnvelope, expired], pinOf(root), null)).toEqual([1, 2]);
    const renewed = await signRoot(next(byBoth, shortLived), [rootA, rootB]);
    expect(await verify([rootEnvelope, expired, renewed])).toEqual([1, 2, 3]);
  });

  it("is bounded", async () => {
    expect(await verify(Array.from({ length: 65 }, () => rootEnvelope))).toBe("TOO_MANY_ROOTS");
    expect(await verify(["A".repeat(300_000)])).toBe("ENVELOPE_TOO_LARGE");
    expect(await verify(["{}"])).toBe("ENVELOPE_MALFORMED");
  });

  it("loses its meaning with any bit", async () => {
    const bytes = new TextEncoder().encode(secondEnvelope);
    for (let n = 0; n < 120; n++) {
      const bit = (n * 99_991) % (bytes.length * 8);
      const changed = bytes.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(await verify([rootEnvelope, new TextDecoder().decode(changed)]), `bit ${bit}`).toBeTypeOf(
        "string",
      );
    }
  });
});

describe("a root", () => {
  const [key = ""] = root.roles.root.keyIds;
  const role = (keyIds: readonly string[], threshold: number) => ({
    roles: { ...root.roles, online: { keyIds, threshold } },
  });
  const wrong: readonly [string, ConfigRefusalCode, Partial<RootDocument>][] = [
    ["a threshold of none", "ROOT_THRESHOLD", role(root.roles.online.keyIds, 0)],
    ["a threshold below none", "ROOT_THRESHOLD", role(root.roles.online.keyIds, -1)],
    ["a threshold above the number of keys", "ROOT_THRESHOLD", role(root.roles.online.keyIds, 2)],
    ["no key in a role", "ROOT_THRESHOLD", role([], 1)],
    ["a key twice", "ROOT_THRESHOLD", role([online.keyId, online.keyId], 2)],
    ["a key that it does not hold", "ROOT_THRESHOLD", role([base64url(seeded("id", 16))], 1)],
    ["a root key that is online", "ROOT_SHARED_KEY", role([key], 1)],
    [
      "an id that is not the hash of its key",
      "ROOT_KEY_ID",
      {
        keys: {
          ...root.keys,
          [online.keyId]: {
            scheme: "id-MLDSA65-Ed25519-SHA512",
            publicKey: base64url(rootB.key.publicKey),
          },
        },
      },
    ],
    ["public addresses", "ROOT_OVERLAY", { overlay: { ipv4: "8.0.0.0/8", ipv6: root.overlay.ipv6 } }],
    [
      "a range with host bits",
      "ROOT_OVERLAY",
      { overlay: { ipv4: "100.64.0.1/10", ipv6: root.overlay.ipv6 } },
    ],
    [
      "public IPv6 addresses",
      "ROOT_OVERLAY",
      { overlay: { ipv4: root.overlay.ipv4, ipv6: "2001:db8::/48" } },
    ],
    ["another type", "OBJECT_WRONG_TYPE", { type: "head" as never }],
    ["a version of none", "INVALID_SHAPE", { version: 0 }],
  ];
  it.each(wrong)("is refused with %s, even when it is pinned", async (_, code, changed) => {
    const envelope = await forged(changed, [rootA]);
    expect(await verify([envelope], { hash: hashOf(asItIs({ ...root, ...changed })) })).toBe(code);
  });

  it("that no node would take is not made", () => {
    for (const bad of [
      { root: { publicKeys: publicKeys(rootA), threshold: 2 } },
      { online: wish.root },
      { overlay: { ipv4: "10.0.0.0/8", ipv6: wish.overlay.ipv6 } },
    ]) {
      expect(() => next(bad)).toThrow(RangeError);
    }
    expect(() => next({ epoch: 0 }, third)).toThrow(RangeError);
  });
});

describe("a new root in an update", () => {
  it("takes the old hub's keys their power and resets the counter", async () => {
    const first = await acceptUpdate(
      crypto,
      { root, applied: null },
      (await pack(draft(), { serial: serial(9_007_199_254_740_991) })).update,
      context,
    );
    if (!first.ok) throw new Error(first.error.code);
    const roots = [secondEnvelope, thirdEnvelope];
    const rotated = await acceptUpdate(crypto, first.value, { roots }, context);
    expect(rotated.ok && rotated.value).toMatchObject({ change: "roots", root: { version: 3 } });
    const { update } = await pack(draft([2]), { serial: serial(1, 3, 1), signers: [newOnline] });
    const moved = await acceptUpdate(crypto, first.value, { ...update, roots }, context);
    expect(moved.ok && moved.value).toMatchObject({ change: "config", applied: { serial: serial(1, 3, 1) } });
    const old = await pack(draft([2]), { serial: serial(1, 3, 1) });
    expect(await acceptUpdate(crypto, first.value, { ...old.update, roots }, context)).toMatchObject({
      error: { code: "ENVELOPE_UNKNOWN_KEY" },
    });
  });

  it("that is refused takes the whole update with it", async () => {
    const { update } = await pack(draft());
    const roots = [thirdEnvelope];
    expect(await acceptUpdate(crypto, { root, applied: null }, { ...update, roots }, context)).toMatchObject({
      error: { code: "ROOT_GAP" },
    });
  });
});
