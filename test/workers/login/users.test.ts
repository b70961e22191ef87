import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { IdentityClaims } from "../../../shared/access/login/identity-claims.ts";
import { loadPrincipal } from "../../../workers/registry/principals.ts";
import type { Provider } from "../../../workers/sign-in/providers.ts";
import { signInUser } from "../../../workers/sign-in/users.ts";
import { applyRegistry } from "../registry.ts";

const db = env.DB;
const provider: Provider = {
  id: "idp_1",
  kind: "oidc",
  name: "main",
  issuer: "https://idp.example",
  clientId: "me",
  clientSecretSealed: null,
  scopes: "openid",
  groupsClaim: "groups",
  groupsSeenAt: null,
  emailClaim: "email",
  emailVerified: "required",
  trustedAudiences: [],
  allowedDomains: ["corp.com"],
  organizations: [],
  offlineAccess: "no",
  recheckMinutes: 15,
  recheckGraceHours: 24,
};
const claims: IdentityClaims = {
  subject: "s1",
  email: "alice@corp.com",
  name: "Alice",
  groups: ["eng"],
  groupsStated: true,
  sid: null,
  acr: null,
  amr: [],
  authTime: 1,
};
const signIn = (change: Partial<IdentityClaims> = {}, by: Partial<Provider> = {}) =>
  signInUser(db, { ...provider, ...by }, { ...claims, ...change }, "weur");

async function addUser(id: string, email: string, status = "active"): Promise<void> {
  await db
    .prepare("INSERT INTO users (id, email, status, created_at, updated_at) VALUES (?, ?, ?, 1, 1)")
    .bind(id, email, status)
    .run();
}

beforeAll(applyRegistry);
beforeEach(async () => {
  await db.batch(
    ["identities", "users", "identity_providers"].map((table) => db.prepare(`DELETE FROM ${table}`)),
  );
  for (const id of ["idp_1", "idp_2"]) {
    await db
      .prepare(
        "INSERT INTO identity_providers (id, name, issuer, client_id, created_at, updated_at) VALUES (?, ?, 'https://idp.example', 'me', 1, 1)",
      )
      .bind(id, id)
      .run();
  }
});

describe("user of a sign-in", () => {
  test("is made where the domain is allowed, and found again by subject", async () => {
    const first = await signIn();
    expect(first).toMatchObject({ ok: true, value: { homeRegion: "weur", changed: false } });
    expect(await signIn()).toEqual(first);
    const { results } = await db.prepare("SELECT email FROM users").all();
    expect(results).toEqual([{ email: "alice@corp.com" }]);
  });

  test.each(["alice@evil-corp.com", "alice@sub.corp.com", "alice@corp.com.evil.example"])(
    "S-25: %s is not of the allowed domain",
    async (email) => {
      expect(await signIn({ email })).toEqual({ ok: false, error: "unknown_user" });
    },
  );

  test("is linked by e-mail when an administrator made it before", async () => {
    await addUser("usr_1", "guest@elsewhere.com");
    expect(await signIn({ email: "guest@elsewhere.com" })).toMatchObject({
      ok: true,
      value: { userId: "usr_1", changed: true },
    });
    expect(await loadPrincipal(db, "usr_1")).toMatchObject({
      emailVerified: true,
      groups: ["eng"],
      name: "Alice",
    });
  });

  test("is not taken over by a new account that got the old address", async () => {
    await signIn();
    expect(await signIn({ subject: "s2" })).toEqual({ ok: false, error: "other_account_linked" });
    expect(await signIn({ subject: "s2" }, { id: "idp_2" })).toMatchObject({ ok: true });
  });

  test("who is an administrator is not taken over by another provider that names their address", async () => {
    const first = await signIn();
    if (!first.ok) throw new Error(first.error);
    await db.prepare("UPDATE users SET role = 'owner'").run();
    const elsewhere = () => signIn({ subject: "s2" }, { id: "idp_2" });
    expect(await elsewhere()).toEqual({ ok: false, error: "other_account_linked" });
    // Until the one that they came by vouches for nobody any more.
    await db.prepare("UPDATE identity_providers SET enabled = 0 WHERE id = 'idp_1'").run();
    expect(await elsewhere()).toMatchObject({ ok: true, value: { userId: first.value.userId } });
  });

  test("is refused when disabled", async () => {
    await addUser("usr_1", "alice@corp.com", "disabled");
    expect(await signIn()).toEqual({ ok: false, error: "user_disabled" });
  });

  test("S-27: has what the provider says now, with a newer version", async () => {
    const first = await signIn();
    if (!first.ok) throw new Error(first.error);
    const before = await loadPrincipal(db, first.value.userId);
    expect(await signIn({ groups: ["ops"], email: "alice.b@corp.com" })).toMatchObject({
      ok: true,
      value: { userId: first.value.userId, changed: true },
    });
    const after = await loadPrincipal(db, first.value.userId);
    expect(after).toMatchObject({ groups: ["ops"], email: "alice.b@corp.com" });
    expect(after?.version).toBeGreaterThan(before?.version ?? 0);
  });

  test("can't take another user's address", async () => {
    await signIn();
    await addUser("usr_2", "bob@corp.com");
    expect(await signIn({ email: "bob@corp.com" })).toEqual({ ok: false, error: "email_in_use" });
  });
});
