import { describe, expect, test } from "vitest";
import { idTokenFault } from "../../../../shared/access/login/id-token.ts";
import { parseJws } from "../../../../shared/access/login/jws.ts";
import { readLogoutToken } from "../../../../shared/access/login/logout-token.ts";
import { selectSigningKey, usableAlgorithms } from "../../../../shared/access/login/signing-keys.ts";
import { base64url } from "../../../../shared/base/base64url.ts";
import { hasDuplicateKeys } from "../../../../shared/base/json-keys.ts";

const part = (text: string) => base64url(new TextEncoder().encode(text));
const token = (header: object | string, claims: object | string = {}) =>
  `${[header, claims].map((p) => part(typeof p === "string" ? p : JSON.stringify(p))).join(".")}.c2ln`;

describe("S-26: a token is refused before any key is looked for", () => {
  test.each([
    ["alg none", token({ alg: "none" })],
    ["HS256 (the public key as a secret)", token({ alg: "HS256", kid: "k" })],
    ["a key by URL", token({ alg: "RS256", jku: "https://evil.example/jwks" })],
    ["an embedded key", token({ alg: "RS256", jwk: { kty: "RSA" } })],
    ["a certificate by URL", token({ alg: "RS256", x5u: "https://evil.example" })],
    ["critical extensions", token({ alg: "RS256", crit: ["b64"] })],
    ["JWE", "a.b.c.d.e"],
    ["a kid that is not text", token({ alg: "RS256", kid: { $ne: null } })],
    ["duplicate claims", token({ alg: "RS256" }, '{"sub":"a","sub":"b"}')],
    ["a duplicate algorithm", token('{"alg":"RS256","alg":"none"}')],
    ["claims that are a list", token({ alg: "RS256" }, "[]")],
    ["padding", token({ alg: "RS256" }).replace(".", "=.")],
    ["an empty text", ""],
    ["a huge text", "a".repeat(100_000)],
  ])("%s", (_, text) => {
    expect(parseJws(text).ok).toBe(false);
  });

  test("while an honest one is taken apart", () => {
    expect(parseJws(token({ alg: "RS256", kid: "k", typ: "JWT" }, { sub: "a" }))).toEqual({
      ok: true,
      value: { header: { alg: "RS256", kid: "k", typ: "jwt" }, claims: { sub: "a" } },
    });
  });
});

test("duplicate names are found at every depth, and only there", () => {
  expect(hasDuplicateKeys('{"a":{"b":1},"b":[{"b":1},{"b":2}],"c":"{\\"b\\":1,\\"b\\":2}"}')).toBe(false);
  expect(hasDuplicateKeys('{"a":[{"x":{"b":1,"c":"b","b":2}}]}')).toBe(true);
  expect(hasDuplicateKeys('{"a":1,"\\u0061":2}')).toBe(true);
  expect(hasDuplicateKeys('{"a\\"b":1,"a":"a\\"b","c":1}')).toBe(false);
});

describe("S-26: choice of the provider's key", () => {
  const rsa = { kty: "RSA", kid: "r", alg: "RS256", use: "sig", n: "n", e: "AQAB" };
  const all = usableAlgorithms(["RS256", "PS256", "ES256", "EdDSA", "HS256", "none"]);
  const pick = (keys: object[], kid: string | null = "r", usable = all) =>
    selectSigningKey(keys as Record<string, unknown>[], { alg: "RS256", kid }, usable);

  test("fits by kid, type, algorithm and use", () => {
    expect(all).toEqual(["RS256", "ES256", "EdDSA", "PS256"]);
    expect(pick([rsa])).toEqual(rsa);
    expect(pick([rsa], "../r' OR 1=1")).toBeNull();
    expect(pick([{ ...rsa, use: "enc" }])).toBeNull();
    expect(pick([{ ...rsa, key_ops: ["encrypt"] }])).toBeNull();
    expect(pick([{ ...rsa, alg: "PS256" }])).toBeNull();
    expect(pick([{ kty: "oct", kid: "r", alg: "RS256" }])).toBeNull();
    expect(pick([rsa], "r", usableAlgorithms(["ES256"]))).toBeNull();
  });

  test("without a kid only a lone candidate fits", () => {
    expect(pick([rsa, { ...rsa, alg: "PS256" }], null)).toEqual(rsa);
    expect(pick([rsa, { ...rsa, kid: "s" }], null)).toBeNull();
  });

  test("a key without alg fits only where nothing is left open", () => {
    const { alg: _, ...nameless } = rsa;
    expect(pick([nameless])).toBeNull();
    expect(pick([nameless], "r", usableAlgorithms(undefined))).toEqual(nameless);
  });
});

describe("S-26: claims of an ID token", () => {
  const now = 1_800_000_000_000;
  const iat = now / 1_000;
  const good = { aud: "me", iat };
  const fault = (change: object) =>
    idTokenFault(
      { header: { alg: "RS256", kid: null, typ: null }, claims: { ...good, ...change } },
      { clientId: "me", trustedAudiences: ["project"], accessToken: "token" },
      now,
    );

  test.each([
    { aud: "other" },
    { aud: ["me", "other"] },
    { aud: ["me", "other"], azp: "me" },
    { aud: [] },
    { azp: "other" },
    { iat: iat + 3_600 },
    { iat: iat - 3_600 },
    { iat: "now" },
    { at_hash: "AAAA" },
  ])("%j is refused", (change) => {
    expect(fault(change)).not.toBeNull();
  });

  test.each([
    [{ aud: ["me", "project"], azp: "me" }, null],
    [{ aud: ["project", "me"], azp: "me" }, null],
    [{ aud: ["me", "me"] }, null],
    [{ aud: ["me", "project"] }, "azp is missing beside several audiences"],
    [{ aud: ["me", "project"], azp: "project" }, "azp is not this client"],
    [
      { aud: ["me", "project", "other"], azp: "me" },
      "aud names others than this client and the trusted audiences",
    ],
    [{ aud: ["project"], azp: "me" }, "aud is not this client"],
    [{ aud: "project" }, "aud is not this client"],
  ])("G12: audiences that the operator trusts may stand beside us: %j", (change, expected) => {
    expect(fault(change)).toBe(expected);
  });

  test("an honest one passes", () => {
    expect(fault({})).toBeNull();
    expect(fault({ aud: ["me"], azp: "me", at_hash: "PEaenWxYddN6Q_NT1PiOYQ" })).toBeNull();
  });
});

describe("logout token", () => {
  const now = 1_800_000_000_000;
  const iat = now / 1_000;
  const events = { "http://schemas.openid.net/event/backchannel-logout": {} };
  const me = { clientId: "me", trustedAudiences: ["project"] };
  const good = { aud: "me", iat, exp: iat + 120, jti: "j", events, sub: "s" };

  test("G12: may name the audiences that the operator trusts, and no others", () => {
    expect(readLogoutToken({ ...good, aud: ["me", "project"] }, me, now).ok).toBe(true);
    expect(readLogoutToken({ ...good, aud: ["me", "other"] }, me, now).ok).toBe(false);
  });

  test("names subject or session", () => {
    expect(readLogoutToken(good, me, now)).toMatchObject({ ok: true, value: { subject: "s", sid: null } });
    expect(readLogoutToken({ ...good, sid: "x", sub: undefined }, me, now)).toMatchObject({ ok: true });
  });

  test.each([
    { aud: "other" },
    { nonce: "n" },
    { events: {} },
    { events: undefined },
    { jti: undefined },
    { sub: undefined },
    { iat: iat - 3_600 },
    { iat: iat + 3_600 },
    { exp: iat - 600 },
  ])("%j is refused", (change) => {
    expect(readLogoutToken({ ...good, ...change }, me, now).ok).toBe(false);
  });
});
