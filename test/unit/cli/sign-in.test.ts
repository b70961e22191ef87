import { describe, expect, it } from "vitest";
import { EXIT } from "../../../cli/exit-codes.ts";
import { Failure } from "../../../cli/failure.ts";
import { pollFor } from "../../../cli/sign-in/by-device.ts";
import { browserOf } from "../../../cli/sign-in/open-browser.ts";
import type { OAuthRefusal, SignedIn } from "../../../cli/sign-in/token-endpoint.ts";

const DONE: SignedIn = { access_token: "rncli_x", expires_in: 60, email: "bob@example.com", role: null };
const said = (error: string): OAuthRefusal => ({ error, error_description: `because ${error}` });
const away = () => Promise.reject(new Failure(EXIT.unavailable, "The hub can't be reached"));

/** Asks with these answers, on a clock that rings at once; returns the pauses in seconds. */
async function polled(answers: readonly (SignedIn | OAuthRefusal | "away")[]) {
  const pauses: number[] = [];
  const left = [...answers];
  const ask = async () => {
    const next = left.shift();
    if (next === undefined) throw new Error("asked too often");
    return next === "away" ? away() : next;
  };
  const timer = (ms: number, ring: () => void) => {
    pauses.push(ms / 1_000);
    queueMicrotask(ring);
    return () => {};
  };
  const outcome = await pollFor(ask, 5, timer, new AbortController().signal).catch((error: Failure) => error);
  return { outcome, pauses };
}

describe("U21: asking whether the person has answered (RFC 8628 §3.5)", () => {
  it("waits before each question, longer from a slow_down or an outage on", async () => {
    const pending = said("authorization_pending");
    const { outcome, pauses } = await polled([pending, said("slow_down"), pending, "away", pending, DONE]);
    expect(outcome).toEqual(DONE);
    expect(pauses).toEqual([5, 5, 10, 10, 15, 15]);
  });

  it.each(["access_denied", "expired_token", "invalid_grant"])("ends with %s", async (error) => {
    const { outcome, pauses } = await polled([said(error)]);
    expect(outcome).toMatchObject({ exitCode: EXIT.unauthorised, detail: `because ${error}` });
    expect(pauses).toEqual([5]);
  });

  it("asks no more once it was interrupted", async () => {
    const interrupted = AbortSignal.abort();
    await expect(pollFor(away, 5, () => () => {}, interrupted)).rejects.toMatchObject({ exitCode: 130 });
  });
});

describe("U21: the browser of a machine", () => {
  it.each([
    ["a server without a screen", "linux", {}, false],
    ["a screen", "linux", { DISPLAY: ":0" }, true],
    ["a screen of Wayland", "linux", { WAYLAND_DISPLAY: "wayland-0" }, true],
    ["a browser of one's choice", "linux", { BROWSER: "/bin/true" }, true],
    ["a Mac", "darwin", {}, true],
    ["Windows", "win32", {}, true],
  ] as const)("%s", (_, platform, env, has) => {
    expect(browserOf(env, platform) !== null).toBe(has);
  });

  it("is told that it did not start", async () => {
    expect(await browserOf({ BROWSER: "/no/such/browser" }, "linux")?.("http://x.localhost")).toBe(false);
    expect(await browserOf({ BROWSER: "/bin/true" }, "linux")?.("http://x.localhost")).toBe(true);
  });
});
