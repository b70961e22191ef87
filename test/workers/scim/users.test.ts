import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { asOwner, patch, personBody, recorded, scimProvider, sendWith, startScim, userRow } from "./world.ts";

beforeAll(startScim);

describe("SCIM: a provider's people", () => {
  it("are made, shown, found and changed", async () => {
    const provider = await scimProvider();
    const made = await provider.send("POST", "/Users", personBody("ann"));
    expect([made.status, made.headers.get("content-type")]).toEqual([201, "application/scim+json"]);
    const { id, meta } = made.json;
    expect(made.json).toMatchObject({ ...personBody("ann"), id });
    expect(meta).toMatchObject({ resourceType: "User", version: 'W/"1"' });
    expect(made.headers.get("location")).toBe(meta.location);
    expect(await userRow(id)).toMatchObject({
      email: "ann@corp.com",
      name: "ann Doe",
      status: "active",
      role: null,
    });
    expect((await provider.send("GET", `/Users/${id}`)).json).toEqual(made.json);
    const found = await provider.send(
      "GET",
      `/Users?filter=${encodeURIComponent('userName eq "ANN@corp.com"')}`,
    );
    expect(found.json).toMatchObject({
      totalResults: 1,
      startIndex: 1,
      itemsPerPage: 1,
      Resources: [{ id }],
    });
    const changed = await provider.send(
      "PATCH",
      `/Users/${id}`,
      patch({ op: "replace", path: "displayName", value: "Ann" }),
    );
    expect([changed.status, changed.json.displayName, changed.json.meta.version]).toEqual([
      200,
      "Ann",
      'W/"2"',
    ]);
    expect(await userRow(id)).toMatchObject({ name: "Ann" });
    expect(await recorded(id)).toEqual([
      `scim:${provider.id} user.update`,
      `scim:${provider.id} user.create`,
    ]);
  });

  it("are signed out and kept out once they are not active, and come back", async () => {
    const provider = await scimProvider();
    const email = String(provider.claims.email);
    const { id } = await provider.person("bob", { userName: email, emails: [{ value: email }] });
    const session = await provider.signIn();
    expect(session.principal.userId).toBe(id);
    // As Entra ID writes it.
    const off = await provider.send(
      "PATCH",
      `/Users/${id}`,
      patch({ op: "Replace", path: "active", value: "False" }),
    );
    expect([off.status, off.json.active]).toEqual([200, false]);
    expect(await provider.live(session)).toBeUndefined();
    await expect(provider.signIn()).rejects.toThrow("user_disabled");
    await provider.send("PATCH", `/Users/${id}`, patch({ op: "replace", value: { active: true } }));
    expect((await provider.signIn()).principal.userId).toBe(id);
  });

  it("are left alone by an administrator's ban, and by an administrator's pardon only until the provider says no again", async () => {
    const provider = await scimProvider();
    const { id } = await provider.person("cat");
    const active = (value: boolean) =>
      provider.send("PATCH", `/Users/${id}`, patch({ op: "replace", path: "active", value }));
    const status = async () => (await userRow(id))?.status;
    const set = async (status: string) =>
      asOwner("PATCH", `/users/${id}`, { status }, { "if-match": `"${(await userRow(id))?.version}"` });
    await set("disabled");
    await active(true);
    expect(await status()).toBe("disabled");
    await set("active");
    await active(false);
    expect(await status()).toBe("disabled");
    await set("active");
    await active(false);
    expect(await status()).toBe("disabled");
    await active(true);
    expect(await status()).toBe("active");
  });

  it("stay inactive if a PUT doesn't say that they are active", async () => {
    const provider = await scimProvider();
    const { id } = await provider.person("dan", { active: false });
    const { active: _, ...body } = personBody("dan");
    const put = await provider.send("PUT", `/Users/${id}`, body);
    expect([put.status, put.json.active, (await userRow(id))?.status]).toEqual([200, false, "disabled"]);
  });

  it("end with DELETE: sessions, the user whom the provider made, and then the resource is gone", async () => {
    const provider = await scimProvider();
    const email = String(provider.claims.email);
    const { id } = await provider.person("eve", { userName: email, emails: [{ value: email }] });
    const session = await provider.signIn();
    expect((await provider.send("DELETE", `/Users/${id}`)).status).toBe(204);
    expect(await provider.live(session)).toBeUndefined();
    expect(await userRow(id)).toBeNull();
    for (const method of ["GET", "DELETE"]) {
      expect(await provider.send(method, `/Users/${id}`)).toMatchObject({
        status: 404,
        json: { status: "404" },
      });
    }
  });

  it("who were users before are disabled by DELETE, not deleted", async () => {
    const provider = await scimProvider();
    const session = await provider.signIn();
    const email = session.principal.email;
    const { id } = await provider.person("fay", { userName: email, emails: [{ value: email }] });
    expect(id).toBe(session.principal.userId);
    expect((await provider.send("DELETE", `/Users/${id}`)).status).toBe(204);
    expect(await userRow(id)).toMatchObject({ status: "disabled" });
    expect(await provider.live(session)).toBeUndefined();
  });
});

describe("SCIM: a provider gets no say", () => {
  const insert = (id: string, email: string, role: string | null = null) =>
    env.DB.prepare("INSERT INTO users (id, email, role, created_at, updated_at) VALUES (?, ?, ?, 1, 1)")
      .bind(id, email, role)
      .run();

  it("about a person of another provider", async () => {
    const [mine, other] = [await scimProvider(), await scimProvider()];
    const theirs = (await other.signIn()).principal;
    await other.person("gus");
    for (const email of [theirs.email, "gus@corp.com"]) {
      const refused = await mine.send(
        "POST",
        "/Users",
        personBody("x", { userName: email, emails: [{ value: email }] }),
      );
      expect(refused, email).toMatchObject({ status: 409, scimType: "uniqueness", code: "conflict" });
    }
    const { id } = await mine.person("hal");
    const moved = await mine.send(
      "PATCH",
      `/Users/${id}`,
      patch({ op: "replace", path: 'emails[type eq "work"].value', value: theirs.email }),
    );
    expect(moved).toMatchObject({ status: 409, scimType: "uniqueness" });
    const found = await other.send("GET", "/Users?count=200");
    for (const { id } of found.json.Resources)
      expect((await mine.send("GET", `/Users/${id}`)).status).toBe(404);
  });

  it("about an administrator who hasn't signed in by it, and never about an administrator's address", async () => {
    const provider = await scimProvider();
    await insert("usr_owner1", "owner1@corp.com", "owner");
    const body = personBody("owner1");
    expect(await provider.send("POST", "/Users", body)).toMatchObject({
      status: 409,
      scimType: "uniqueness",
    });
    await env.DB.prepare(
      "INSERT INTO identities (id, user_id, provider_id, subject, created_at, updated_at) VALUES ('idn_o1', 'usr_owner1', ?, 'o1', 1, 1)",
    )
      .bind(provider.id)
      .run();
    const { id } = await provider.person("owner1");
    expect(id).toBe("usr_owner1");
    const moved = await provider.send(
      "PATCH",
      `/Users/${id}`,
      patch({ op: "replace", path: "emails", value: [{ value: "evil@corp.com" }] }),
    );
    expect(moved).toMatchObject({ status: 400, scimType: "mutability" });
    expect(await userRow(id)).toMatchObject({ email: "owner1@corp.com", role: "owner" });
  });

  it("over whether the last owner may come in", async () => {
    const provider = await scimProvider();
    await env.DB.prepare("UPDATE users SET role = NULL WHERE role = 'owner'").run();
    await insert("usr_last", "last@corp.com", "owner");
    await env.DB.prepare(
      "INSERT INTO identities (id, user_id, provider_id, subject, created_at, updated_at) VALUES ('idn_last', 'usr_last', ?, 'l', 1, 1)",
    )
      .bind(provider.id)
      .run();
    await provider.person("last");
    const off = await provider.send(
      "PATCH",
      "/Users/usr_last",
      patch({ op: "replace", path: "active", value: false }),
    );
    expect([off.status, off.json.detail]).toEqual([409, expect.stringContaining("last owner")]);
    expect((await provider.send("DELETE", "/Users/usr_last")).status).toBe(409);
    expect(await userRow("usr_last")).toMatchObject({ status: "active" });
    await insert("usr_second", "second@corp.com", "owner");
    expect((await provider.send("DELETE", "/Users/usr_last")).status).toBe(204);
    expect(await userRow("usr_last")).toMatchObject({ status: "disabled", role: "owner" });
  });

  it("about addresses outside of its domains", async () => {
    const provider = await scimProvider();
    const refused = await provider.send(
      "POST",
      "/Users",
      personBody("x", { emails: [{ value: "x@evil.com" }] }),
    );
    expect(refused).toMatchObject({ status: 400, scimType: "invalidValue" });
    const { id } = await provider.person("moves");
    const away = { op: "replace", path: 'emails[type eq "work"].value', value: "moves@evil.com" };
    expect(await provider.send("PATCH", `/Users/${id}`, patch(away))).toMatchObject({
      ...{ status: 400, scimType: "invalidValue" },
    });
    for (const value of ["a@evil@corp.com", "а@corp.com", "corp.com", ""]) {
      const bad = await provider.send(
        "POST",
        "/Users",
        personBody("x", { userName: "x", emails: [{ value }] }),
      );
      expect(bad, value).toMatchObject({ status: 400, scimType: "invalidValue" });
    }
  });

  it("about roles here", async () => {
    const provider = await scimProvider();
    const { id } = await provider.person("ida", { roles: [{ value: "owner" }], role: "owner" });
    await provider.send(
      "PATCH",
      `/Users/${id}`,
      patch({ op: "add", path: "roles", value: [{ value: "admin" }] }),
    );
    expect(await userRow(id)).toMatchObject({ role: null });
  });
});

describe("SCIM: tokens", () => {
  it("are shown once, rotate with grace, and end", async () => {
    const provider = await scimProvider();
    const path = `/identity-providers/${provider.id}/scim-token`;
    const renewed = await asOwner("POST", path, { graceSeconds: 60 });
    const secret = String(renewed.json.secret);
    const status = async (token: string) => (await sendWith(token, "GET", "/Users")).status;
    expect([await status(provider.secret), await status(secret)]).toEqual([200, 200]);
    const shown = JSON.stringify((await asOwner("GET", path)).json);
    expect(shown).not.toContain("rnscim_");
    await env.DB.prepare("UPDATE scim_sources SET previous_until = 1 WHERE provider_id = ?")
      .bind(provider.id)
      .run();
    expect([await status(provider.secret), await status(secret)]).toEqual([401, 200]);
    const again = String((await asOwner("POST", path, {})).json.secret);
    expect([await status(secret), await status(again)]).toEqual([401, 200]);
    expect((await asOwner("DELETE", path)).status).toBe(204);
    expect(await status(again)).toBe(401);
    expect((await asOwner("GET", path)).json).toMatchObject({ active: false });
    const { results } = await env.DB.prepare("SELECT * FROM scim_sources").all();
    expect(JSON.stringify(results)).not.toContain("rnscim_");
  });

  it("of other kinds open nothing", async () => {
    for (const token of ["", "x", "rnscim_".padEnd(53, "0"), `rnapi_${"0".repeat(46)}`]) {
      const answer = await sendWith(token, "GET", "/Users");
      expect(answer, token).toMatchObject({
        status: 401,
        code: "invalid_credentials",
        json: { status: "401" },
      });
      expect(answer.headers.get("www-authenticate")).toContain("Bearer");
    }
  });

  it("are not looked through for seconds by a filter of many terms on long lists", async () => {
    const provider = await scimProvider();
    const emails = Array.from({ length: 100 }, (_, n) => ({
      value: n === 0 ? "x@corp.com" : `${n}${"a".repeat(1_900)}`,
    }));
    for (const name of ["f1", "f2", "f3", "f4", "f5", "f6"]) {
      const [, ...others] = emails;
      await provider.person(name, { emails: [{ value: `${name}@corp.com`, primary: true }, ...others] });
    }
    const found = (terms: number) =>
      provider.send("POST", "/Users/.search", {
        filter: Array.from({ length: terms }, () => 'emails.value co "z"').join(" or "),
      });
    expect((await found(2)).json.totalResults).toBe(0);
    expect(await found(50)).toMatchObject({ status: 400, scimType: "tooMany" });
  });
});
