import { beforeAll, describe, expect, it } from "vitest";
import { base64url, fromBase64url } from "../../../../shared/base/base64url.ts";
import type { ContextSigningKey, CryptoProvider, DecapsulationKey } from "../../../../shared/crypto/types.ts";
import {
  acceptHandshake,
  confirm,
  confirmed,
  startHandshake,
} from "../../../../shared/node/protocol/handshake.ts";
import { signStatement, verifyStatement } from "../../../../shared/node/protocol/statement.ts";
import type { HandshakeStatement, SignedStatement } from "../../../../shared/node/protocol/types.ts";
import { flipBit, ORIGIN, testProvider } from "./support.ts";

const ANSWER = { ticket: "t", expiresAt: 2_000, hubTime: 1_000, pollSeconds: 15, telemetrySeconds: 60 };

let provider: CryptoProvider;
let device: ContextSigningKey;
let hubKem: DecapsulationKey;

beforeAll(async () => {
  provider = await testProvider();
  device = await provider.composite.key(provider.random(provider.composite.lengths.seed));
  hubKem = await provider.xWing.key(provider.random(provider.xWing.lengths.seed));
});

const read = (signed: SignedStatement) =>
  JSON.parse(
    new TextDecoder().decode(fromBase64url(signed.statement) ?? new Uint8Array()),
  ) as HandshakeStatement;

async function start(origin = ORIGIN) {
  const started = await startHandshake(
    provider,
    { origin, kem: hubKem.publicKey },
    { node: "nod_1", signingKey: device },
    { counter: 1, time: 1_000 },
  );
  if (!started.ok) throw new Error(started.error);
  return started.value;
}

describe("the handshake", () => {
  it("gives both sides the same session key, and proves the hub to the node", async () => {
    const { request, sessionKey } = await start();
    expect(await verifyStatement(provider, "handshake", ORIGIN, request, device.publicKey)).toBe(true);
    const accepted = await acceptHandshake(provider, { origin: ORIGIN, kem: hubKem }, request, read(request));
    expect(accepted).toEqual({ ok: true, value: sessionKey });
    const answer = await confirm(provider, sessionKey, ANSWER);
    expect(await confirmed(provider, sessionKey, answer)).toBe(true);
  });

  it("is not confirmed by a hub without the key, nor with anything of the answer changed", async () => {
    const { request, sessionKey } = await start();
    const other = await provider.xWing.key(provider.random(provider.xWing.lengths.seed));
    const wrong = await acceptHandshake(provider, { origin: ORIGIN, kem: other }, request, read(request));
    if (!wrong.ok) throw new Error(wrong.error);
    expect(await confirmed(provider, sessionKey, await confirm(provider, wrong.value, ANSWER))).toBe(false);
    const answer = await confirm(provider, sessionKey, ANSWER);
    for (const change of [
      { ticket: "u" },
      { expiresAt: 9_000 },
      { hubTime: 999 },
      { pollSeconds: 16 },
      { telemetrySeconds: 61 },
      { confirmation: "" },
    ]) {
      expect(await confirmed(provider, sessionKey, { ...answer, ...change })).toBe(false);
    }
  });

  it("means nothing at another hub, for another purpose, under another key, or changed", async () => {
    const { request } = await start();
    const holds = (
      purpose: "handshake" | "enroll",
      origin: string,
      signed: SignedStatement,
      key: Uint8Array = device.publicKey,
    ) => verifyStatement(provider, purpose, origin, signed, key);
    const other = await provider.composite.key(provider.random(provider.composite.lengths.seed));
    expect(await holds("handshake", "https://hub.example.net", request)).toBe(false);
    expect(await holds("enroll", ORIGIN, request)).toBe(false);
    expect(await holds("handshake", ORIGIN, request, other.publicKey)).toBe(false);
    const statement = fromBase64url(request.statement) ?? new Uint8Array();
    const signature = fromBase64url(request.signature) ?? new Uint8Array();
    for (let bit = 0; bit < statement.length * 8; bit += 397) {
      const changed = { ...request, statement: base64url(flipBit(statement, bit)) };
      expect(await holds("handshake", ORIGIN, changed)).toBe(false);
    }
    for (let bit = 0; bit < signature.length * 8; bit += 1_931) {
      const changed = { ...request, signature: base64url(flipBit(signature, bit)) };
      expect(await holds("handshake", ORIGIN, changed)).toBe(false);
    }
  });

  it("needs both halves of the signature", async () => {
    const { request } = await start();
    const other = await signStatement("handshake", ORIGIN, { other: true }, device);
    const good = fromBase64url(request.signature) ?? new Uint8Array();
    const foreign = fromBase64url(other.signature) ?? new Uint8Array();
    const lattice = good.length - 64;
    for (const [first, second] of [
      [good, foreign],
      [foreign, good],
      [good, new Uint8Array(good.length)],
      [new Uint8Array(good.length), good],
    ] as const) {
      const mixed = new Uint8Array([...first.subarray(0, lattice), ...second.subarray(lattice)]);
      const signed = { ...request, signature: base64url(mixed) };
      expect(await verifyStatement(provider, "handshake", ORIGIN, signed, device.publicKey)).toBe(false);
    }
  });
});
