import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type {
  AppAttempt,
  Handoff,
  LoginAttemptsRpc,
  ProviderAttempt,
} from "../../../shared/access/login/types.ts";

const app: AppAttempt = {
  kind: "app",
  appId: "app_1",
  host: "app.example",
  returnTo: "/x",
  browserHash: "browser",
  clientMark: "mark",
  signInAfter: null,
};
const provider: ProviderAttempt = {
  kind: "provider",
  providerId: "idp_1",
  nonce: "n",
  codeVerifier: "v",
  browserHash: "browser",
  appAttemptId: "att_1",
  askBefore: false,
  signInAfter: null,
};
const handoff: Handoff = { signInSessionId: "ses_1", signInOwner: "signin/weur/1", userId: "usr_1" };

/** A fresh object for each test: its name is the test's. */
function attempts(name: string) {
  const stub = env.LOGIN_ATTEMPTS.get(env.LOGIN_ATTEMPTS.idFromName(name));
  return { stub, rpc: stub as unknown as LoginAttemptsRpc };
}

describe("LoginAttempts", () => {
  test("gives a provider attempt to one callback only, out of many at once", async () => {
    const { rpc } = attempts("race");
    await rpc.start("a", provider);
    expect(await rpc.takeProvider("a", "other browser")).toBe("wrong_browser");
    const taken = await Promise.all(Array.from({ length: 20 }, () => rpc.takeProvider("a", "browser")));
    expect(taken.filter((outcome) => typeof outcome === "object")).toEqual([provider]);
    expect(taken.filter((outcome) => outcome === "used")).toHaveLength(19);
  });

  test("redeems a code once, and says on replay which session it made", async () => {
    const { rpc } = attempts("redeem");
    await rpc.start("a", app);
    expect(await rpc.peekApp("a")).toEqual(app);
    expect(await rpc.redeem("a", "code", ["browser"], "app.example")).toMatchObject({ reason: "no_code" });
    expect(await rpc.grantCode("a", "code", handoff)).toBe(true);
    expect(await rpc.redeem("a", "guess", ["thief"], "app.example")).toMatchObject({ reason: "wrong_code" });
    const redeemed = await Promise.all(
      Array.from({ length: 10 }, () => rpc.redeem("a", "code", ["browser"], "app.example")),
    );
    expect(redeemed.filter(({ ok }) => ok)).toEqual([{ ok: true, attempt: app, handoff }]);
    await rpc.recordSession("a", "ses_9", "seg_1/weur/2");
    expect(await rpc.redeem("a", "code", ["thief"], "app.example")).toEqual({
      ok: false,
      reason: "replayed",
      attempt: { attempt: app, isOwn: false },
      sessionId: "ses_9",
      sessionOwner: "seg_1/weur/2",
    });
    expect(await rpc.peekApp("a")).toBeNull();
    expect(await rpc.recallApp("a")).toEqual(app);
    expect(await rpc.grantCode("a", "code2", handoff)).toBe(false);
  });

  test.each([
    ["browser", ["thief"], "app.example"],
    ["host", ["browser"], "evil.example"],
  ])("S-A5: a code that is shown by the wrong %s is spent", async (wrong, hashes, host) => {
    const { rpc } = attempts(`spent by the wrong ${wrong}`);
    await rpc.start("a", app);
    await rpc.grantCode("a", "code", handoff);
    expect(await rpc.redeem("a", "code", hashes, host)).toMatchObject({ reason: `wrong_${wrong}` });
    expect(await rpc.redeem("a", "code", ["browser"], "app.example")).toMatchObject({ reason: "replayed" });
    expect(await rpc.peekApp("a")).toBeNull();
  });

  test("G9: knows for which app a provider attempt was started, also when it is over", async () => {
    const { rpc } = attempts("waiting");
    await rpc.start("p", provider);
    await rpc.takeProvider("p", "browser");
    expect(await rpc.recallProvider("p")).toEqual({ providerId: "idp_1", appAttemptId: "att_1" });
    expect(await rpc.recallProvider("nothing")).toBeNull();
  });

  test("lets a second code replace the first", async () => {
    const { rpc } = attempts("second code");
    await rpc.start("a", app);
    await rpc.grantCode("a", "first", handoff);
    await rpc.grantCode("a", "second", handoff);
    expect(await rpc.redeem("a", "first", ["browser"], "app.example")).toMatchObject({
      reason: "wrong_code",
    });
    expect(await rpc.redeem("a", "second", ["browser"], "app.example")).toMatchObject({ ok: true });
  });

  test("keeps the kinds of attempts apart", async () => {
    const { rpc } = attempts("kinds");
    await rpc.start("p", provider);
    await rpc.start("a", app);
    expect(await rpc.peekApp("p")).toBeNull();
    expect(await rpc.grantCode("p", "code", handoff)).toBe(false);
    expect(await rpc.takeProvider("a", "browser")).toBe("unknown");
    expect(await rpc.takeProvider("nothing", "browser")).toBe("unknown");
  });

  test("knows the logout tokens that were spent, however often", async () => {
    const { rpc } = attempts("jti");
    expect(await rpc.isSpent("j")).toBe(false);
    await Promise.all([1, 2, 3].map(() => rpc.spend("j", Date.now() + 60_000)));
    expect([await rpc.isSpent("j"), await rpc.isSpent("k")]).toEqual([true, false]);
  });

  test("forgets what is long over, and wakes up for what is not", async () => {
    const { rpc, stub } = attempts("clean-up");
    await rpc.start("old", app);
    await rpc.start("new", app);
    await rpc.start("used", provider);
    await rpc.takeProvider("used", "browser");
    await rpc.spend("old", Date.now() - 1);
    const left = await runInDurableObject(stub, async (_object, state) => {
      state.storage.sql.exec("UPDATE attempts SET expires_at = ? WHERE id <> 'new'", Date.now() - 1);
      await state.storage.setAlarm(Date.now() + 3_600_000);
    }).then(async () => {
      expect(await runDurableObjectAlarm(stub)).toBe(true);
      return runInDurableObject(stub, async (_object, state) => ({
        attempts: state.storage.sql.exec("SELECT id FROM attempts ORDER BY id").toArray(),
        tokens: state.storage.sql.exec("SELECT jti FROM seen_tokens").toArray(),
        alarm: await state.storage.getAlarm(),
      }));
    });
    expect(left.attempts).toEqual([{ id: "new" }, { id: "used" }]);
    expect(left.tokens).toEqual([]);
    expect(left.alarm).toBeGreaterThan(Date.now());
  });
});
