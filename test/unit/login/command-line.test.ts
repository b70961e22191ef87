import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgePoll, NO_HOST, type StoredAttempt } from "../../../shared/access/login/attempts.ts";
import {
  loopbackHost,
  machineName,
  readAuthorizationRequest,
} from "../../../shared/access/login/command-line/request.ts";
import {
  hyphenated,
  newUserCode,
  typedUserCode,
} from "../../../shared/access/login/command-line/user-code.ts";
import { randomBytes } from "../../../workers/platform/random.ts";

const GOOD = {
  response_type: "code",
  client_id: "rustronaut",
  redirect_uri: "http://127.0.0.1:45999/callback",
  code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  code_challenge_method: "S256",
  state: "a-state-of-24-characters",
  machine: "build-7",
};
const read = (changed: Record<string, string> = {}) =>
  readAuthorizationRequest(new URLSearchParams({ ...GOOD, ...changed }));

describe("U21: what a command line may ask for", () => {
  it("is a code for a program on this machine", () => {
    expect(read()).toEqual({
      ok: true,
      value: {
        host: "127.0.0.1:45999",
        state: GOOD.state,
        codeChallenge: GOOD.code_challenge,
        machine: "build-7",
      },
    });
    expect(read({ redirect_uri: "http://[::1]:1/callback" })).toMatchObject({ value: { host: "[::1]:1" } });
  });

  it.each([
    ["client_id", "another"],
    ["response_type", "token"],
    ["code_challenge", ""],
    ["code_challenge", `${GOOD.code_challenge}=`],
    ["code_challenge_method", "plain"],
    ["code_challenge_method", ""],
    ["state", "short"],
    ["state", "a state of 24 characters&iss=https://evil"],
    ["machine", ""],
    ["machine", "x".repeat(64)],
    ["machine", "build\u202e7"],
    ["machine", "<b>build"],
  ])("is refused with %s %s", (field, value) => {
    expect(read({ [field]: value }).ok).toBe(false);
  });

  it("never leads anywhere but to the loopback interface", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.domain(), fc.string(), (address, name, text) => {
        const places = [`http://${address}:80/callback`, `http://127.0.0.1:80@${name}/callback`, text];
        for (const place of [...places, `http://127.0.0.1.${name}:80/callback`])
          if (!place.startsWith("http://127.0.0.1:80/")) expect(loopbackHost(place)).toBeNull();
      }),
      { numRuns: 30 },
    );
    const port = fc.integer({ min: 1, max: 65_535 });
    fc.assert(
      fc.property(port, fc.constantFrom("127.0.0.1", "[::1]"), (number, host) => {
        expect(loopbackHost(`http://${host}:${number}/callback`)).toBe(`${host}:${number}`);
      }),
    );
  });

  it("takes names of machines as people give them", () => {
    for (const name of ["build-7", "Müllers Rechner", "host_1.example.com", "a"])
      expect(machineName(name)).toBe(name);
    for (const name of [null, "", " x", "a\nb", "a\u0000"]) expect(machineName(name)).toBeNull();
  });
});

describe("U21: the code that a person types", () => {
  it("is read as it was shown, however it is typed", () => {
    for (let i = 0; i < 100; i++) {
      const code = newUserCode(randomBytes);
      expect(code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{8}$/);
      for (const typed of [code, hyphenated(code), hyphenated(code).toLowerCase(), ` ${code} `])
        expect(typedUserCode(typed)).toBe(code);
    }
    for (const wrong of ["", "BCDFGHJ", "BCDFGHJKL", "ACDFGHJK", "BCDF0HJK"])
      expect(typedUserCode(wrong)).toBeNull();
  });

  it("has every letter as often as another", () => {
    const counts = new Map<string, number>();
    const every = (length: number) => Uint8Array.from({ length }, (_, i) => i);
    // Each byte once: those above 239 would make some letters more likely.
    for (const letter of newUserCode(() => every(256).slice(232, 256)))
      counts.set(letter, (counts.get(letter) ?? 0) + 1);
    expect([...counts.values()]).toEqual(Array(8).fill(1));
  });
});

describe("U21: what a command line that asks is told", () => {
  const NOW = 1_000;
  const stored = (changed: Partial<StoredAttempt> = {}): StoredAttempt => ({
    attempt: {
      kind: "app",
      appId: "command-line",
      host: NO_HOST,
      returnTo: "/",
      browserHash: "own",
      clientMark: "",
      signInAfter: null,
      commandLine: { via: "device", machine: "build-7", address: "" },
    },
    expiresAt: NOW + 1,
    consumed: false,
    code: null,
    mailed: null,
    session: null,
    ...changed,
  });
  const handoff = { signInSessionId: "s", signInOwner: "o", userId: "u" };
  const code = { hash: "own", expiresAt: NOW + 1, handoff };

  it.each([
    ["pending", stored(), "own"],
    ["refused", stored({ consumed: true }), "own"],
    ["expired", stored({ expiresAt: NOW }), "own"],
    ["unknown", null, "own"],
    ["no_code", stored(), "another"],
    ["no_code", stored({ consumed: true }), "another"],
    ["wrong_code", stored({ code }), "another"],
    ["replayed", stored({ code, consumed: true }), "own"],
    ["expired", stored({ code: { ...code, expiresAt: NOW } }), "own"],
  ] as const)("%s", (reason, attempt, secret) => {
    expect(judgePoll(attempt, secret, NOW)).toMatchObject({ ok: false, reason });
  });

  it("is its session, once the person agreed", () => {
    expect(judgePoll(stored({ code }), "own", NOW)).toMatchObject({ ok: true, handoff });
  });
});
