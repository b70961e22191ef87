import { describe, expect, it } from "vitest";
import type { Io } from "../../../cli/io.ts";
import { run } from "../../../cli/run.ts";

const NETWORK = `
version: 1
segments: [{ name: internal }]
users: [{ email: ann@example.com }]
groups:
  - { name: ops, users: [ann@example.com] }
  - { name: staff, groups: [ops] }
serviceTokens: [{ name: ci, groups: [ops] }]
apps: [{ name: wiki, host: wiki.example.com, segment: internal, upstreams: ["https://origin.example.net"] }]
policies:
  - name: staff
    source: |
      permit (principal in Group::"staff", action, resource == App::"wiki");
      forbid (principal is ServiceToken, action == Action::"write", resource);
  - name: draft
    shadow: true
    source: |
      forbid (principal, action, resource);
`;
const kinds = {
  ann: "{ kind: user, user: ann@example.com }",
  ci: "{ kind: serviceToken, serviceToken: ci }",
  guest: "{ kind: somebody, groups: [guests] }",
  nobody: "{ kind: user, user: bob@example.com }",
};
const expecting = (who: keyof typeof kinds, expect: string, more = "method: GET, path: /") =>
  `- { name: ${who}, principal: ${kinds[who]}, app: wiki, ${more}, expect: ${expect} }\n`;

/** Runs the check of these files, with no hub and no configuration. */
async function check(cases: string | null, network = NETWORK, ...more: string[]) {
  let [out, err] = ["", ""];
  const files: Record<string, string> = { "network.yaml": network, "cases.yaml": cases ?? "" };
  const io = {
    out: (text: string) => (out += text),
    err: (text: string) => (err += text),
    readFile: (name: string) => Promise.resolve(files[name]),
    env: {},
    columns: null,
  };
  const expected = cases === null ? [] : ["--expect", "cases.yaml"];
  const argv = [...more, "policy", "check", "network.yaml", ...expected];
  return { code: await run(argv, io as unknown as Io), out, err };
}

describe("rustronaut policy check", () => {
  it("asks the policies of a file what cases come to, without a hub", async () => {
    const cases =
      expecting("ann", "allow") +
      expecting("ci", "allow") +
      expecting("ci", "deny", "method: POST, path: /x") +
      expecting("guest", "deny");
    expect(await check(cases)).toEqual({ code: 0, out: "4 of 4 cases hold.\n", err: "" });
    expect(await check(null)).toMatchObject({ code: 0, out: "0 of 0 cases hold.\n" });
  });

  it("fails with 3 where a case does not hold, and says which and why", async () => {
    const { code, err, out } = await check(expecting("ann", "deny") + expecting("guest", "deny"));
    expect({ code, out }).toEqual({ code: 3, out: "1 of 2 cases hold.\n" });
    expect(err).toContain("ann: expects deny, and it comes to allow: staff#1");
    const absent = await check(expecting("nobody", "deny"));
    expect(absent.code).toBe(3);
    expect(absent.err).toContain("The file names no user bob@example.com");
  });

  it("asks the tests that the policies hold themselves", async () => {
    const tests = `    tests:\n      ${expecting("guest", "allow")}`;
    const network = NETWORK.replace("  - name: draft\n", `${tests}  - name: draft\n`);
    const { code, err } = await check(null, network);
    expect(code).toBe(3);
    expect(err).toContain("staff: guest: expects allow, and it comes to deny: no policy permits it");
  });

  it("fails with 1 where the file is not valid, and with 2 where it is asked wrongly", async () => {
    const typo = await check(
      expecting("ann", "allow"),
      NETWORK.replace("principal is Service", "principle is Service"),
    );
    expect(typo.code).toBe(1);
    expect(typo.err).toContain("staff:2:");
    expect((await check("- nonsense")).code).toBe(1);
    expect((await check(null, NETWORK, "--nope")).code).toBe(2);
  });

  it("gives JSON to programs", async () => {
    const { out } = await check(expecting("ann", "allow"), NETWORK, "--json");
    expect(JSON.parse(out)).toEqual([{ name: "ann", expect: "allow", decision: "allow", why: "staff#1" }]);
  });
});

describe("U10: policy test for somebody who need not exist", () => {
  it.each([
    ["--user", "a@example.com", "--groups", "staff"],
    ["--service-token", "ci", "--email", "a@example.com"],
    ["--user", "a@example.com", "--service-token", "ci"],
  ])("takes one caller, and refuses two: %s and %s", async (...callers) => {
    let err = "";
    const io = { out: () => {}, err: (text: string) => (err += text), env: {}, columns: null };
    expect(await run(["policy", "test", "--app", "wiki", ...callers], io as unknown as Io)).toBe(2);
    expect(err).toContain("cannot be used with");
  });
});
