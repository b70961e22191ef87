import { beforeAll, describe, expect, it } from "vitest";
import { ENTERPRISE, patch, personBody, type ScimProvider, scimProvider, startScim, USER } from "./world.ts";

/** What RFC 7644 asks of a SCIM server, by its sections. */

let provider: ScimProvider;
beforeAll(async () => {
  await startScim();
  provider = await scimProvider();
});

const ERROR = "urn:ietf:params:scim:api:messages:2.0:Error";

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
