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

describe("RFC 7644", () => {
  it("§3.4.2.2: filters of every kind find who fits, and what is no filter is invalidFilter", async () => {
    const own = await scimProvider();
    await own.person("flo", {
      title: "Lead",
      name: { familyName: "O'Malley", givenName: "Flo" },
      nickName: 'q"q',
    });
    await own.person("gil", { active: false });
    const found = async (filter: string) => {
      const { json } = await own.send("GET", `/Users?filter=${encodeURIComponent(filter)}`);
      return (json.Resources ?? [json.scimType]).map(
        (one: { nickName?: string; userName: string } | string) =>
          typeof one === "string" ? one : one.userName.slice(0, 3),
      );
    };
    for (const filter of [
      'name.familyName co "O\'Malley"',
      'userName sw "F"',
      `${USER}:userName sw "f"`,
      "title pr",
      "title pr and userType eq null",
      'nickName eq "q\\"q"',
      'emails[type eq "work" and value co "flo@"]',
      'emails co "flo@"',
      'userName ew "corp.com" and not (userName sw "g")',
      'userName eq "nobody" or (title eq "lead" and active eq true)',
      "active ne false",
      'meta.created gt "2020-01-01T00:00:00Z" and title pr',
      'title ge "lead" and title le "LEAD"',
    ]) {
      expect(await found(filter), filter).toEqual(["flo"]);
    }
    expect(await found('active eq "False"')).toEqual(["gil"]);
    for (const filter of [
      "userName",
      "userName eq",
      'userName xx "a"',
      'userName eq "a',
      "userName eq a",
      '(userName eq "a"',
      'userName eq "a")',
      'nothing eq "a"',
      'name eq "a"',
      'emails[nothing eq "a"]',
      "active gt true",
      `${"(".repeat(20)}title pr${")".repeat(20)}`,
      Array(60).fill("title pr").join(" or "),
      "title pr ".padEnd(3_000, "x"),
      '"; DROP TABLE users; --',
    ]) {
      expect(await found(filter), filter).toEqual(["invalidFilter"]);
    }
  });

  it("§3.4.2.4: pages from 1 on; §3.4.3: .search asks the same", async () => {
    const own = await scimProvider();
    for (const name of ["p1", "p2", "p3"]) await own.person(name);
    const page = async (query: string) => {
      const { json } = await own.send("GET", `/Users?${query}`);
      return [json.totalResults, json.startIndex, json.Resources.length];
    };
    expect(await page("count=2")).toEqual([3, 1, 2]);
    expect(await page("startIndex=3&count=2")).toEqual([3, 3, 1]);
    expect(await page("startIndex=-5&count=1")).toEqual([3, 1, 1]);
    expect(await page("count=0")).toEqual([3, 1, 0]);
    expect(await page("count=-1")).toEqual([3, 1, 0]);
    expect(await page("startIndex=9")).toEqual([3, 9, 0]);
    expect(await page("filter=userName+pr&startIndex=2&count=1")).toEqual([3, 2, 1]);
    expect((await own.send("GET", "/Users?count=x")).scimType).toBe("invalidValue");
    const { json } = await own.send("POST", "/Users/.search", {
      filter: 'userName sw "p"',
      count: 1,
      attributes: ["userName"],
    });
    expect(json).toMatchObject({ totalResults: 3, itemsPerPage: 1 });
    expect(Object.keys(json.Resources[0]).sort()).toEqual(["id", "schemas", "userName"]);
  });

  it("§3.9: attributes and excludedAttributes", async () => {
    const { id } = await provider.person("proj", { [ENTERPRISE]: { department: "D", costCenter: "C" } });
    const shown = async (query: string) => (await provider.send("GET", `/Users/${id}?${query}`)).json;
    expect(await shown(`attributes=name.givenName,emails.value,${ENTERPRISE}:department`)).toEqual({
      schemas: [USER, ENTERPRISE],
      id,
      name: { givenName: "proj" },
      emails: [{ value: "proj@corp.com" }],
      [ENTERPRISE]: { department: "D" },
    });
    const without = await shown(`excludedAttributes=emails,name.familyName,${ENTERPRISE},id`);
    expect(without).toMatchObject({ id, name: { givenName: "proj" } });
    expect([without.emails, without.name.familyName, without[ENTERPRISE]]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect((await provider.send("GET", `/Users/${id}?attributes=id&excludedAttributes=name`)).scimType).toBe(
      "invalidSyntax",
    );
  });

  it("§3.14: versions", async () => {
    const { id } = await provider.person("etag");
    const op = patch({ op: "replace", path: "title", value: "1" });
    expect((await provider.send("PATCH", `/Users/${id}`, op, { "if-match": 'W/"9"' })).status).toBe(412);
    expect((await provider.send("PATCH", `/Users/${id}`, op, { "if-match": 'W/"1"' })).status).toBe(200);
    expect((await provider.send("GET", `/Users/${id}`, undefined, { "if-none-match": 'W/"2"' })).status).toBe(
      304,
    );
    // What changes nothing makes no new version.
    expect((await provider.send("PATCH", `/Users/${id}`, op)).json.meta.version).toBe('W/"2"');
  });

  it("§3.3, §3.12: wrong bodies are refused in words, and nothing of them is kept", async () => {
    const cases: [string, unknown, number, string | undefined][] = [
      ["POST /Users", "{", 400, undefined],
      ["POST /Users", "[]", 400, "invalidSyntax"],
      ["POST /Users", '{"userName":"a","userName":"b"}', 400, undefined],
      ["POST /Users", {}, 400, "invalidValue"],
      ["POST /Users", personBody("z", { active: "perhaps" }), 400, "invalidValue"],
      ["POST /Users", personBody("z", { userName: 7 }), 400, "invalidValue"],
      ["POST /Users", personBody("z", { emails: "no" }), 400, "invalidValue"],
      ["POST /Users", personBody("z", { title: "x".repeat(3_000) }), 400, "invalidValue"],
      [
        "POST /Users",
        personBody("z", { phoneNumbers: Array(101).fill({ value: "1" }) }),
        400,
        "invalidValue",
      ],
      ["POST /Users", "x".repeat(3_000_000), 413, undefined],
      ["POST /Groups", { displayName: "G", members: [{ display: "no id" }] }, 400, "invalidValue"],
    ];
    for (const [call, body, status, scimType] of cases) {
      const [method = "", path = ""] = call.split(" ");
      const answer = await provider.send(method, path, body);
      expect([answer.status, answer.scimType], `${call} ${JSON.stringify(body).slice(0, 60)}`).toEqual([
        status,
        scimType,
      ]);
      expect(answer.json).toMatchObject({
        schemas: [ERROR],
        status: String(status),
        detail: expect.any(String),
      });
    }
    const plain = await provider.send("POST", "/Users", "{}", { "content-type": "text/plain" });
    expect(plain.status).toBe(415);
    const { json } = await provider.send(
      "POST",
      "/Users",
      personBody("pw", { password: "secret-7", nonsense: 1, id: "usr_mine", meta: {} }),
    );
    expect(JSON.stringify([json, (await provider.send("GET", `/Users/${json.id}`)).json])).not.toMatch(
      /secret-7|nonsense|usr_mine/,
    );
  });

  it("§3.5.2: patches that can't be applied change nothing", async () => {
    const { id } = await provider.person("keep", { title: "T" });
    const cases: [unknown, string][] = [
      [patch(), "invalidSyntax"],
      [{}, "invalidSyntax"],
      [patch({ op: "move", path: "title" }), "invalidSyntax"],
      [patch({ op: "remove" }), "noTarget"],
      [patch({ op: "replace", path: "title" }), "invalidValue"],
      [patch({ op: "replace", value: "x" }), "invalidValue"],
      [patch({ op: "replace", path: "nothing", value: "x" }), "invalidPath"],
      [patch({ op: "replace", path: "name.nothing", value: "x" }), "invalidPath"],
      [patch({ op: "replace", path: "urn:other:User:x", value: "x" }), "invalidPath"],
      [patch({ op: "replace", path: 'emails[type eq "work"', value: "x" }), "invalidPath"],
      [patch({ op: "replace", path: 'title[type eq "work"]', value: "x" }), "invalidPath"],
      [patch({ op: "replace", path: "id", value: "x" }), "mutability"],
      [patch({ op: "add", path: "groups", value: [{ value: "x" }] }), "mutability"],
      [patch({ op: "remove", path: "userName" }), "invalidValue"],
      [patch({ op: "replace", path: 'phoneNumbers[type eq "fax"].value', value: "1" }), "noTarget"],
      [
        patch({ op: "replace", path: "title", value: "New" }, { op: "remove", path: "userName" }),
        "invalidValue",
      ],
    ];
    for (const [body, scimType] of cases) {
      const answer = await provider.send("PATCH", `/Users/${id}`, body);
      expect([answer.status, answer.scimType], JSON.stringify(body)).toEqual([400, scimType]);
    }
    expect((await provider.send("GET", `/Users/${id}`)).json).toMatchObject({
      title: "T",
      meta: { version: 'W/"1"' },
    });
  });

  it("many at once: no change is lost", async () => {
    const people = await Promise.all(["m1", "m2", "m3", "m4"].map((name) => provider.person(name)));
    const { id } = (await provider.send("POST", "/Groups", { displayName: "Many" })).json;
    const answers = await Promise.all(
      people.map((one) =>
        provider.send(
          "PATCH",
          `/Groups/${id}`,
          patch({ op: "add", path: "members", value: [{ value: one.id }] }),
        ),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204, 204]);
    expect((await provider.send("GET", `/Groups/${id}`)).json.members).toHaveLength(4);
  });
});
