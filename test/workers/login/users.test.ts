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
  guestDays: null,
  metadata: "",
  metadataUrl: null,
  organizations: [],
  offlineAccess: "no",
  recheckMinutes: 15,
  recheckGraceHours: 24,
  believesMethods: true,
  secondFactorAcr: [],
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

  test("is not signed in by a mailbox who ever signed in with something better", async () => {
    const byMail = (email = "guest@corp.com") =>
      signIn({ email, subject: email, groups: [] }, { id: "idp_2", kind: "email" });
    const first = await byMail();
    expect([first.ok, await byMail()]).toEqual([true, first]);
    expect(await signIn({ email: "guest@corp.com" })).toMatchObject({ ok: true });
    expect(await byMail()).toEqual({ ok: false, error: "other_account_linked" });
    await db.prepare("UPDATE identity_providers SET enabled = 0 WHERE id = 'idp_1'").run();
    expect(await byMail()).toMatchObject({ ok: true });
  });

  test("who administrates is signed in by a mailbox only where there is nothing better", async () => {
    const byMail = () =>
      signIn(
        { email: "boss@corp.com", subject: "boss@corp.com", groups: [] },
        { id: "idp_2", kind: "email" },
      );
    await db.prepare("UPDATE identity_providers SET kind = 'email' WHERE id = 'idp_2'").run();
    await addUser("usr_1", "boss@corp.com");
    await db.prepare("UPDATE users SET role = 'owner' WHERE id = 'usr_1'").run();
    expect(await byMail()).toEqual({ ok: false, error: "other_account_linked" });
    await db.prepare("UPDATE identity_providers SET enabled = 0 WHERE id = 'idp_1'").run();
    expect(await byMail()).toMatchObject({ ok: true, value: { userId: "usr_1" } });
  });

  test("of a mailbox is who has the address now", async () => {
    const byMail = (email: string) =>
      signIn({ email, subject: email, groups: [] }, { id: "idp_2", kind: "email" });
    await addUser("usr_1", "old@corp.com");
    expect(await byMail("old@corp.com")).toMatchObject({ ok: true, value: { userId: "usr_1" } });
    await db.prepare("UPDATE users SET email = 'new@corp.com' WHERE id = 'usr_1'").run();
    expect(await byMail("new@corp.com")).toMatchObject({ ok: true, value: { userId: "usr_1" } });
    const other = await byMail("old@corp.com");
    expect(other.ok && other.value.userId !== "usr_1").toBe(true);
    expect(await loadPrincipal(db, "usr_1")).toMatchObject({ email: "new@corp.com" });
  });

  test("is refused when the time is over, and gets an end where the provider says one", async () => {
    await signIn({}, { guestDays: 2 });
    const end = await db.prepare("SELECT expires_at - created_at AS ms FROM users").first<number>("ms");
    expect(end).toBe(2 * 86_400_000);
    await db.prepare("UPDATE users SET expires_at = 5").run();
    expect(await signIn()).toEqual({ ok: false, error: "user_expired" });
  });

  test("is made by membership in an organisation; domains narrow that", async () => {
    const by = { organizations: ["acme"], allowedDomains: [] as string[] };
    expect(await signIn({ email: "a@home.example" }, by)).toMatchObject({ ok: true });
    const narrow = { ...by, allowedDomains: ["corp.com"] };
    expect(await signIn({ subject: "s2", email: "b@home.example" }, narrow)).toMatchObject({ ok: false });
    expect(await signIn({ subject: "s3", email: "c@corp.com" }, narrow)).toMatchObject({ ok: true });
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
