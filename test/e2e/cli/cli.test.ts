import { randomBytes } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localRequest } from "../../../scripts/local/http.ts";
import { mintToken } from "../../../shared/api/tokens.ts";
import { signIn } from "../../support/attack.ts";
import { type System, startSystem } from "../../support/harness.ts";
import { applyTests } from "./apply-tests.ts";
import { auditTests } from "./audit-tests.ts";
import { Shell } from "./process.ts";

let system: System;
let shell: Shell;
let alice: Awaited<ReturnType<typeof signIn>>;

beforeAll(async () => {
  system = await startSystem({ withoutDashboard: true });
  shell = await Shell.open();
  alice = await signIn(system);
  await alice.send("/");
  const login = await shell.start(["login", system.hubOrigin, "--token"], system.adminToken);
  expect(login).toMatchObject({ code: 0, err: "" });
});
afterAll(() => system.stop());

const json = async (...args: string[]) => {
  const ended = await shell.run(["--json", ...args]);
  expect(ended, ended.err).toMatchObject({ code: 0 });
  return JSON.parse(ended.out);
};

describe("login", () => {
  it("keeps the token where only its owner reads it", async () => {
    const file = shell.path("rustronaut/config.json");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual({
      hub: system.hubOrigin,
      token: system.adminToken,
    });
  });

  it("is 4 with a token that the hub does not know, and stores nothing", async () => {
    const stranger = await Shell.open();
    const token = mintToken("rnapi", randomBytes);
    const ended = await stranger.run(["login", system.hubOrigin, "--token"], token);
    expect(ended.code, ended.err).toBe(4);
    expect((await stranger.run(["apps", "list"])).code).toBe(4);
  });

  it("is 7 when the hub is down", async () => {
    const ended = await (await Shell.open()).start(
      ["login", "http://hub.localhost:1", "--token"],
      system.adminToken,
    );
    expect(ended).toMatchObject({ code: 7 });
    expect(ended.err).toContain("can't be reached");
  });
});

describe("in a terminal", () => {
  const file = () => shell.path("asked.yaml");
  beforeAll(() => writeFile(file(), "version: 1\ngroups: [{name: asked}]\n"));
  const apply = (typed: string) =>
    shell.atTerminal(["apply", "-f", file()], ["Apply 1 change? [y/N]", typed]);

  it("U1: the question is seen, and only yes is a yes", async () => {
    const applied = await apply("y\r");
    expect(applied).toMatchObject({ code: 0, out: expect.stringContaining("Applied 1 change.") });
    // It was drawn before; what counts is that nothing erased it.
    expect(applied.out).toContain("Apply 1 change? [y/N] y");
    const question = "Delete groups asked? [y/N]";
    const refused = await shell.atTerminal(["groups", "delete", "asked"], [question, "\r"]);
    expect(refused).toMatchObject({ code: 1, out: expect.stringContaining("Nothing was changed") });
    await json("groups", "delete", "asked", "--yes");
  });

  it.each([
    ["Ctrl+C", "\u0003"],
    ["Ctrl+D", "\u0004"],
  ])("U1: %s stops, and is nobody's fault", async (_, typed) => {
    const stopped = await apply(typed);
    expect(stopped).toMatchObject({ code: 130, out: expect.stringContaining("Interrupted") });
    expect(stopped.out).not.toMatch(/report|went wrong|Warning/);
    expect((await shell.run(["groups", "show", "asked"])).code).toBe(5);
  });

  it("U1: a token is asked for in sight, and is not shown", async () => {
    const stranger = await Shell.open();
    const login = ["login", system.hubOrigin, "--token"];
    const done = await stranger.atTerminal(login, ["API token: ", `${system.adminToken}\r`]);
    expect(done).toMatchObject({ code: 0, out: expect.stringContaining("Signed in to") });
    expect(done.out).not.toContain(system.adminToken.slice(0, 12));
    const stopped = await stranger.atTerminal(login, ["API token: ", "\u0003"]);
    expect(stopped).toMatchObject({ code: 130, out: expect.stringContaining("Interrupted") });
  });
});

describe("what is printed", () => {
  it("U23: is the answer, and nothing of what Node calls experimental", async () => {
    const made = await shell.start(["keys", "create", "first", "--segment", "main", "--init-trust"]);
    expect(made, made.err).toMatchObject({ code: 0, out: expect.stringContaining("rnek_") });
    expect(made.out + made.err).not.toContain("Warning");
  });
});

describe("resources", () => {
  it("are created, listed, changed and deleted", async () => {
    for (const [kind, key, create, change] of [
      ["groups", "crew", [], ["--description", "all hands"]],
      ["segments", "lab", [], ["--description", "trials"]],
      [
        "apps",
        "wiki",
        ["--host", "wiki.localhost", "--segment", "main", "--upstreams", system.upstream.origin],
        ["--title", "The wiki"],
      ],
      ["users", "carol@example.com", [], ["--name", "Carol"]],
      ["service-tokens", "robot", [], ["--no-enabled"]],
    ] as const) {
      const created = await shell.run([kind, "create", key, ...create]);
      expect(created, `${kind}: ${created.err}`).toMatchObject({ code: 0 });
      expect((await shell.run([kind, "list"])).out).toContain(key);
      const changed = await shell.run([kind, "update", key, ...change]);
      expect(changed, `${kind}: ${changed.err}`).toMatchObject({ code: 0 });
      const again = await shell.run([kind, "create", key, ...create]);
      expect(again, `${kind}: ${again.err}`).toMatchObject({ code: 6 });
      expect((await shell.run([kind, "delete", key])).code, "unconfirmed").toBe(2);
      const deleted = await shell.run([kind, "delete", key, "--yes"]);
      expect(deleted, `${kind}: ${deleted.err}`).toMatchObject({ code: 0 });
    }
    expect((await shell.run(["groups", "show", "crew"])).code).toBe(5);
  });

  it("U9: a new secret comes with the line that sends it", async () => {
    const lineOf = (ended: { readonly err: string }) =>
      /^ {2}curl -H '([\w-]+): ([^']+)' (\S+)$/m.exec(ended.err)?.slice(1) ?? [];
    const service = await shell.run(["service-tokens", "create", "curled"]);
    const [name = "", secret, app = ""] = lineOf(service);
    expect([name, service.out]).toEqual([
      "X-Rustronaut-Service-Token",
      expect.stringContaining(secret ?? "-"),
    ]);
    expect(app).toBe(`${system.appOrigin}/`);
    const made = await shell.run(["tokens", "create", "curled", "--role", "auditor"]);
    const [header = "", value = "", me = ""] = lineOf(made);
    expect((await localRequest(me, { headers: { [header]: value } })).status).toBe(200);
  });

  it("tokens are made and revoked by name", async () => {
    const made = await json("tokens", "create", "ci", "--role", "auditor");
    expect(made.secret).toMatch(/^rnapi_/);
    const shown = await json("tokens", "show", "ci");
    expect(shown).toEqual(made.apiToken);
    const twin = await json("tokens", "create", "ci", "--role", "auditor");
    expect((await shell.run(["tokens", "delete", "ci", "--yes"])).code).toBe(6);
    await json("tokens", "delete", twin.apiToken.id, "--yes");
    const deleted = await shell.run(["tokens", "delete", "ci", "--yes"]);
    expect(deleted, deleted.err).toMatchObject({ code: 0 });
    expect((await shell.run(["tokens", "delete", "ci", "--yes"])).code).toBe(5);
    expect((await shell.run(["tokens", "show", "ci"])).code).toBe(5);
  });
});

applyTests(() => shell);

describe("decisions", () => {
  it("policy test is 0 for allow and 3 for deny", async () => {
    const ask = (path: string) =>
      shell.run(["policy", "test", "--user", "alice@example.com", "--app", "app", "--path", path]);
    expect(await ask("/")).toMatchObject({ code: 0, out: expect.stringMatching(/^allow/) });
    expect(await ask("/admin")).toMatchObject({ code: 3, out: expect.stringMatching(/^deny/) });
  });

  it("U10: policy test asks for somebody who need not exist", async () => {
    const ask = (groups: string) =>
      shell.run(["policy", "test", "--app", "other", "--email", "new@example.com", "--groups", groups]);
    expect(await ask("staff,engineering")).toMatchObject({ code: 0, out: expect.stringMatching(/^allow/) });
    expect(await ask("staff")).toMatchObject({ code: 3, out: expect.stringMatching(/^deny/) });
    const both = await shell.run([
      "policy",
      "test",
      "--app",
      "other",
      "--user",
      "a@b.example",
      "--groups",
      "x",
    ]);
    expect(both).toMatchObject({ code: 2, err: expect.stringContaining("--groups") });
  });

  it("policy test knows circumstances, and drafts that nobody published", async () => {
    const draft = shell.path("draft.cedar");
    await writeFile(
      draft,
      `permit (principal, action == Action::"connect", resource)
when { context.network has ip && context.network.ip.isInRange(ip("192.0.2.0/24")) }
when { context has authentication && context.authentication.amr.contains("otp") };`,
    );
    const ask = (...more: string[]) =>
      shell.run([
        ...["policy", "test", "--user", "alice@example.com", "--app", "other", "--draft", `other=${draft}`],
        ...["--network", "ip=192.0.2.7", "--authentication", "amr=pwd,otp", "ageSeconds=10", ...more],
      ]);
    expect(await ask("--upgrade")).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^allow \(other#1\)/),
    });
    expect((await ask()).code, "without an upgrade").toBe(3);
    expect((await ask("--upgrade", "--network", "ip=198.51.100.7")).code, "from elsewhere").toBe(3);
    expect((await ask("--network", "ip=nowhere")).err).toContain("must be an IP address");
  });

  it("U6: a name that nothing has is a warning, when a file is checked and when it is published", async () => {
    const file = shell.path("slip.cedar");
    await writeFile(file, 'forbid (principal in Group::"enginering", action, resource == App::"other");\n');
    const checked = await shell.run(["policy", "validate", file]);
    expect(checked).toMatchObject({ code: 0, out: `${file} is valid: 1 statement(s).\n` });
    expect(checked.err).toMatch(
      /^warning: .*slip\.cedar:1:22: Group::"enginering".*did you mean Group::"engineering"\?\n$/,
    );
    const made = await shell.run(["policies", "create", "slip", "--source-file", file]);
    expect(made).toMatchObject({
      code: 0,
      err: expect.stringContaining('did you mean Group::"engineering"?'),
    });
    await json("policies", "delete", "slip", "--yes");
  });

  it("show says who, what, why, which policies and under which epoch", async () => {
    const [{ id }] = await json("decisions", "list", "--app", "app", "--outcome", "allow");
    const shown = await shell.run(["decisions", "show", id]);
    expect(shown, shown.err).toMatchObject({ code: 0 });
    for (const word of ["alice@example.com", "allow", "epoch", "reasons", "app"])
      expect(shown.out).toContain(word);
  });
});

describe("U4: a search", () => {
  const found = async (...filters: string[]) =>
    (await json("decisions", "list", ...filters)).map(({ id }: { id: string }) => id);

  it("finds a denial by its number, and by person, app, path, outcome, words and time", async () => {
    const { body: page } = await alice.send("/admin/keys");
    const number = /dec_[0-9a-z]{26}/.exec(page)?.[0] ?? "";
    expect(await found("--id", number)).toEqual([number]);
    const all = ["--user", "alice@ex", "--app", "app", "--path", "/admin/", "--outcome", "deny"];
    expect(await found(...all, "--since", "2h", "--reason", "by a policy")).toEqual([number]);
    for (const other of [
      ["--user", "bob"],
      ["--app", "other"],
      ["--path", "/admin/keys/2"],
      ["--outcome", "allow", "--path", "/admin/"],
      ["--reason", "no policy", "--path", "/admin/"],
      ["--until", "1d"],
    ])
      expect(await found(...other), other.join(" ")).not.toContain(number);
    const { out } = await shell.run(["decisions", "list", ...all]);
    expect(out).toMatch(/alice@example\.com +app +GET \/admin\/keys +by a policy/);
    expect(await json("audit", "list", "--id", number)).toMatchObject([{ entry: { id: number } }]);
  });

  it("takes away what it finds, as a table in which nothing is a formula, or line by line", async () => {
    await alice.send("/=cmd,x");
    // An allow is recorded a moment after it was given.
    await expect.poll(() => found("--path", "/=")).toHaveLength(1);
    const csv = await shell.run(["decisions", "export", "--path", "/=", "--since", "1h"]);
    expect(csv, csv.err).toMatchObject({ code: 0 });
    const [head, line] = csv.out.split("\r\n");
    expect(head).toMatch(/^leaf,id,time,kind,outcome,reason,who,app,method,path,/);
    expect(line).toMatch(/,decision,allow,policy,alice@example\.com,app,GET,"\/=cmd,x",/);
    const lines = await shell.run(["decisions", "export", "--path", "/=", "--format", "ndjson"]);
    expect(
      lines.out
        .trim()
        .split("\n")
        .map((one) => JSON.parse(one)),
    ).toMatchObject([{ entry: { appName: "app" } }]);
  });

  it("finds people, apps, sessions and decisions by one text, and everything by its number", async () => {
    const { groups } = await json("search", "alice");
    expect(groups.map(({ kind }: { kind: string }) => kind)).toEqual(
      expect.arrayContaining(["decision", "user", "session"]),
    );
    const [number] = await found("--limit", "1");
    const one = await shell.run(["search", number]);
    expect(one.out, one.err).toMatch(new RegExp(`^decision .*${number}$`, "m"));
    expect(await shell.run(["search", "zzzz"])).toMatchObject({
      code: 5,
      err: expect.stringContaining("Nothing is called zzzz"),
    });
  });

  it("gives lists as a table of the newest, and whole as CSV and NDJSON", async () => {
    await Promise.all(Array.from({ length: 60 }, (_, n) => alice.send(`/many/${n}`)));
    const many = ["decisions", "list", "--path", "/many/", "--since", "1h"];
    await expect.poll(async () => (await json(...many, "--limit", "100")).length).toBe(60);
    const table = await shell.run(many);
    expect(table.out.trim().split("\n")).toHaveLength(51);
    expect(table.err).toContain("There are more");
    const csv = await shell.run([...many, "--format", "csv"]);
    expect(csv.out.trim().split("\r\n")).toHaveLength(61);
    expect(csv.out).toMatch(/^leaf,id,time,kind,outcome,reason,who,app,method,path,/);
    const lines = await shell.run([...many, "--format", "ndjson"]);
    expect(
      new Set(
        lines.out
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line).id),
      ).size,
    ).toBe(60);
    const log = await shell.run(["audit", "list", "--path", "/many/", "--format", "csv", "--limit", "2"]);
    expect(log.out.trim().split("\r\n")).toHaveLength(3);
    const people = await shell.run(["users", "list", "--search", "alice", "--format", "csv"]);
    expect(people.out).toMatch(/^email,name,status,role,groups,id\r\nalice@example\.com,/);
  });

  it("filters sessions by a part of a person and an app", async () => {
    const sessions = await json("sessions", "list", "--user", "ALICE", "--app", "app", "--state", "all");
    expect(sessions.length).toBeGreaterThan(0);
    expect(new Set(sessions.map(({ email }: { email: string }) => email))).toEqual(
      new Set(["alice@example.com"]),
    );
    expect(await json("sessions", "list", "--user", "nobody")).toEqual([]);
  });

  it("says what it could not take, and that a number is nobody's", async () => {
    const unknown = await shell.run(["decisions", "list", "--id", "dec_00000000000000000000000000"]);
    expect(unknown).toMatchObject({ code: 5, err: expect.stringContaining("Nothing is recorded") });
    const time = await shell.run(["decisions", "list", "--since", "last week"]);
    expect(time).toMatchObject({ code: 2, err: expect.stringContaining("2h") });
  });
});

describe("U3: the history", () => {
  it("says who changed what and why, and who could reach what", async () => {
    const changed = await shell.run([
      "apps",
      "update",
      "other",
      "--tags",
      "internal",
      "--note",
      "for the audit",
    ]);
    expect(changed, changed.err).toMatchObject({ code: 0 });
    const { out, err } = await shell.run(["history", "app", "other", "--limit", "1"]);
    expect(out, err).toMatch(/“for the audit” {2}aud_\w+\n {2}app other changed\n {4}tags: - → internal\n/);
    const who = await shell.run(["who-can-reach", "other"]);
    expect(who.out, who.err).toMatch(
      /alice@example\.com +read, write, delete, connect +other#1 \(version 1\)/,
    );
    expect(who.out).not.toContain("bob");
    const partly = await shell.run(["who-can-reach", "app"]);
    expect(partly.out, partly.err).toMatch(/alice@example\.com +perhaps .* app#1 \(version 1\) +app#2/);
    const what = await shell.run(["what-can", "alice@example.com", "reach"]);
    expect(what.out, what.err).toMatch(/other +read, write, delete, connect/);
    const some = await shell.run(["what-can", "alice@example.com", "reach", "--limit", "1"]);
    expect(some.err).toMatch(/Not shown: \d+ more; ask with --limit \d+ for all\./);
    const early = await shell.run(["who-can-reach", "other", "--at", "30d"]);
    expect(early).toMatchObject({ code: 1, err: expect.stringContaining("not known") });
  });
});

auditTests(() => ({ system, shell }));

describe("U13: a change that signs people out", () => {
  it("asks first, with how many they are, and says nothing where there is nobody", async () => {
    const disable = ["providers", "update", "main", "--no-enabled"];
    const asked = await shell.run(disable);
    expect(asked, asked.err).toMatchObject({ code: 2, err: expect.stringContaining("--yes") });
    expect((await json("providers", "show", "main")).enabled).toBe(true);
    expect((await shell.run(["providers", "update", "main", "--name", "first"])).code).toBe(0);
    expect((await shell.run(["providers", "update", "first", "--name", "main"])).code).toBe(0);
    expect((await shell.run(["apps", "update", "other", "--no-enabled"])).code).toBe(0);
    expect((await shell.run(["apps", "update", "other", "--enabled"])).code).toBe(0);
  });
});

describe("sessions kill", () => {
  it("ends all sessions of a user", async () => {
    const [listed] = await json("sessions", "list", "--user", "alice@example.com", "--kind", "sign_in");
    expect(await json("sessions", "show", listed.id)).toMatchObject(listed);
    const killed = await shell.run(["sessions", "kill", "--user", "alice@example.com"]);
    expect(killed, killed.err).toMatchObject({ code: 0, out: expect.stringMatching(/^Ended [1-9]/) });
    expect((await alice.send("/")).hits).toBe(0);
    const ended = await json("sessions", "show", listed.id);
    expect(ended).toMatchObject({ id: listed.id, endReason: "killed_by_admin", endedAt: expect.any(Number) });
  });
});
