import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { certificateOf, networkOf } from "../../../workers/platform/network.ts";

/** A request as the platform hands it over, which says where its client's address is. */
function requestFrom(address: string | null, cf: unknown): Request {
  const request = new Request("https://wiki.example/", {
    headers: address === null ? {} : { "cf-connecting-ip": address },
  });
  return Object.defineProperty(request, "cf", { value: cf });
}

describe("where a request comes from", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("is the platform's word, in one spelling", () => {
    const request = requestFrom("2001:DB8:0::c7", { country: "NL", asn: 64_500, city: "x" });
    expect(networkOf(request)).toEqual({ ip: "2001:db8::c7", country: "NL", asn: 64_500 });
  });

  test("is asked anew for each address, and after a minute", () => {
    const country = (address: string, is: string) => networkOf(requestFrom(address, { country: is })).country;
    expect(country("203.0.113.201", "NL")).toBe("NL");
    expect(country("203.0.113.202", "DE")).toBe("DE");
    vi.advanceTimersByTime(59_999);
    expect(country("203.0.113.201", "FR")).toBe("NL");
    vi.advanceTimersByTime(1);
    expect(country("203.0.113.201", "FR")).toBe("FR");
  });

  test("is nothing that is left over where the platform names no address", () => {
    expect(networkOf(requestFrom(null, { country: "NL", asn: "64500" }))).toEqual({
      ip: null,
      country: "NL",
      asn: null,
    });
    expect(networkOf(requestFrom(null, undefined))).toEqual({ ip: null, country: null, asn: null });
  });

  test("can't be told of an address that is none", () => {
    for (const _ of [1, 2]) expect(() => networkOf(requestFrom("192.0.2.300", {}))).toThrow("malformed");
  });

  test("is remembered of a bounded number of addresses", () => {
    for (let n = 0; n < 10_000; n++) networkOf(requestFrom(`198.51.${n >> 8}.${n & 255}`, { country: "NL" }));
    expect(networkOf(requestFrom("198.51.0.0", { country: "DE" })).country).toBe("DE");
  });
});

describe("the certificate of a client", () => {
  const stated = {
    ...{ certPresented: "1", certVerified: "SUCCESS", certRevoked: "0", certSerial: "0A1B" },
    ...{ certFingerprintSHA256: "AB", certSubjectDNRFC2253: "CN=build-7", certIssuerDNRFC2253: "CN=Acme CA" },
  };
  const shown = (changed: object) =>
    certificateOf(requestFrom(null, { tlsClientAuth: { ...stated, ...changed } }));

  test("is the platform's word", () => {
    const expected = { fingerprint: "ab", subject: "CN=build-7", issuer: "CN=Acme CA", serial: "0a1b" };
    expect(shown({})).toEqual(expected);
  });

  test.each([
    ["not presented", { certPresented: "0" }],
    ["not verified", { certVerified: "FAILED:self signed certificate" }],
    ["revoked", { certRevoked: "1" }],
    ["verified in no word that is known", { certVerified: "success" }],
  ])("is none where it was %s", (_what, changed) => expect(shown(changed)).toBeNull());

  test("is none where the platform says nothing, whatever headers say", () => {
    const headers = {
      "cf-client-cert-verified": "SUCCESS",
      "x-client-cert": "x",
      "cf-cert-verified": "true",
    };
    expect(certificateOf(new Request("https://wiki.example/", { headers }))).toBeNull();
    expect(certificateOf(requestFrom(null, { tlsClientAuth: undefined }))).toBeNull();
  });
});
