import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as f from "../../../support/foreign/crypto.ts";

const read = (folder: string) =>
  JSON.parse(readFileSync(new URL(`../../../vectors/${folder}/vectors.json`, import.meta.url), "utf8"));
const vectors = read("agent-protocol");
const { bytes, text, transcript } = f;
const NOTHING = new Uint8Array();

/** The published vectors, by an implementation that shares no line with the one that made them. */
describe("written from the documents alone", () => {
  it("X-Wing, HKDF and composite signatures agree", async () => {
    const { xWing, hkdf, composite } = vectors;
    const opened = await f.xWingDecapsulate(bytes(xWing.seed), bytes(xWing.ciphertext));
    expect(text(await f.xWingPublic(bytes(xWing.seed)))).toBe(xWing.publicKey);
    expect([text(opened.latticeSecret), text(opened.secret)]).toEqual([
      xWing.mlKemSecret,
      xWing.sharedSecret,
    ]);
    const ofCurve = bytes(xWing.ciphertext).subarray(1_088);
    expect(text(f.agree(bytes(xWing.x25519Private), ofCurve))).toBe(xWing.x25519Secret);
    expect(text(f.hmac(bytes(hkdf.salt), bytes(hkdf.secret)))).toBe(hkdf.prk);
    expect(text(f.hkdf(bytes(hkdf.secret), bytes(hkdf.salt), bytes(hkdf.info)))).toBe(hkdf.output);
    const { publicKey } = await f.signingKey(bytes(composite.seed));
    expect([text(publicKey), text(f.sha256(publicKey).subarray(0, 16))]).toEqual([
      composite.publicKey,
      composite.keyId,
    ]);
    const message = bytes(composite.message);
    expect(text(f.representative(message, composite.context))).toBe(composite.representative);
    const holds = (context: string) => f.verifies(publicKey, message, bytes(composite.signature), context);
    expect([await holds(composite.context), await holds("other")]).toEqual([true, false]);
  });

  it("envelopes and the sealed key agree", async () => {
    const { envelope, sealedKey } = vectors;
    expect(text(f.envelopeBytes(envelope.payloadType, bytes(envelope.payload)))).toBe(envelope.signed);
    const ciphertext = bytes(sealedKey.hubCiphertext);
    const { secret } = await f.xWingDecapsulate(bytes(sealedKey.hubKemSeed), ciphertext);
    const key = f.hkdf(secret, NOTHING, transcript("enroll-key"));
    const associated = transcript("enroll-key", sealedKey.origin, ciphertext, bytes(sealedKey.signingPublic));
    expect([text(key), text(associated)]).toEqual([sealedKey.key, sealedKey.associatedData]);
    expect(text(f.seal(key, Buffer.from(sealedKey.secret), associated))).toBe(sealedKey.sealedKey);
    const { keys, roots } = read("node-config");
    for (const root of roots.envelopes.map((given: string) => JSON.parse(given))) {
      const [{ keyid, sig }] = root.signatures;
      const key = keys.find(({ keyId }: { keyId: string }) => keyId === keyid);
      const signed = f.envelopeBytes(root.payloadType, Buffer.from(root.payload, "base64"));
      const signature = Buffer.from(sig, "base64");
      expect(await f.verifies(bytes(key.publicKey), signed, signature, envelope.context)).toBe(true);
    }
  });

  it("possession, the handshake and the MACs of messages agree", async () => {
    const { possession: p, handshake: h, request: q, answer: a, transcript: t } = vectors;
    expect(text(transcript(t.purpose, t.fields[0], t.fields[1], bytes(t.fields[2].base64url)))).toBe(t.bytes);
    const [kemSeed, kemCiphertext] = [bytes(p.kemSeed), bytes(p.kemCiphertext)];
    const ephemeral = bytes(p.wireguardEphemeral);
    const possessed = f.hkdf(
      Buffer.concat([
        (await f.xWingDecapsulate(kemSeed, kemCiphertext)).secret,
        f.agree(bytes(p.wireguardPrivate), ephemeral),
      ]),
      NOTHING,
      transcript(
        "possession",
        kemCiphertext,
        ephemeral,
        await f.xWingPublic(kemSeed),
        bytes(p.wireguardPublic),
      ),
    );
    expect(text(possessed)).toBe(p.secret);
    expect(text(f.hmac(possessed, transcript("possession", bytes(p.statement))))).toBe(p.proof);
    const statement = bytes(h.statement);
    const { hubCiphertext } = JSON.parse(statement.toString());
    const { secret } = await f.xWingDecapsulate(bytes(h.hubKemSeed), bytes(hubCiphertext));
    const salt = f.sha256(transcript("handshake", h.origin, statement));
    const key = f.hkdf(secret, salt, transcript("session"));
    expect([text(secret), text(key)]).toEqual([h.sharedSecret, h.sessionKey]);
    const mac = (...said: Parameters<typeof transcript>) => text(f.hmac(key, transcript(...said)));
    const { confirmation, ticket, ...times } = h.answer;
    const { expiresAt, hubTime, pollSeconds, telemetrySeconds } = times;
    expect(mac("handshake-confirmation", ticket, expiresAt, hubTime, pollSeconds, telemetrySeconds)).toBe(
      confirmation,
    );
    const { method, origin, target, counter, nonce, applied } = q;
    expect(mac("request", method, origin, target, counter, nonce, applied, bytes(q.bodyHash))).toBe(q.mac);
    expect(mac("answer", a.nonce, a.status, a.etag, a.time, bytes(a.bodyHash))).toBe(a.mac);
  });
});
