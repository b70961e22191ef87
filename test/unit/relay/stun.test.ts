import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answerBinding, bindingRequest, readBindingAnswer } from "../../../shared/relay/stun.ts";

const credential = { user: "leg_0000000000000000000000000a", key: "A".repeat(43) };
const transaction = Uint8Array.from({ length: 12 }, (_, at) => at + 1);
const request = bindingRequest(credential, transaction);
const ask = (datagram = request, source = "198.51.100.7:4711", of = credential) =>
  answerBinding(datagram, of, source);

describe("a probe of a leg", () => {
  it.each(["198.51.100.7:4711", "[2001:db8::7]:65535", "10.0.0.1:1"])(
    "is answered with %s, from where it came",
    (source) => {
      const answer = ask(request, source);
      expect(answer && readBindingAnswer(answer, credential.key, transaction)).toBe(source);
      expect(answer?.length).toBeLessThanOrEqual(request.length);
    },
  );

  it("is a message that other programs read: a binding request with user and integrity", () => {
    // RFC 8489 §5: type, length, cookie, transaction.
    expect(Buffer.from(request.subarray(0, 20)).toString("hex")).toBe(
      "000100482112a4420102030405060708090a0b0c",
    );
    expect(Buffer.from(request.subarray(20, 24)).toString("hex")).toBe("0006001e");
    expect(Buffer.from(request.subarray(56, 60)).toString("hex")).toBe("001c0020");
  });

  it("gets no answer without the key or with another leg's name", () => {
    expect(ask(bindingRequest({ ...credential, key: "B".repeat(43) }, transaction))).toBeNull();
    expect(
      ask(bindingRequest({ ...credential, user: "leg_0000000000000000000000000b" }, transaction)),
    ).toBeNull();
  });

  it("gets no answer that is longer than it is itself", () => {
    const short = { user: "leg_short", key: credential.key };
    expect(answerBinding(bindingRequest(short, transaction), short, "[2001:db8::7]:1")).toBeNull();
    expect(answerBinding(bindingRequest(short, transaction), short, "192.0.2.1:1")).not.toBeNull();
  });

  it("gets no answer when any bit of it was changed, or when it was cut", () => {
    fc.assert(
      fc.property(fc.nat(request.length - 1), fc.integer({ min: 0, max: 7 }), (at, bit) => {
        const changed = request.map((byte, index) => (index === at ? byte ^ (1 << bit) : byte));
        expect(ask(changed)).toBeNull();
        expect(ask(request.slice(0, at))).toBeNull();
      }),
    );
  });

  it("believes no answer to another probe, and none that was made without the key", () => {
    const answer = ask() ?? new Uint8Array();
    expect(readBindingAnswer(answer, credential.key, transaction)).toBe("198.51.100.7:4711");
    expect(readBindingAnswer(answer, credential.key, new Uint8Array(12))).toBeNull();
    expect(readBindingAnswer(answer, "B".repeat(43), transaction)).toBeNull();
    expect(readBindingAnswer(request, credential.key, transaction)).toBeNull();
  });

  it("takes anything that comes without breaking", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(ask(bytes)).toBeNull();
        expect(ask(Uint8Array.from([...request.subarray(0, 20), ...bytes]))).toBeNull();
        expect(readBindingAnswer(bytes, credential.key, transaction)).toBeNull();
      }),
    );
  });
});
