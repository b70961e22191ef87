import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  MAX_PAYLOAD_BYTES,
  MAX_SIGNATURES,
  preAuthenticationEncoding,
  signEnvelope,
  type TrustedKeys,
  verifyEnvelope,
} from "../../../shared/crypto/dsse.ts";
import { native, noble } from "./support.ts";

const TYPE = "application/vnd.rustronaut.test+json";
const PAYLOAD = new TextEncoder().encode('{"a":1}');
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (content: string) => new TextEncoder().encode(content);

const signers = await Promise.all(
  ["one", "two", "three"].map(async (keyId, n) => ({
    keyId,
    key: await native.composite.key(new Uint8Array(64).fill(n + 1)),
  })),
);
const [one, two, three] = signers as [(typeof signers)[0], (typeof signers)[0], (typeof signers)[0]];

function trusting(known: typeof signers, changes: Partial<TrustedKeys> = {}): TrustedKeys {
  const keys = new Map(known.map(({ keyId, key }) => [keyId, key.publicKey]));
  return { keys, threshold: 1, payloadType: TYPE, ...changes };
}

const verify = (envelope: Uint8Array, trusted: TrustedKeys) =>
  verifyEnvelope(native.composite, envelope, trusted);
const refusedAs = (error: string) => ({ ok: false, error });
const signed = () => signEnvelope(TYPE, PAYLOAD, [one, two]);

/** The envelope with members replaced, in the one encoding that is taken. */
async function withMembers(change: (envelope: Envelope) => unknown): Promise<Uint8Array> {
  return bytes(JSON.stringify(change(JSON.parse(text(await signed())) as Envelope)));
}
interface Envelope {
  readonly payload: string;
  readonly payloadType: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

describe("the envelope", () => {
  it("signs the encoding of the specification", () => {
    const encoded = preAuthenticationEncoding("http://example.com/HelloWorld", bytes("hello world"));
    expect(text(encoded)).toBe("DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    expect(text(preAuthenticationEncoding("é", bytes("")))).toBe("DSSEv1 2 é 0 ");
  });

  it("gives back exactly the signed bytes, by either backend", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), async (content) => {
        const envelope = await signEnvelope(TYPE, content, [one, two]);
        for (const { composite } of [native, noble]) {
          expect(await verifyEnvelope(composite, envelope, trusting([one, two], { threshold: 2 }))).toEqual({
            ok: true,
            value: { payload: Uint8Array.from(content), keyIds: ["one", "two"] },
          });
        }
      }),
      { seed: 20261124, numRuns: 10 },
    );
  });

  it("needs as many known keys as the threshold says", async () => {
    const envelope = await signed();
    expect(await verify(envelope, trusting([one, three]))).toMatchObject({ value: { keyIds: ["one"] } });
    expect(await verify(envelope, trusting([one, three], { threshold: 2 }))).toEqual(
      refusedAs("ENVELOPE_TOO_FEW_SIGNATURES"),
    );
    expect(await verify(envelope, trusting([one, two, three], { threshold: 3 }))).toEqual(
      refusedAs("ENVELOPE_TOO_FEW_SIGNATURES"),
    );
    expect(await verify(envelope, trusting([three]))).toEqual(refusedAs("ENVELOPE_UNKNOWN_KEY"));
    expect(await verify(envelope, trusting([]))).toEqual(refusedAs("ENVELOPE_UNKNOWN_KEY"));
  });

  it("counts no key twice", async () => {
    const twice = await withMembers(({ signatures, ...rest }) => ({
      ...rest,
      signatures: [signatures[0], signatures[0]],
    }));
    expect(await verify(twice, trusting([one, two], { threshold: 2 }))).toEqual(
      refusedAs("ENVELOPE_DUPLICATE_KEY"),
    );
    const alias = { keyId: "another name of one", key: one.key };
    const aliased = await signEnvelope(TYPE, PAYLOAD, [one, alias]);
    expect(await verify(aliased, trusting([one, alias], { threshold: 2 }))).toEqual(
      refusedAs("ENVELOPE_TOO_FEW_SIGNATURES"),
    );
  });

  it("has no threshold below one", async () => {
    const envelope = await signed();
    for (const threshold of [0, -1, 0.5, Number.NaN]) {
      await expect(verify(envelope, trusting([one], { threshold }))).rejects.toThrow(RangeError);
    }
  });

  it("refuses one wrong signature by a known key, even when others would be enough", async () => {
    const swapped = await withMembers(({ signatures: [a, b], ...rest }) => ({
      ...rest,
      signatures: [a, { keyid: "two", sig: a?.sig ?? b?.sig }],
    }));
    expect(await verify(swapped, trusting([one, two]))).toEqual(refusedAs("ENVELOPE_WRONG_SIGNATURE"));
    const shortened = await withMembers(({ signatures: [a, b], ...rest }) => ({
      ...rest,
      signatures: [a, { keyid: "two", sig: b?.sig.slice(0, -4) }],
    }));
    expect(await verify(shortened, trusting([one, two]))).toEqual(refusedAs("ENVELOPE_WRONG_SIGNATURE"));
  });

  it("is for one type of payload", async () => {
    const envelope = await signed();
    expect(await verify(envelope, trusting([one], { payloadType: "another" }))).toEqual(
      refusedAs("ENVELOPE_WRONG_TYPE"),
    );
    const renamed = await withMembers((parsed) => ({ ...parsed, payloadType: "another" }));
    expect(await verify(renamed, trusting([one], { payloadType: "another" }))).toEqual(
      refusedAs("ENVELOPE_WRONG_SIGNATURE"),
    );
  });

  it("has one encoding", async () => {
    const good = text(await signed());
    const { payload, payloadType, signatures } = JSON.parse(good) as Envelope;
    const others = [
      "",
      "null",
      "[]",
      "{}",
      `${good} `,
      ` ${good}`,
      `\uFEFF${good}`,
      good.slice(0, -1),
      good.replace(":", ": "),
      good.replace('"payloadType"', '"payload":"e30=","payloadType"'),
      good.replace("{", '{"extra":1,'),
      good.replace('"payload"', '"\\u0070ayload"'),
      JSON.stringify({ payloadType, payload, signatures }),
      JSON.stringify({ payload, payloadType, signatures: [] }),
      JSON.stringify({ payload, payloadType, signatures: {} }),
      JSON.stringify({ payload, payloadType, signatures: [null] }),
      JSON.stringify({ payload, payloadType, signatures: [{ sig: signatures[0]?.sig }] }),
      JSON.stringify({ payload, payloadType, signatures: [{ keyid: "one", sig: "*" }] }),
      JSON.stringify({ payload, payloadType, signatures: [{ keyid: "", sig: "AAAA" }] }),
      JSON.stringify({ payload, payloadType, signatures: [{ keyid: "x".repeat(129), sig: "AAAA" }] }),
      JSON.stringify({ payload: payload.replace(/=+$/, ""), payloadType, signatures }),
      JSON.stringify({ payload: 7, payloadType, signatures }),
      JSON.stringify({ payload, payloadType: null, signatures }),
    ];
    for (const other of others) {
      expect(await verify(bytes(other), trusting([one])), other.slice(0, 60)).toEqual(
        refusedAs("ENVELOPE_MALFORMED"),
      );
    }
    expect(await verify(Uint8Array.of(0xff, 0xfe), trusting([one]))).toEqual(refusedAs("ENVELOPE_MALFORMED"));
  });

  it("is refused with any bit changed", async () => {
    const envelope = await signed();
    await fc.assert(
      fc.asyncProperty(fc.nat(envelope.length - 1), fc.nat(7), async (at, bit) => {
        const changed = envelope.slice();
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        expect(await verify(changed, trusting([one, two], { threshold: 2 }))).toMatchObject({ ok: false });
      }),
      { seed: 20261124, numRuns: 300 },
    );
  });

  it("is bounded, before anything is verified", async () => {
    await expect(signEnvelope(TYPE, new Uint8Array(MAX_PAYLOAD_BYTES + 1), [one])).rejects.toThrow(
      RangeError,
    );
    await expect(signEnvelope(TYPE, PAYLOAD, [])).rejects.toThrow(RangeError);
    await expect(signEnvelope("", PAYLOAD, [one])).rejects.toThrow(RangeError);
    await expect(signEnvelope(TYPE, PAYLOAD, [{ ...one, keyId: "x".repeat(129) }])).rejects.toThrow(
      RangeError,
    );
    const crowd = Array.from({ length: MAX_SIGNATURES + 1 }, (_, n) => ({ keyid: `${n}`, sig: "AAAA" }));
    const crowded = await withMembers((parsed) => ({ ...parsed, signatures: crowd }));
    expect(await verify(crowded, trusting([one]))).toEqual(refusedAs("ENVELOPE_TOO_LARGE"));
    const bulky = await withMembers((parsed) => ({
      ...parsed,
      payload: "AAAA".repeat(Math.ceil(MAX_PAYLOAD_BYTES / 3) + 1),
    }));
    expect(await verify(bulky, trusting([one]))).toEqual(refusedAs("ENVELOPE_TOO_LARGE"));
    expect(await verify(new Uint8Array(8 * 1024 * 1024), trusting([one]))).toEqual(
      refusedAs("ENVELOPE_TOO_LARGE"),
    );
  });
});
