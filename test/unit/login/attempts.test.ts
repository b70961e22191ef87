import { describe, expect, test } from "vitest";
import { attemptCookieName, evictedAttemptCookies } from "../../../shared/login/attempt-cookies.ts";
import {
  judgeProviderCallback,
  judgeRedemption,
  type StoredAttempt,
} from "../../../shared/login/attempts.ts";

const NOW = 1_000_000;
const handoff = { signInSessionId: "ses_1", signInOwner: "signin/weur/1", userId: "usr_1" };
const appAttempt: StoredAttempt = {
  attempt: { kind: "app", appId: "app_1", host: "app.example", returnTo: "/x", browserHash: "browser" },
  expiresAt: NOW + 600_000,
  consumed: false,
  code: { hash: "code", expiresAt: NOW + 30_000, handoff },
  session: null,
};
const given = { codeHash: "code", browserHash: "browser", host: "app.example" };

describe("redemption of a one-time code", () => {
  test("needs code, browser and host to fit", () => {
    expect(judgeRedemption(appAttempt, given, NOW)).toMatchObject({ ok: true, handoff });
    const reason = (change: Partial<typeof given>, stored: StoredAttempt | null = appAttempt, now = NOW) => {
      const verdict = judgeRedemption(stored, { ...given, ...change }, now);
      return verdict.ok ? "ok" : verdict.reason;
    };
    expect(reason({ codeHash: "other" })).toBe("wrong_code");
    expect(reason({ browserHash: "other" })).toBe("wrong_browser");
    expect(reason({ host: "other.example" })).toBe("wrong_host");
    expect(reason({}, null)).toBe("unknown");
    expect(reason({}, { ...appAttempt, code: null })).toBe("no_code");
    expect(reason({}, appAttempt, NOW + 30_000)).toBe("expired");
  });

  test("of a used code names the session to end, whoever shows it", () => {
    const used = { ...appAttempt, consumed: true, session: { id: "ses_9", owner: "seg_1/weur/1" } };
    expect(judgeRedemption(used, { ...given, browserHash: "thief" }, NOW)).toEqual({
      ok: false,
      reason: "replayed",
      sessionId: "ses_9",
      sessionOwner: "seg_1/weur/1",
    });
  });
});

describe("callback from the identity provider", () => {
  const stored: StoredAttempt = {
    attempt: {
      kind: "provider",
      providerId: "idp_1",
      nonce: "n",
      codeVerifier: "v",
      browserHash: "browser",
      appAttemptId: null,
    },
    expiresAt: NOW + 600_000,
    consumed: false,
    code: null,
    session: null,
  };

  test("is good once, in the browser that started it, in time", () => {
    expect(judgeProviderCallback(stored, "browser", NOW)).toEqual(stored.attempt);
    expect(judgeProviderCallback(stored, "other", NOW)).toBe("wrong_browser");
    expect(judgeProviderCallback({ ...stored, consumed: true }, "browser", NOW)).toBe("used");
    expect(judgeProviderCallback(stored, "browser", NOW + 600_000)).toBe("expired");
    expect(judgeProviderCallback(null, "browser", NOW)).toBe("unknown");
    expect(judgeProviderCallback(appAttempt, "browser", NOW)).toBe("unknown");
  });
});

describe("attempt cookies", () => {
  const name = (n: number) => attemptCookieName(`att_0000000000000000000000000${n}`);

  test("at most five live: the oldest make room", () => {
    const five = [1, 2, 3, 4, 5].map(name);
    expect(evictedAttemptCookies(five.slice(0, 4))).toEqual([]);
    expect(evictedAttemptCookies(["__Host-rn_s", ...five])).toEqual([name(1)]);
    expect(evictedAttemptCookies([...five, name(6), name(7)])).toEqual([name(1), name(2), name(3)]);
  });

  test("only names of ours are cleared", () => {
    expect(evictedAttemptCookies(Array.from({ length: 9 }, (_, i) => `__Host-rn_l_evil;${i}`))).toEqual([]);
  });
});
