import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { worldOf } from "../../../shared/access/as-of.ts";
import { heldNow } from "../../../workers/registry/history.ts";
import { loadPrincipal } from "../../../workers/registry/principals.ts";
import { enabledProvider } from "../../../workers/sign-in/providers.ts";
import { signInUser } from "../../../workers/sign-in/users.ts";
import { drawn } from "../../support/sample.ts";
import { asOwner, GROUP, patch, type ScimProvider, scimProvider, startScim } from "./world.ts";

beforeAll(startScim);

const groupBody = (displayName: string, members: readonly unknown[] = []) => ({
  schemas: [GROUP],
  displayName,
  members: members.map((value) => ({ value })),
});

const groupsOf = async (userId: string) => (await loadPrincipal(env.DB, userId))?.groups;
const membersOf = async (provider: ScimProvider, id: unknown) => {
  const { json } = await provider.send("GET", `/Groups/${id}`);
  return (json.members ?? []).map(({ value }: { value: string }) => value);
};

describe("SCIM: a provider's groups", () => {
  it("count in policies under the provider's own name, and are listed with the person", async () => {
    const provider = await scimProvider();
    const ann = await provider.person("ann1");
    const made = await provider.send("POST", "/Groups", groupBody("Engineering", [ann.id]));
    expect([made.status, made.json.displayName]).toEqual([201, "Engineering"]);
    expect(made.json.members).toMatchObject([{ value: ann.id, display: "ann1@corp.com", type: "User" }]);
    const name = `scim:${provider.id.replace("_", "-")}/Engineering`;
    expect(await groupsOf(ann.id)).toEqual([name]);
    const world = worldOf(await heldNow(env.DB), Date.now());
    expect(world.users.find(({ id }) => id === ann.id)?.groups).toEqual([name]);
    const { json } = await provider.send("GET", `/Users/${ann.id}`);
    expect(json.groups).toMatchObject([{ value: made.json.id, display: "Engineering" }]);
  });

  it("are changed in each way in which providers change them", async () => {
    const provider = await scimProvider();
    const [a, b, c] = [await provider.person("a2"), await provider.person("b2"), await provider.person("c2")];
    const { id } = (await provider.send("POST", "/Groups", groupBody("G"))).json;
    const change = async (...operations: Record<string, unknown>[]) => {
      const { status, json } = await provider.send("PATCH", `/Groups/${id}`, patch(...operations));
      expect([status, json]).toEqual([204, null]);
      return membersOf(provider, id);
    };
    // Entra ID adds and removes so.
    expect(await change({ op: "Add", path: "members", value: [{ $ref: null, value: a.id }] })).toEqual([
      a.id,
    ]);
    expect(await change({ op: "Add", path: "members", value: [{ value: b.id }, { value: a.id }] })).toEqual(
      [a.id, b.id].sort(),
    );
    expect(await change({ op: "Remove", path: "members", value: [{ $ref: null, value: a.id }] })).toEqual([
      b.id,
    ]);
    // Okta removes so, and replaces all.
    expect(await change({ op: "remove", path: `members[value eq "${b.id}"]` })).toEqual([]);
    expect(await change({ op: "replace", path: "members", value: [{ value: c.id, display: "c" }] })).toEqual([
      c.id,
    ]);
    expect(await change({ op: "remove", path: "members" })).toEqual([]);
    // Okta renames so, with the id beside it.
    await change({ op: "replace", value: { id, displayName: "H" } });
    const shown = await provider.send("GET", `/Groups/${id}`);
    expect(shown.json.displayName).toBe("H");
    const put = await provider.send("PUT", `/Groups/${id}`, groupBody("H", [a.id, b.id]));
    expect([put.status, put.json.members.length]).toEqual([200, 2]);
  });

  it("change a live session, and the sessions of nobody else", async () => {
    const provider = await scimProvider();
    const email = String(provider.claims.email);
    const me = await provider.person("me3", { userName: email, emails: [{ value: email }] });
    const session = await provider.signIn();
    const { id } = (await provider.send("POST", "/Groups", groupBody("Ops", [me.id]))).json;
    const now = async () => (await provider.live(session))?.principal.groups;
    expect(await now()).toContain(`scim:${provider.id.replace("_", "-")}/Ops`);
    await provider.send("PATCH", `/Groups/${id}`, patch({ op: "remove", path: "members" }));
    expect(await now()).not.toContain(`scim:${provider.id.replace("_", "-")}/Ops`);
  });

  it("leave out members that the provider didn't send, say so, and take those out who must leave", async () => {
    const [provider, other] = [await scimProvider(), await scimProvider()];
    const [ann, bob] = [await provider.person("ann4"), await provider.person("bob4")];
    const theirs = await other.person("theirs4");
    const { id } = (await provider.send("POST", "/Groups", groupBody("G", [ann.id]))).json;
    const put = await provider.send(
      "PUT",
      `/Groups/${id}`,
      groupBody("G", [bob.id, theirs.id, "usr_nobody"]),
    );
    expect([put.status, put.json.members.map(({ value }: { value: string }) => value)]).toEqual([
      200,
      [bob.id],
    ]);
    expect(await groupsOf(theirs.id)).toEqual([]);
    const { json } = await asOwner("GET", `/identity-providers/${provider.id}/scim-token`);
    expect(json.lastRefusal).toContain('2 members of "G" were left out');
  });

  it("take no name that is taken, and no administrator's group", async () => {
    const provider = await scimProvider();
    await provider.send("POST", "/Groups", groupBody("Taken"));
    expect(await provider.send("POST", "/Groups", groupBody("Taken"))).toMatchObject({
      status: 409,
      scimType: "uniqueness",
    });
    await asOwner("POST", "/groups", { name: "engineering5" });
    expect((await provider.send("POST", "/Groups", groupBody("engineering5"))).status).toBe(201);
    const { json } = await asOwner("GET", "/groups/engineering5");
    expect(json).toMatchObject({ providerId: null });
    for (const name of ["a\u0000b", "", " ", "a\u202eb", "x".repeat(300)]) {
      expect(await provider.send("POST", "/Groups", groupBody(name)), name).toMatchObject({
        status: 400,
        scimType: "invalidValue",
      });
    }
  });

  it("can't be seen or changed by another provider", async () => {
    const [provider, other] = [await scimProvider(), await scimProvider()];
    const { id } = (await provider.send("POST", "/Groups", groupBody("Mine"))).json;
    expect((await other.send("GET", `/Groups/${id}`)).status).toBe(404);
    expect((await other.send("DELETE", `/Groups/${id}`)).status).toBe(404);
    expect((await other.send("PUT", `/Groups/${id}`, groupBody("Mine"))).status).toBe(404);
    expect(
      (await other.send("GET", `/Groups?filter=${encodeURIComponent(`id eq "${id}"`)}`)).json.totalResults,
    ).toBe(0);
  });

  it("are found by filters, with or without their members", async () => {
    const provider = await scimProvider();
    const ann = await provider.person("ann6");
    const { id } = (
      await provider.send("POST", "/Groups", { ...groupBody("Überall & so", [ann.id]), externalId: "g-6" })
    ).json;
    await provider.send("POST", "/Groups", groupBody("Other"));
    const found = async (filter: string, more = "") => {
      const { json } = await provider.send("GET", `/Groups?filter=${encodeURIComponent(filter)}${more}`);
      return json.Resources;
    };
    for (const filter of [
      'displayName eq "überall & so"',
      'externalId eq "g-6"',
      `members[value eq "${ann.id}"]`,
      `members.value eq "${ann.id}"`,
      // Entra ID asks so whether somebody is in a group.
      `id eq "${id}" and members eq "${ann.id}"`,
    ]) {
      expect(await found(filter), filter).toMatchObject([{ id, members: [{ value: ann.id }] }]);
    }
    expect(
      Object.keys((await found('displayName eq "Überall & so"', "&excludedAttributes=members"))[0]),
    ).not.toContain("members");
    expect(await found(`id eq "${id}" and members eq "usr_nobody"`)).toEqual([]);
  });

  it("are nobody else's: no administrator, no token of a sign-in and no service token puts somebody in", async () => {
    const provider = await scimProvider();
    const ann = await provider.person("ann7");
    const { id } = (await provider.send("POST", "/Groups", groupBody("Admins"))).json;
    const name = `scim:${provider.id.replace("_", "-")}/Admins`;
    const add = await asOwner("PUT", `/groups/${id}/members/user/${ann.id}`);
    expect([add.status, add.json.code]).toEqual([409, "conflict"]);
    const etag = { "if-match": '"1"' };
    expect((await asOwner("PATCH", `/groups/${id}`, { name: "mine" }, etag)).status).toBe(409);
    expect((await asOwner("DELETE", `/groups/${id}`, undefined, etag)).status).toBe(409);
    expect((await asOwner("POST", "/groups", { name })).status).toBe(422);
    expect((await asOwner("POST", "/service-tokens", { name: "t7", groups: [name] })).status).toBe(422);
    const row = await enabledProvider(env.DB, provider.id);
    const claims = {
      subject: "s7",
      email: "ann7@corp.com",
      name: "",
      groups: [name, "sales"],
      groupsStated: true,
      sid: null,
      acr: null,
      amr: [],
      authTime: 1,
    };
    expect(row && (await signInUser(env.DB, row, claims, "weur"))).toMatchObject({ ok: true });
    expect(await groupsOf(ann.id)).toEqual(["sales"]);
  });

  it("may be in an administrator's group, and are in no document", async () => {
    const provider = await scimProvider();
    const { id } = (await provider.send("POST", "/Groups", groupBody("Nested"))).json;
    await asOwner("POST", "/groups", { name: "staff8" });
    expect((await asOwner("PUT", `/groups/staff8/members/group/${id}`)).status).toBe(204);
    const { json } = await asOwner("GET", "/network/document");
    const groups = (json.document as { groups: { name: string; groups: string[] }[] }).groups;
    expect(groups.filter((one) => one.name.startsWith("scim:"))).toEqual([]);
    expect(groups.find((one) => one.name === "staff8")?.groups).toEqual([
      `scim:${provider.id.replace("_", "-")}/Nested`,
    ]);
  });

  it("don't count while their provider is switched off, and go with it", async () => {
    const [provider, other] = [await scimProvider(), await scimProvider()];
    await other.signIn();
    const ann = await provider.person("ann9");
    await provider.send("POST", "/Groups", groupBody("G", [ann.id]));
    const path = `/identity-providers/${provider.id}`;
    const version = async () => ({ "if-match": `"${(await asOwner("GET", path)).json.version}"` });
    expect((await asOwner("PATCH", path, { enabled: false }, await version())).status).toBe(200);
    expect(await groupsOf(ann.id)).toEqual([]);
    const world = worldOf(await heldNow(env.DB), Date.now());
    expect(world.users.find(({ id }) => id === ann.id)?.groups).toEqual([]);
    expect(await provider.send("GET", "/Users")).toMatchObject({ status: 403, code: "forbidden" });
    expect((await asOwner("PATCH", path, { enabled: true }, await version())).status).toBe(200);
    expect(await groupsOf(ann.id)).toHaveLength(1);
    expect((await asOwner("DELETE", path, undefined, await version())).status).toBe(204);
    expect(await groupsOf(ann.id)).toEqual([]);
    const left = await env.DB.prepare("SELECT count(*) AS n FROM groups WHERE provider_id = ?")
      .bind(provider.id)
      .first("n");
    expect(left).toBe(0);
  });

  it("may have 10,000 members, and not one more", async () => {
    const provider = await scimProvider();
    // More than are told at once; `npm run test:soak` takes all.
    const size = drawn(1_200, 10_000);
    const ids = Array.from({ length: size }, (_, n) => `usr_${String(n).padStart(26, "0")}`);
    await env.DB.batch([
      env.DB.prepare(
        `INSERT INTO users (id, email, created_at, updated_at) SELECT value, value || '@corp.com', 1, 1 FROM json_each(?)`,
      ).bind(JSON.stringify(ids)),
      env.DB.prepare(
        `INSERT INTO scim_users (provider_id, user_id, user_name, document, made, created_at, updated_at)
         SELECT ?, value, value, json_object('userName', value), 1, 1, 1 FROM json_each(?)`,
      ).bind(provider.id, JSON.stringify(ids)),
    ]);
    const made = await provider.send(
      "POST",
      "/Groups?excludedAttributes=members",
      groupBody("Everyone", ids),
    );
    expect(made.status).toBe(201);
    const { id } = made.json;
    await provider.send(
      "PATCH",
      `/Groups/${id}`,
      patch({ op: "remove", path: `members[value eq "${ids[0]}"]` }),
    );
    expect((await provider.send("GET", `/Groups/${id}`)).json.members).toHaveLength(size - 1);
    const more = await provider.send(
      "PUT",
      `/Groups/${id}`,
      groupBody("Everyone", Array(10_001).fill("usr_x")),
    );
    expect(more).toMatchObject({ status: 400, scimType: "invalidValue" });
    expect((await provider.send("DELETE", `/Groups/${id}`)).status).toBe(204);
  });
});
