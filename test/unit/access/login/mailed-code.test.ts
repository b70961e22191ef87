import { describe, expect, test } from "vitest";
import type { StoredAttempt } from "../../../../shared/access/login/attempts.ts";
import {
  CODE_TTL_MS,
  MAX_CODES,
  MAX_TRIES,
  nextCode,
  tryCode,
} from "../../../../shared/access/login/mailed-code.ts";
import { limitedNetwork, waitOf } from "../../../../shared/access/login/rate.ts";
import type { MailedCode } from "../../../../shared/access/login/types.ts";

const NOW = 1_000_000;
const email = "guest@partner.example";
const mailed: MailedCode = { email, hash: "right", expiresAt: NOW + CODE_TTL_MS, tries: 0, codes: 1 };
const stored: StoredAttempt = {
  attempt: {
    kind: "provider",
    providerId: "idp_1",
    nonce: "",
    codeVerifier: "",
    browserHash: "browser",
    appAttemptId: null,
    askBefore: false,
    signInAfter: null,
  },
  expiresAt: NOW + CODE_TTL_MS,
  consumed: false,
  code: null,
  mailed,
  session: null,
};
const shown = (hash: string, change: Partial<StoredAttempt> = {}, browser = "browser", now = NOW) =>
  tryCode({ ...stored, ...change }, browser, hash, now);

describe("a code that was sent by e-mail", () => {
  test("signs in the browser that asked for it", () => {
    expect(shown("right").verdict).toEqual({ ok: true, attempt: stored.attempt, email });
  });

  test.each<[string, ReturnType<typeof shown>]>([
    ["wrong_browser", shown("right", {}, "another")],
    ["used", shown("right", { consumed: true })],
    ["expired", shown("right", {}, "browser", NOW + CODE_TTL_MS)],
    ["expired", shown("right", { expiresAt: NOW + 2 * CODE_TTL_MS }, "browser", NOW + CODE_TTL_MS)],
    ["unknown", shown("right", { mailed: null })],
    ["unknown", tryCode(null, "browser", "right", NOW)],
  ])("is worth nothing: %s; and no try is counted", (reason, { verdict, mailed: after }) => {
    expect(verdict).toEqual({ ok: false, reason });
    expect(after).toBeNull();
  });

  test("is worth nothing after five wrong ones, not even when it is right", () => {
    let current: MailedCode = mailed;
    const reasons = Array.from({ length: MAX_TRIES }, () => {
      const { verdict, mailed: after } = shown("wrong", { mailed: current });
      current = after ?? current;
      return verdict.ok || verdict.reason;
    });
    expect(reasons).toEqual([...Array(MAX_TRIES - 1).fill("wrong_code"), "no_tries_left"]);
    expect(shown("right", { mailed: current }).verdict).toMatchObject({ ok: false, reason: "no_tries_left" });
  });

  test("takes the place of the one before it, and there are three of them", () => {
    const next = nextCode(stored, "browser", { email: "other@partner.example", hash: "new" }, NOW + 5);
    expect(next).toEqual({
      email: "other@partner.example",
      hash: "new",
      expiresAt: NOW + 5 + CODE_TTL_MS,
      tries: 0,
      codes: 2,
    });
    const last = { ...stored, mailed: { ...mailed, codes: MAX_CODES } };
    expect(nextCode(last, "browser", { email, hash: "new" }, NOW)).toBe("too_many_codes");
    expect(nextCode(stored, "another", { email, hash: "new" }, NOW)).toBe("wrong_browser");
    expect(nextCode({ ...stored, consumed: true }, "browser", { email, hash: "new" }, NOW)).toBe("used");
  });
});

describe("how long to wait", () => {
  const rate = { limit: 2, windowMs: 100 };
  test.each([
    ["nothing happened", [], 0],
    ["it happened less often than the limit", [950], 0],
    ["it happened as often: until the older one is over", [990, 950], 50],
    ["the order says nothing", [950, 990], 50],
    ["older ones do not count", [10, 900, 990], 0],
    ["it happened more often: until few enough are left", [950, 960, 990], 60],
  ])("when %s", (_, times, wait) => {
    expect(waitOf(times, rate, 1_000)).toBe(wait);
  });
});

describe("the network of a client", () => {
  test("is the whole site of an IPv6 address, however it is written, and an IPv4 address alone", () => {
    const site = limitedNetwork("2001:db8:1:2::1");
    for (const same of ["2001:db8:1:ffff::1", "2001:0DB8:0001::", "2001:db8:1:2:3:4:5:6"])
      expect([same, limitedNetwork(same)]).toEqual([same, site]);
    const others = ["2001:db8:2::1", "2002:db8:1::1", "192.0.2.1", "192.0.2.2"];
    expect(new Set([site, ...others.map(limitedNetwork)]).size).toBe(5);
  });
});
