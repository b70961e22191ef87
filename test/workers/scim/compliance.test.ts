import { beforeAll, describe, expect, it } from "vitest";
import {
  asOwner,
  ENTERPRISE,
  GROUP,
  patch,
  personBody,
  type ScimProvider,
  scimProvider,
  startScim,
  USER,
} from "./world.ts";

/** The cases of public checkers of SCIM servers, by the names that the checkers give them. */

let provider: ScimProvider;
beforeAll(async () => {
  await startScim();
  provider = await scimProvider();
});

const LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
const ERROR = "urn:ietf:params:scim:api:messages:2.0:Error";
const filtered = (type: string, filter: string, more = "") =>
  provider.send("GET", `/${type}?filter=${encodeURIComponent(filter)}${more}`);

describe("Okta SCIM 2.0 SPEC Test", () => {
  it("Required Test: Test Users endpoint", async () => {
    await provider.person("okta0");
    const { status, json } = await provider.send("GET", "/Users?count=1&startIndex=1");
    expect(status).toBe(200);
    expect(json).toMatchObject({
      schemas: [LIST],
      itemsPerPage: 1,
      startIndex: 1,
      totalResults: expect.any(Number),
    });
    expect(json.Resources[0]).toMatchObject({
      id: expect.any(String),
      name: { familyName: expect.any(String), givenName: expect.any(String) },
      userName: expect.any(String),
      active: true,
      emails: [{ value: expect.any(String) }],
    });
    const one = await provider.send("GET", `/Users/${json.Resources[0].id}`);
    expect([one.status, one.json]).toEqual([200, json.Resources[0]]);
  });

  it("Required Test: Test invalid User by username, and by ID", async () => {
    const none = await filtered("Users", 'userName eq "nobody@corp.com"');
    expect([none.status, none.json]).toMatchObject([200, { schemas: [LIST], totalResults: 0 }]);
    const { status, json } = await provider.send("GET", "/Users/010101001010101011001010101011");
    expect([status, json]).toEqual([404, { schemas: [ERROR], status: "404", detail: expect.any(String) }]);
  });

  it("Required Test: Create Okta user with realistic values; expect failure when recreating user with same values", async () => {
    const { externalId: _, ...body } = personBody("okta1");
    const made = await provider.send("POST", "/Users", body);
    expect([made.status, made.json]).toMatchObject([201, body]);
    expect(await provider.send("POST", "/Users", body)).toMatchObject({
      status: 409,
      scimType: "uniqueness",
    });
    // Username Case Sensitivity Check
    expect((await filtered("Users", 'userName eq "OKTA1@CORP.COM"')).json.totalResults).toBe(1);
  });

  it("Required Test: Check status 401", async () => {
    const { status, json } = await provider.send("GET", "/Users", undefined, { authorization: "non-token" });
    expect([status, json]).toEqual([401, { schemas: [ERROR], status: "401", detail: expect.any(String) }]);
  });

  it("Okta SCIM CRUD: update firstName, deactivate, reactivate by PUT", async () => {
    const { id, ...before } = await provider.person("okta2");
    const put = (more: object) =>
      provider.send("PUT", `/Users/${id}`, { ...before, id, groups: [], ...more });
    expect((await put({ name: { givenName: "New", familyName: "Doe" } })).json.name.givenName).toBe("New");
    expect((await put({ active: false })).json.active).toBe(false);
    expect((await put({ active: true })).json).toMatchObject({ active: true, name: { givenName: "okta2" } });
  });
});

describe("Microsoft Entra SCIM Validator", () => {
  it("POST /Users - Create a new User; duplicate User; filter for existing and non-existing, with different case", async () => {
    await provider.person("ms1");
    expect((await provider.send("POST", "/Users", personBody("ms1"))).status).toBe(409);
    expect((await filtered("Users", 'userName eq "ms1@corp.com"')).json.totalResults).toBe(1);
    expect((await filtered("Users", 'USERNAME EQ "MS1@corp.com"')).json.totalResults).toBe(1);
    expect((await filtered("Users", 'externalId eq "EXT-MS1"')).json.totalResults).toBe(0);
    expect((await filtered("Users", 'emails[type eq "work" and primary eq true].value eq "x"')).status).toBe(
      400,
    );
  });

  it("PATCH /Users/Id - Replace, Add and Remove Attributes; Multiple Ops on same and different attributes", async () => {
    const { id } = await provider.person("ms2");
    const ops = [
      { op: "Replace", path: 'emails[type eq "work"].value', value: "ms2b@corp.com" },
      { op: "Add", path: 'phoneNumbers[type eq "mobile"].value', value: "+1 2" },
      { op: "Add", path: 'addresses[type eq "work"].formatted', value: "Street 1" },
      { op: "Add", path: "name.formatted", value: "First" },
      { op: "Replace", path: "name.formatted", value: "Second" },
      {
        op: "Replace",
        value: { displayName: "X", "name.familyName": "Y", [`${ENTERPRISE}:department`]: "D" },
      },
      { op: "Add", path: `${ENTERPRISE}:employeeNumber`, value: "7" },
      { op: "Add", path: `${USER}:title`, value: "T" },
      { op: "Remove", path: "externalId" },
      { op: "Replace", path: "active", value: "True" },
    ];
    const { status, json } = await provider.send("PATCH", `/Users/${id}`, patch(...ops));
    expect(status).toBe(200);
    expect(json).toMatchObject({
      emails: [{ type: "work", value: "ms2b@corp.com", primary: true }],
      phoneNumbers: [{ type: "mobile", value: "+1 2" }],
      addresses: [{ type: "work", formatted: "Street 1" }],
      name: { formatted: "Second", familyName: "Y", givenName: "ms2" },
      displayName: "X",
      title: "T",
      active: true,
      [ENTERPRISE]: { department: "D", employeeNumber: "7" },
      schemas: [USER, ENTERPRISE],
    });
    expect(json.externalId).toBeUndefined();
    expect((await asOwner("GET", `/users/${id}`)).json).toMatchObject({ email: "ms2b@corp.com", name: "X" });
  });

  it("PATCH /Users/Id - Add, Replace and Remove Manager", async () => {
    const [{ id }, boss] = [await provider.person("ms3"), await provider.person("ms3boss")];
    const manager = async (op: object) =>
      (await provider.send("PATCH", `/Users/${id}`, patch(op as Record<string, unknown>))).json[ENTERPRISE]
        ?.manager;
    expect(await manager({ op: "Add", path: `${ENTERPRISE}:manager`, value: boss.id })).toEqual({
      value: boss.id,
    });
    expect(await manager({ op: "Replace", path: `${ENTERPRISE}:manager`, value: { value: id } })).toEqual({
      value: id,
    });
    expect(await manager({ op: "Remove", path: `${ENTERPRISE}:manager` })).toBeUndefined();
  });

  it("PATCH /Users/Id - Disable User: it is still found, as inactive; DELETE - Delete User twice", async () => {
    const { id } = await provider.person("ms4");
    await provider.send("PATCH", `/Users/${id}`, patch({ op: "replace", path: "active", value: "False" }));
    expect((await provider.send("GET", `/Users/${id}`)).json.active).toBe(false);
    expect((await filtered("Users", 'userName eq "ms4@corp.com"')).json.Resources[0].active).toBe(false);
    expect((await provider.send("DELETE", `/Users/${id}`)).status).toBe(204);
    expect((await provider.send("DELETE", `/Users/${id}`)).status).toBe(404);
    expect(
      (await provider.send("PATCH", `/Users/${id}`, patch({ op: "remove", path: "title" }))).status,
    ).toBe(404);
  });

  it("Groups: create, duplicate, filter with excludedAttributes, replace attributes, add and remove member, delete", async () => {
    const ann = await provider.person("ms5");
    const body = { schemas: [GROUP], displayName: "MS", externalId: "g-ms" };
    const { id } = (await provider.send("POST", "/Groups", body)).json;
    expect((await provider.send("POST", "/Groups", body)).status).toBe(409);
    expect((await provider.send("GET", `/Groups/${id}?excludedAttributes=members`)).status).toBe(200);
    const found = await filtered("Groups", 'displayName eq "ms"', "&excludedAttributes=members");
    expect(found.json).toMatchObject({ totalResults: 1, Resources: [{ id, externalId: "g-ms" }] });
    const change = (op: object) =>
      provider.send("PATCH", `/Groups/${id}`, patch(op as Record<string, unknown>));
    expect((await change({ op: "Replace", path: "displayName", value: "MS 2" })).status).toBe(204);
    expect(
      (await change({ op: "Add", path: "members", value: [{ $ref: null, value: ann.id }] })).status,
    ).toBe(204);
    expect((await provider.send("GET", `/Groups/${id}`)).json.members).toHaveLength(1);
    expect(
      (await change({ op: "Remove", path: "members", value: [{ $ref: null, value: ann.id }] })).status,
    ).toBe(204);
    expect((await provider.send("GET", `/Groups/${id}`)).json.members).toBeUndefined();
    expect((await provider.send("DELETE", `/Groups/${id}`)).status).toBe(204);
    expect((await provider.send("GET", `/Groups/${id}`)).status).toBe(404);
  });

  it("Schema discovery: the attributes of users and groups, with their types", async () => {
    const { json } = await provider.send("GET", "/Schemas");
    expect(json.Resources.map(({ id }: { id: string }) => id)).toEqual([USER, ENTERPRISE, GROUP]);
    const user = json.Resources[0].attributes.find(({ name }: { name: string }) => name === "userName");
    expect(user).toMatchObject({ type: "string", required: true, uniqueness: "server", caseExact: false });
  });
});

describe("scim2-tester", () => {
  it("check_random_url: 404 in the form of SCIM; other methods are 404 or 405", async () => {
    for (const path of ["/not-there", "/Users/a/b", "/Bulk", "/.search", "/Me"]) {
      expect(await provider.send("GET", path), path).toMatchObject({
        status: 404,
        json: { schemas: [ERROR], status: "404" },
      });
    }
  });

  it("check_service_provider_config_endpoint, check_resource_types_endpoint, check_schemas_endpoint", async () => {
    const { json: config } = await provider.send("GET", "/ServiceProviderConfig");
    expect(config).toMatchObject({
      patch: { supported: true },
      bulk: { supported: false },
      etag: { supported: true },
    });
    for (const kind of ["ResourceTypes", "Schemas"]) {
      const { json } = await provider.send("GET", `/${kind}`);
      for (const one of json.Resources) {
        const single = await provider.send("GET", `/${kind}/${one.id}`);
        expect(single.json, one.id).toEqual(one);
        expect(one.meta.location).toBe(`http://hub.localhost/scim/v2/${kind}/${one.id}`);
      }
      expect((await provider.send("GET", `/${kind}/nothing`)).status).toBe(404);
    }
  });

  it("object_creation, object_query, object_query_without_id, object_replacement, object_deletion", async () => {
    const made = await provider.send("POST", "/Users", personBody("tester1"));
    const { id } = made.json;
    expect((await provider.send("GET", "/Users?count=200")).json.Resources).toContainEqual(made.json);
    const replaced = await provider.send(
      "PUT",
      `/Users/${id}`,
      personBody("tester1", { title: "T", nickName: undefined }),
    );
    expect(replaced.json).toMatchObject({ id, title: "T" });
    expect((await provider.send("DELETE", `/Users/${id}`)).status).toBe(204);
  });
});
