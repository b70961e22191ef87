import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import type { Session } from "../../../shared/access/sessions/types.ts";
import type { SnapshotApp } from "../../../shared/registry/snapshot.ts";
import { attemptsObject, auditObject } from "../../../workers/platform/objects.ts";
import { freshId, newSecret } from "../../../workers/platform/random.ts";
import { settleLeftEvents } from "../../../workers/platform/saved-events.ts";
import { signOut } from "../../../workers/session/end-sessions.ts";
import { redeemCode } from "../../../workers/session/redeem.ts";
import { serveBackchannelLogout } from "../../../workers/sign-in/oidc/backchannel-logout.ts";
import { withoutAudit } from "../agent-api/world.ts";
import { applyRegistry } from "../registry.ts";
import { bindings, silentProvider, startNetwork } from "./silent-provider.ts";

beforeAll(async () => {
  await applyRegistry();
  await startNetwork();
});

async function ownerOf({ id }: Session): Promise<string> {
  const found = await env.DB.prepare("SELECT owner FROM sessions_index WHERE id = ?").bind(id).first("owner");
  return String(found);
}

async function recorded(action: string, target: string) {
  const { rows } = await auditObject(bindings).query({ kinds: ["session", "login"], limit: 200 });
  return rows.flatMap(({ entry }) =>
    entry.kind !== "decision" && entry.action === action && entry.target === target ? [entry.detail] : [],
  );
}

/** What the log says once it is back, after somebody kept house twice. */
async function toldLater(action: string, target: string) {
  await settleLeftEvents(bindings, Date.now() + 60_000);
  await settleLeftEvents(bindings, Date.now() + 60_000);
  return recorded(action, target);
}

// At the same time, since the recorder waits two seconds for the log.
describe.concurrent("while the audit log is away, sessions end all the same, and the log is told later", () => {
  test("by a sign-out", async () => {
    const provider = await silentProvider();
    const session = await provider.signIn();
    const current = { session, owner: await ownerOf(session) };
    await expect(signOut(withoutAudit(), current, "everywhere")).rejects.toThrow("away");
    expect(await provider.live(session)).toBeUndefined();
    expect(await toldLater("session.sign_out", session.id)).toEqual([{ scope: "everywhere" }]);
  });

  test("by the provider's logout token, which is spent", async () => {
    const provider = await silentProvider();
    const session = await provider.signIn();
    const body = new URLSearchParams({ logout_token: await provider.logoutToken() });
    const send = (through = bindings) => {
      const url = "https://auth.example/.rustronaut/backchannel-logout";
      return serveBackchannelLogout(new Request(url, { method: "POST", body }), through);
    };
    await expect(send(withoutAudit())).rejects.toThrow("away");
    expect(await provider.live(session)).toBeUndefined();
    expect((await send()).status).toBe(400);
    expect(await toldLater("session.provider_logout", provider.id)).toEqual([{ ended: 1 }]);
  });

  test("by a code that is shown again", async () => {
    const provider = await silentProvider();
    const session = await provider.signIn();
    const owner = await ownerOf(session);
    const [id, code] = [freshId("attempt"), newSecret()];
    const attempt = {
      kind: "app",
      appId: "app_1",
      host: "wiki.example",
      returnTo: "/",
      browserHash: hashSecret("browser"),
      clientMark: "",
      signInAfter: null,
    } as const;
    const handoff = { signInSessionId: session.id, signInOwner: owner, userId: session.principal.userId };
    const attempts = attemptsObject(bindings, id);
    await attempts.start(id, attempt);
    await attempts.grantCode(id, hashSecret(code), handoff);
    await attempts.redeem(id, hashSecret(code), [hashSecret("browser")], attempt.host);
    await attempts.recordSession(id, session.id, owner);
    const app = { id: "app_1", name: "wiki", segmentId: "seg_1" } as SnapshotApp;
    const again = new Request(`https://wiki.example/.rustronaut/callback?a=${id}&code=${code}`);
    await expect(redeemCode(again, app, withoutAudit())).rejects.toThrow("away");
    expect(await provider.live(session)).toBeUndefined();
    expect(await toldLater("login.code_replayed", id)).toEqual([{ app: "wiki", session: session.id }]);
  });
});
