import { describe, expect, it } from "vitest";
import { needQuery, readNeed } from "../../../../shared/access/grade/need-query.ts";
import type { Need } from "../../../../shared/access/grade/verified.ts";
import { canProve, contextsFor } from "../../../../shared/access/login/can-prove.ts";
import {
  beforeChange,
  CHANGE_WITHIN_MS,
  passkeyName,
} from "../../../../shared/access/login/passkey/rules.ts";
import { termsOf } from "../../../../shared/access/policy/terms.ts";
import { decide } from "../../../../shared/access/sessions/decide.ts";
import {
  judgeParking,
  MAX_PARKED_BYTES,
  MAX_PARKED_OF_SESSION,
} from "../../../../shared/access/sessions/parked.ts";
import { raise } from "../../../../shared/access/sessions/raise.ts";
import { applyAll, type LiveSession } from "../../../../shared/access/sessions/state.ts";
import { NO_SESSION_RISK } from "../../../../shared/access/sessions/types.ts";
import { continuationOf, withContinuation } from "../../../../shared/http/continuation.ts";
import { createSession } from "../sessions/fixtures.ts";

const NOW = 1_800_000_000_000;
const need = (over: Partial<Need> = {}): Need => ({
  ...{ verification: "reauthentication", acr: null, amr: [], maxAge: null },
  ...over,
});

describe("what a provider could show", () => {
  const of =
    (kind: "oidc" | "saml" | "email" | "github", over = {}) =>
    (asked: Need) =>
      canProve({ kind, believesMethods: true, secondFactorAcr: [], ...over }, asked);
  const asked = [
    need(),
    need({ verification: "second_factor" }),
    need({ acr: ["gold"] }),
    need({ amr: ["hwk"] }),
    need({ acr: [] }),
    need({ verification: "approval" }),
  ];
  it.each([
    ["OpenID", of("oidc"), [true, true, true, true, false, false]],
    [
      "OpenID whose word does not count",
      of("oidc", { believesMethods: false }),
      [true, false, false, false, false, false],
    ],
    ["SAML", of("saml"), [true, false, true, false, false, false]],
    [
      "SAML with a context for it",
      of("saml", { secondFactorAcr: ["2fa"] }),
      [true, true, true, false, false, false],
    ],
    ["a code by e-mail", of("email"), [true, false, false, false, false, false]],
    ["GitHub", of("github"), [false, false, false, false, false, false]],
  ])("%s", (_, could, expected) => expect(asked.map(could)).toEqual(expected));

  it("is asked for in contexts: those of the policy, or those that mean a second factor", () => {
    const provider = { secondFactorAcr: ["2fa"] };
    const contexts = (one: Need | null) => contextsFor(provider, one);
    expect([null, ...asked.slice(0, 4)].map(contexts)).toEqual([[], [], ["2fa"], ["gold"], ["2fa"]]);
  });
});

describe("what is asked for", () => {
  it("goes through an address and back, and nothing else is read from one", () => {
    for (const one of [
      need(),
      need({ verification: "second_factor", acr: ["a:b", "c"], amr: ["hwk"], maxAge: 60 }),
    ])
      expect(readNeed(new URLSearchParams(needQuery(one)))).toEqual(one);
    for (const text of [
      "",
      "verify=approval",
      "verify=none",
      "verify=second_factor&max_age=-1",
      "verify=second_factor&acr=a%22b",
      `verify=second_factor&amr=${[..."abcdefghijk"].join("+")}`,
    ])
      expect(readNeed(new URLSearchParams(text))).toBe(null);
  });

  it("is read from annotations, and refused where it can't be read", () => {
    expect(termsOf("permit", { acr: " gold  silver gold", amr: "hwk" })).toMatchObject({
      ok: true,
      value: { acr: ["gold", "silver"], amr: ["hwk"] },
    });
    for (const annotations of [{ acr: "" }, { acr: 'a"b' }, { amr: "a/b" }, { amr: "" }])
      expect(termsOf("permit", annotations).ok).toBe(false);
  });
});

describe("a raised session", () => {
  const live: LiveSession = (() => {
    const { lifetime: _, secretHash, maxPerUser: __, ...made } = createSession();
    return {
      session: { ...made, createdAt: NOW - 60_000, lastSeenAt: NOW - 60_000, expiresAt: NOW + 60_000 },
      secretHash,
      idleMs: 3_600_000,
    };
  })();
  const { id, authentication, principal } = live.session;
  const input = {
    ...{ id, userId: principal.userId, secretHash: "new", risk: NO_SESSION_RISK },
    authentication: { ...authentication, amr: ["otp"] },
    parent: { id: "ses_parent", owner: "o", expiresAt: NOW + 30_000 },
  };
  const state = {
    epoch: 1,
    live: new Map([[id, live]]),
    ended: new Map(),
    principals: new Map(),
    devices: new Map(),
  };

  it("has another secret, lasts no longer, and its streams are judged again", () => {
    const decided = decide(state, { type: "raise", input }, NOW);
    if (!decided.ok) throw new Error("it is live");
    const after = applyAll(state, decided.value.events).live.get(id);
    expect(after).toMatchObject({
      secretHash: "new",
      session: { raisedAt: NOW, expiresAt: NOW + 30_000, parentId: "ses_parent", createdAt: NOW - 60_000 },
    });
    expect(decided.value.effects).toEqual([{ type: "recheck_lines", sessionId: id }]);
  });
  it("lasts no longer than it would have, whatever sign-in raises it", () => {
    const parent = { ...input.parent, expiresAt: NOW + 90_000 };
    const [event] = raise(live, { ...input, parent }, NOW);
    expect(event).toMatchObject({ live: { session: { expiresAt: live.session.expiresAt } } });
  });
  it("is never another person's, and never one that is over", () => {
    expect(raise(live, { ...input, userId: "usr_other" }, NOW)).toEqual([]);
    const late = decide(state, { type: "raise", input }, NOW + 60_000);
    expect(late.ok && late.value.events.map(({ type }) => type)).toEqual(["ended"]);
  });
});

describe("a request that waits", () => {
  it("is bounded by its size and by how many wait", () => {
    const of = (bytes: number) => ({ head: new ArrayBuffer(1), body: new ArrayBuffer(bytes - 1) });
    const free = { ofSession: 0, inObject: 0 };
    expect(judgeParking(free, of(MAX_PARKED_BYTES))).toBe("parked");
    expect(judgeParking(free, of(MAX_PARKED_BYTES + 1))).toBe("too_large");
    expect(judgeParking({ ...free, ofSession: MAX_PARKED_OF_SESSION }, of(2))).toBe("full");
    expect(judgeParking({ ...free, inObject: 256 }, of(2))).toBe("full");
  });
  it("is named by a mark at the end of its address, which no upstream sees", () => {
    const secret = "s".repeat(43);
    for (const target of ["/a", "/a?", "/a?b=c", "/a?rustronaut-continue=x"]) {
      const marked = withContinuation(target, secret);
      const query = marked.slice(marked.indexOf("?"));
      const read = continuationOf(query);
      expect(read?.secret).toBe(secret);
      expect(`/a${read?.query}`).toBe(target);
    }
    for (const query of ["", "?a=b", `?rustronaut-continue=${secret}&a=b`, "?rustronaut-continue=short"])
      expect(continuationOf(query)).toBe(null);
  });
});

describe("a person's passkeys", () => {
  const session = (authMinutes: number, sessionMinutes: number, over = {}) => ({
    ...createSession(),
    createdAt: NOW - sessionMinutes * 60_000,
    authentication: { ...createSession().authentication, authTime: NOW / 1_000 - authMinutes * 60 },
    ...over,
  });
  it("begin right after a sign-in that made this session, while nothing speaks for risk", () => {
    expect(beforeChange(session(1, 1), [], true, NOW)).toBe(null);
    expect(beforeChange(session(6, 1), [], true, NOW)).toBe("sign_in");
    expect(beforeChange(session(1, 1), [], false, NOW)).toBe("invitation");
    expect(beforeChange(session(1, 6), [], true, NOW)).toBe("sign_in");
    const signal = { source: "s", kind: "k", score: 50, at: NOW - 1, halfLifeSeconds: 3_600 };
    const risk = { ...NO_SESSION_RISK, signals: [signal] };
    expect(beforeChange(session(1, 1, { risk }), [], true, NOW)).toBe("risk");
  });
  it("are changed only after one of them was shown", () => {
    const shown = (ago: number) => {
      const base = session(1, 1);
      const passkey = { keyId: "psk_1", amr: ["hwk"], at: (NOW - ago) / 1_000 };
      return { ...base, authentication: { ...base.authentication, passkey } };
    };
    const keys = [{ id: "psk_1" }];
    expect(beforeChange(session(0, 0), keys, true, NOW)).toBe("passkey");
    expect(beforeChange(shown(CHANGE_WITHIN_MS), keys, true, NOW)).toBe(null);
    expect(beforeChange(shown(CHANGE_WITHIN_MS + 1), keys, true, NOW)).toBe("passkey");
    // A key that was removed or copied: the thief's proof with it lets them add none of their own.
    expect(beforeChange(shown(1), [{ id: "psk_2" }], true, NOW)).toBe("passkey");
  });
  it("have names that can be read", () => {
    expect([
      passkeyName("  Key\u0000 \u202e"),
      passkeyName("\u200b "),
      passkeyName("x".repeat(99))?.length,
    ]).toEqual(["Key", null, 60]);
  });
});
