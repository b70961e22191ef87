import { beforeAll, describe, expect, it } from "vitest";
import type { CryptoProvider } from "../../../../shared/crypto/types.ts";
import {
  openEnrolmentSecret,
  sealEnrolmentSecret,
} from "../../../../shared/node/protocol/enrolment-secret.ts";
import {
  answerChallenge,
  issueChallenge,
  possessionHolds,
  provePossession,
} from "../../../../shared/node/protocol/possession.ts";
import { flipBit, ORIGIN, testProvider } from "./support.ts";

let provider: CryptoProvider;
beforeAll(async () => {
  provider = await testProvider();
});

async function keysOf(seeds: { kem: Uint8Array; wireguard: Uint8Array }) {
  const kem = await provider.xWing.key(seeds.kem);
  const wireguard = await provider.x25519.key(seeds.wireguard);
  return { kem: kem.publicKey, wireguard: wireguard.publicKey };
}

const newSeeds = () => ({ kem: provider.random(32), wireguard: provider.random(32) });

describe("proof of possession", () => {
  const statement = new TextEncoder().encode("statement");

  it("holds for who has both private keys", async () => {
    const seeds = newSeeds();
    const issued = await issueChallenge(provider, await keysOf(seeds));
    if (!issued.ok) throw new Error(issued.error);
    const answered = await answerChallenge(provider, seeds, issued.value);
    expect(answered).toEqual({ ok: true, value: issued.value.secret });
    const proof = await provePossession(provider, issued.value.secret, statement);
    expect(await possessionHolds(provider, issued.value.secret, statement, proof)).toBe(true);
    expect(await possessionHolds(provider, issued.value.secret, flipBit(statement, 0), proof)).toBe(false);
    expect(await possessionHolds(provider, issued.value.secret, statement, flipBit(proof, 0))).toBe(false);
  });

  it("fails for who has only one of them", async () => {
    const seeds = newSeeds();
    const stranger = newSeeds();
    const issued = await issueChallenge(provider, await keysOf(seeds));
    if (!issued.ok) throw new Error(issued.error);
    for (const partial of [
      { ...seeds, kem: stranger.kem },
      { ...seeds, wireguard: stranger.wireguard },
    ]) {
      const answered = await answerChallenge(provider, partial, issued.value);
      expect(answered.ok && answered.value).not.toEqual(issued.value.secret);
    }
  });

  it.each([
    ["31 bytes", new Uint8Array(31)],
    ["33 bytes", new Uint8Array(33)],
    ["all zero", new Uint8Array(32)],
    ["of order 4", Uint8Array.from([1, ...new Array(31).fill(0)])],
  ])("is not asked of a WireGuard key that is %s", async (_, wireguard) => {
    const { kem } = await keysOf(newSeeds());
    expect((await issueChallenge(provider, { kem, wireguard })).ok).toBe(false);
  });

  it("is not asked of a KEM key of the wrong length", async () => {
    const { kem, wireguard } = await keysOf(newSeeds());
    expect((await issueChallenge(provider, { kem: kem.slice(1), wireguard })).ok).toBe(false);
  });
});

describe("the enrolment secret", () => {
  it("is opened by the hub alone, for the device that sealed it", async () => {
    const hubKem = await provider.xWing.key(provider.random(32));
    const signingKey = provider.random(1_984);
    const sealed = await sealEnrolmentSecret(provider, "rnek_secret", {
      origin: ORIGIN,
      hubKem: hubKem.publicKey,
      signingKey,
    });
    if (!sealed.ok) throw new Error(sealed.error);
    const open = (change: object) =>
      openEnrolmentSecret(provider, sealed.value, { origin: ORIGIN, hubKem, signingKey, ...change });
    expect(await open({})).toEqual({ ok: true, value: "rnek_secret" });
    const other = await provider.xWing.key(provider.random(32));
    expect((await open({ hubKem: other })).ok).toBe(false);
    expect((await open({ origin: "https://evil.example" })).ok).toBe(false);
    expect((await open({ signingKey: flipBit(signingKey, 9) })).ok).toBe(false);
  });
});
