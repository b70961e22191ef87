import { describe, expect, test } from "vitest";
import { attemptCookieName, evictedAttemptCookies } from "../../../../shared/access/login/attempt-cookies.ts";
import {
  judgeProviderCallback,
  judgeRedemption,
  type StoredAttempt,
  spendsCode,
} from "../../../../shared/access/login/attempts.ts";
import { clientMark, mayBeForeign } from "../../../../shared/access/login/foreign-attempt.ts";

const NOW = 1_000_000;
const handoff = { signInSessionId: "ses_1", signInOwner: "signin/weur/1", userId: "usr_1" };
const appAttempt: StoredAttempt = {
  attempt: {
    kind: "app",
    appId: "app_1",
    host: "app.example",
    returnTo: "/x",
    browserHash: "browser",
    clientMark: "mark",
    signInAfter: null,
  },
  expiresAt: NOW + 600_000,
  consumed: false,
  code: { hash: "code", expiresAt: NOW + 30_000, handoff },
  mailed: null,
  session: null,
};
const given = { codeHash: "code", browserHashes: ["planted", "browser"], host: "app.example" };

describe("redemption of a one-time code", () => {
  test("needs code, browser and host to fit", () => {
    expect(judgeRedemption(appAttempt, given, NOW)).toMatchObject({ ok: true, handoff });
    const reason = (change: Partial<typeof given>, stored: StoredAttempt | null = appAttempt, now = NOW) => {
      const verdict = judgeRedemption(stored, { ...given, ...change }, now);
      return verdict.ok ? "ok" : verdict.reason;
    };
    expect(reason({ codeHash: "other" })).toBe("wrong_code");
    expect(reason({ browserHashes: ["other"] })).toBe("wrong_browser");
    expect(reason({ host: "other.example" })).toBe("wrong_host");
    expect(reason({}, null)).toBe("unknown");
    expect(reason({}, { ...appAttempt, code: null })).toBe("no_code");
    expect(reason({}, appAttempt, NOW + 30_000)).toBe("expired");
  });

  test("of a used code names the session to end, whoever shows it", () => {
    const used = { ...appAttempt, consumed: true, session: { id: "ses_9", owner: "seg_1/weur/1" } };
    expect(judgeRedemption(used, { ...given, browserHashes: ["thief"] }, NOW)).toEqual({
      ok: false,
      reason: "replayed",
      attempt: { attempt: appAttempt.attempt, isOwn: false },
      sessionId: "ses_9",
      sessionOwner: "seg_1/weur/1",
    });
  });
});

test("S-A5: the right code is spent when it is first shown, a guess spends nothing", () => {
  const spends = (change: Partial<typeof given>, now = NOW) =>
    spendsCode(judgeRedemption(appAttempt, { ...given, ...change }, now));
  expect(spends({})).toBe(true);
  expect(spends({ browserHashes: [] })).toBe(true);
  expect(spends({ host: "other.example" })).toBe(true);
  expect(spends({ codeHash: "guess" })).toBe(false);
  expect(spends({ codeHash: "guess", browserHashes: [] })).toBe(false);
});

describe("S-A5: whether a sign-in may be another's", () => {
  const browser = (headers: Record<string, string>) => ({ headers: new Headers(headers) });
  const here = { "cf-connecting-ip": "192.0.2.1", "user-agent": "A" };
  const begun = clientMark(browser(here));
  test.each<[string, Record<string, string>, boolean]>([
    ["the same browser", here, false],
    ["another network", { ...here, "cf-connecting-ip": "192.0.2.2" }, true],
    ["another browser", { ...here, "user-agent": "B" }, true],
    ["a typed address", { ...here, "sec-fetch-site": "none" }, false],
    ["a click on another site", { ...here, "sec-fetch-site": "cross-site", "sec-fetch-user": "?1" }, false],
    ["a script of another site", { ...here, "sec-fetch-site": "cross-site" }, true],
    ["a script of an app beside us", { ...here, "sec-fetch-site": "same-site" }, true],
    ["our own page", { ...here, "sec-fetch-site": "same-origin" }, false],
  ])("%s", (_name, headers, foreign) => expect(mayBeForeign(browser(headers), begun)).toBe(foreign));

  test("an IPv6 host may change its lower half", () => {
    const at = (ip: string) => clientMark(browser({ "cf-connecting-ip": ip }));
    expect(at("2001:db8:1:2::1")).toBe(at("2001:db8:1:2:ffff::9"));
    expect(at("2001:db8:1:2::1")).not.toBe(at("2001:db8:1:3::1"));
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
      askBefore: false,
      signInAfter: null,
    },
    expiresAt: NOW + 600_000,
    consumed: false,
    code: null,
    mailed: null,
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
