import { mkdirSync, writeFileSync } from "node:fs";
import { base64url } from "../../../shared/base/base64url.ts";
import { concat, utf8 } from "../../../shared/crypto/bytes.ts";
import { hkdfSha256 } from "../../../shared/crypto/hkdf.ts";
import { createCryptoProvider } from "../../../shared/crypto/provider.ts";
import { confirm } from "../../../shared/node/protocol/handshake.ts";
import { answerBytes, requestBytes } from "../../../shared/node/protocol/message-mac.ts";
import { answerChallenge, provePossession } from "../../../shared/node/protocol/possession.ts";
import { label, transcript } from "../../../shared/node/protocol/transcript.ts";
import {
  compositeVector,
  envelopeVector,
  hkdfVector,
  sealedKeyVector,
  xWingVector,
} from "./building-blocks.ts";

/**
 * Vectors for whoever writes an agent in another language: `node test/vectors/agent-protocol/make.ts` writes
 * `vectors.json` beside this file. Seeds are the bytes 0x01…, so that every value can be computed again; ciphertexts
 * hold randomness and are given as they are, from a stream that a fixed seed gives.
 */

const filled = (value: number, length = 32) => new Uint8Array(length).fill(value);
const ORIGIN = "https://hub.example.com";

/** A fixed stream instead of randomness. */
function stream() {
  let next = 0;
  return (length: number) => Uint8Array.from({ length }, () => next++ & 255);
}

export async function vectors() {
  const provider = await createCryptoProvider({ random: stream() });
  const hubKem = await provider.xWing.key(filled(1));
  const kem = await provider.xWing.key(filled(2));
  const wireguard = await provider.x25519.key(filled(3));
  const ephemeral = await provider.x25519.key(filled(4));

  const toNode = await provider.xWing.encapsulate(kem.publicKey);
  const toHub = await provider.xWing.encapsulate(hubKem.publicKey);
  if (!toNode.ok || !toHub.ok) throw new Error("the keys are well-formed");
  const possession = await answerChallenge(
    provider,
    { kem: filled(2), wireguard: filled(3) },
    { kemCiphertext: toNode.value.ciphertext, wireguardEphemeral: ephemeral.publicKey },
  );
  if (!possession.ok) throw new Error("the challenge is well-formed");

  const statement = utf8(
    JSON.stringify({
      node: "nod_01hzzzzzzzzzzzzzzzzzzzzzzz",
      counter: 1,
      time: 1_795_000_000_000,
      nonce: base64url(filled(5, 16)),
      hubCiphertext: base64url(toHub.value.ciphertext),
    }),
  );
  const sessionKey = await hkdfSha256(provider.hmacSha256, {
    secret: toHub.value.sharedSecret,
    salt: await provider.sha256(concat(transcript("handshake", ORIGIN, statement))),
    info: transcript("session"),
    length: 32,
  });
  const answer = await confirm(provider, sessionKey, {
    ticket: "AQIDBA",
    expiresAt: 1_795_000_600_000,
    hubTime: 1_795_000_000_123,
    pollSeconds: 15,
    telemetrySeconds: 60,
  });
  const mac = await provider.hmacSha256.key(sessionKey);
  const request = {
    method: "GET",
    origin: ORIGIN,
    target: "/agent/v1/config",
    counter: 0,
    nonce: base64url(filled(6, 16)),
    applied: "",
    bodyHash: await provider.sha256(new Uint8Array(0)),
  };
  const reply = {
    nonce: request.nonce,
    status: 304,
    etag: `"1.1.7.${base64url(filled(7))}"`,
    time: 1_795_000_001_000,
    bodyHash: request.bodyHash,
  };
  const b64 = base64url;
  return {
    transcript: {
      purpose: "request",
      fields: ["a", 12, { base64url: b64(filled(9, 3)) }],
      bytes: b64(transcript("request", "a", 12, filled(9, 3))),
    },
    signature: {
      note: "ML-DSA context and composite context of a statement: the label of its purpose",
      context: label("handshake"),
      message: b64(transcript("handshake", ORIGIN, statement)),
    },
    possession: {
      kemSeed: b64(filled(2)),
      wireguardPrivate: b64(filled(3)),
      kemCiphertext: b64(toNode.value.ciphertext),
      wireguardEphemeral: b64(ephemeral.publicKey),
      secret: b64(possession.value),
      statement: b64(statement),
      proof: b64(await provePossession(provider, possession.value, statement)),
      wireguardPublic: b64(wireguard.publicKey),
    },
    handshake: {
      origin: ORIGIN,
      hubKemSeed: b64(filled(1)),
      statement: b64(statement),
      sharedSecret: b64(toHub.value.sharedSecret),
      sessionKey: b64(sessionKey),
      answer,
    },
    request: { ...request, bodyHash: b64(request.bodyHash), mac: b64(await mac.sign(requestBytes(request))) },
    answer: { ...reply, bodyHash: b64(reply.bodyHash), mac: b64(await mac.sign(answerBytes(reply))) },
    xWing: await xWingVector(provider),
    hkdf: await hkdfVector(provider),
    composite: await compositeVector(provider),
    envelope: envelopeVector(),
    sealedKey: await sealedKeyVector(provider, ORIGIN),
  };
}

if (import.meta.main) {
  mkdirSync(import.meta.dirname, { recursive: true });
  writeFileSync(`${import.meta.dirname}/vectors.json`, `${JSON.stringify(await vectors(), null, 2)}\n`);
}
