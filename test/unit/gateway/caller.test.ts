import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Verdict } from "../../../shared/access/sessions/types.ts";
import { DEFAULT_APP_SETTINGS } from "../../../shared/registry/app-settings.ts";
import type { SnapshotApp, SnapshotServiceToken } from "../../../shared/registry/snapshot.ts";
import { identify } from "../../../workers/gateway/caller.ts";
import { lease, leased, mayLease } from "../../../workers/gateway/lease.ts";
import { isGood } from "../../../workers/gateway/service-caller.ts";
import type { Bindings } from "../../../workers/platform/env.ts";
import { answeredBy } from "../../support/objects.ts";

const SEGMENT = "seg_00000000000000000000000000";
const NOW = 1_800_000_000_000;

const app = (settings: Partial<SnapshotApp["settings"]> = {}): SnapshotApp => ({
  id: "app_1",
  name: "wiki",
  title: "Wiki",
  host: "wiki.example.com",
  hosts: ["wiki.example.com"],
  segmentId: SEGMENT,
  segmentName: "main",
  tags: [],
  upstreams: [],
  through: [],
  settings: { ...DEFAULT_APP_SETTINGS, ...settings },
});

const ended = { ok: false, reason: "killed_by_admin", epoch: 1 } as const;
const unknown = { ok: false, reason: "unknown", epoch: 1 } as const;
const stale = { ok: false, reason: "stale", epoch: 1 } as const;
const live = (expiresAt = NOW + 60_000) =>
  ({ ok: true, session: { expiresAt }, epoch: 1 }) as unknown as Extract<Verdict, { ok: true }>;

/** Objects that say these verdicts, one for each question, and fail when there are no more. */
function objects(...verdicts: readonly Verdict[]) {
  const left = [...verdicts];
  const verify = async () => {
    const verdict = left.shift();
    if (!verdict) throw new Error("the object is away");
    return verdict;
  };
  return { bindings: { SEGMENT_SESSIONS: answeredBy({ verify }) } as unknown as Bindings, left };
}

const asking = (...secrets: readonly string[]) =>
  new Request("https://wiki.example.com/", {
    headers: { cookie: secrets.map((secret) => `__Host-rn_s=${SEGMENT}.weur.3.${secret}`).join("; ") },
  });
const SENT = new Request("https://wiki.example.com/logo.png");
const A = "A".repeat(43);
const B = "B".repeat(43);

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  return () => vi.useRealTimers();
});

describe("S-49 who can't be asked lets nobody in", () => {
  test("an object that can't vouch for itself: not known, rather than nobody", async () => {
    expect(await identify(asking(A), app(), objects(stale).bindings)).toEqual({ kind: "unavailable" });
  });
  test("nor does another cookie, or leave for anonymous callers, make up for it", async () => {
    const settings = { anonymous: true };
    expect(await identify(asking(A, B), app(settings), objects(live(), stale).bindings)).toEqual({
      kind: "unavailable",
    });
  });
  test("an object that is away: a failure, which the gateway answers with 503", async () => {
    await expect(identify(asking(A), app(), objects().bindings)).rejects.toThrow("away");
  });
  test("an ended session is told from one that never was", async () => {
    expect(await identify(asking(A), app(), objects(ended).bindings)).toEqual({
      kind: "nobody",
      ended: true,
    });
    expect(await identify(asking(A), app(), objects(unknown).bindings)).toEqual({
      kind: "nobody",
      ended: false,
    });
  });
});

test("S-23 two sessions in one request are nobody's", async () => {
  expect(await identify(asking(A, B), app(), objects(live(), live()).bindings)).toMatchObject({
    kind: "nobody",
  });
  expect(await identify(asking(A, B), app(), objects(ended, live()).bindings)).toMatchObject({
    kind: "user",
  });
});

test("S-24 a cookie of another segment costs no question", async () => {
  const { bindings, left } = objects(live());
  const other = { ...app(), segmentId: "seg_11111111111111111111111111" };
  expect(await identify(asking(A), other, bindings)).toMatchObject({ kind: "nobody" });
  expect(left).toHaveLength(1);
});

describe("S-50 to the millisecond", () => {
  const token: SnapshotServiceToken = {
    id: "svc_1",
    name: "ci",
    secretHash: "new",
    previousHash: "old",
    previousUntil: NOW + 1_000,
    groups: [],
    federation: null,
    enabled: true,
    expiresAt: NOW + 2_000,
    lastUsedAt: null,
  };
  const secret = (hash: string) => ({ kind: "secret", hash }) as const;
  test.each([
    ["new", NOW + 1_999, true],
    ["new", NOW + 2_000, false],
    ["old", NOW + 999, true],
    ["old", NOW + 1_000, false],
    ["other", NOW, false],
  ])("the %s secret at %i: %s", (hash, at, good) =>
    expect(isGood(token, secret(hash), "app_1", at)).toBe(good),
  );
  test("a disabled token is never good", () =>
    expect(isGood({ ...token, enabled: false }, secret("new"), "app_1", NOW)).toBe(false));

  const federation = {
    ...{ issuer: "https://ci.example", audience: "here", claims: ["ref=main"] },
    ...{ keys: null, singleUse: true },
  };
  const access = {
    ...{ serviceToken: "svc_1", issuer: "https://ci.example", audience: "here", claims: ["ref=main"] },
    ...{ apps: ["app_1"], expiresAt: NOW + 500 },
  };
  test.each([
    ["is good", {}, {}, NOW + 499, true],
    ["ends", {}, {}, NOW + 500, false],
    ["ends with its service token", {}, { expiresAt: NOW + 100 }, NOW + 100, false],
    ["is good for its apps alone", { apps: ["app_2"] }, {}, NOW, false],
    ["falls with the federation", {}, { federation: null }, NOW, false],
    ["falls with the issuer", {}, { federation: { ...federation, issuer: "https://b.example" } }, NOW, false],
    ["falls with the audience", {}, { federation: { ...federation, audience: "there" } }, NOW, false],
    ["falls with the rules", {}, { federation: { ...federation, claims: ["ref=prod"] } }, NOW, false],
    ["falls with a disabled service token", {}, { enabled: false }, NOW, false],
  ])("an access token %s", (_what, changedAccess, changedToken, at, good) => {
    const proof = { kind: "access", access: { ...access, ...changedAccess } } as const;
    expect(isGood({ ...token, federation, ...changedToken }, proof, "app_1", at)).toBe(good);
  });

  const leasing = (settings: Partial<SnapshotApp["settings"]>, verdict = live(), askedAt = NOW) => {
    const cookie = `of ${settings.leaseMs}`;
    lease(SENT, app(settings), cookie, { ...verdict, owner: "owner" }, askedAt);
    return (at: number) => {
      vi.setSystemTime(at);
      return leased(SENT, app(), cookie) !== null;
    };
  };
  test("a lease lasts as long as the app says, from when the object was asked", () => {
    const holds = leasing({ leaseMs: 400 }, live(), NOW - 100);
    expect([holds(NOW), holds(NOW + 299), holds(NOW + 300)]).toEqual([true, true, false]);
  });
  test("and never longer than a second, nor than the session", () => {
    const long = leasing({ leaseMs: 60_000 });
    expect([long(NOW + 999), long(NOW + 1_000)]).toEqual([true, false]);
    const short = leasing({ leaseMs: 1_000 }, live(NOW + 10));
    expect([short(NOW + 9), short(NOW + 10)]).toEqual([true, false]);
  });
});

describe("S-34 what may be leased", () => {
  const may = (method: string, dest: string | null, leaseMs = 1_000) =>
    mayLease(
      new Request("https://wiki.example.com/", {
        method,
        headers: dest === null ? {} : { "sec-fetch-dest": dest },
      }),
      app({ leaseMs }),
    );
  test.each([
    ["GET", "image", true],
    ["HEAD", "script", true],
    ["GET", "document", false],
    ["GET", "iframe", false],
    ["GET", "empty", false],
    ["GET", "websocket", false],
    ["GET", "worker", false],
    ["GET", null, false],
    ["POST", "image", false],
    ["DELETE", "style", false],
    ["OPTIONS", "font", false],
  ])("%s for %s: %s", (method, dest, is) => expect(may(method, dest)).toBe(is));
  test("nothing where the app says none", () => expect(may("GET", "image", 0)).toBe(false));
  test("a lease is of one cookie and one app where it stands", () => {
    lease(SENT, app(), "cookie", { ...live(), owner: "owner" }, NOW);
    expect(leased(SENT, app(), "cookie")).not.toBeNull();
    expect(leased(SENT, { ...app(), id: "app_2" }, "cookie")).toBeNull();
    expect(leased(SENT, { ...app(), segmentId: "seg_2" }, "cookie")).toBeNull();
    expect(leased(SENT, app(), "cookie2")).toBeNull();
  });
  test("nor does it hold for a request that comes from elsewhere or from another browser: its owner must see it", () => {
    lease(SENT, app(), "cookie", { ...live(), owner: "owner" }, NOW);
    const other = new Request(SENT.url, { headers: { "user-agent": "another browser" } });
    const elsewhere = Object.assign(new Request(SENT.url), { cf: { country: "NL", asn: 64_500 } });
    expect(leased(other, app(), "cookie")).toBeNull();
    expect(leased(elsewhere, app(), "cookie")).toBeNull();
    expect(leased(SENT, app(), "cookie")).not.toBeNull();
  });
});
