import { readdir, readFile, stat } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type System, startSystem } from "../../support/harness.ts";
import { Shell } from "./process.ts";

let system: System;
let shell: Shell;

beforeAll(async () => {
  system = await startSystem({ withoutDashboard: true });
  shell = await Shell.open();
  expect((await shell.run(["login", system.hubOrigin, "--token"], system.adminToken)).code).toBe(0);
});
afterAll(() => system.stop());

const json = async (...args: string[]) => {
  const ended = await shell.run(["--json", ...args]);
  expect(ended, ended.err).toMatchObject({ code: 0 });
  return JSON.parse(ended.out);
};

describe("trust", () => {
  it("must be there before a key is, and the error says how", async () => {
    const ended = await shell.run(["keys", "create", "early", "--segment", "main"]);
    expect(ended.code).toBe(6);
    expect(ended.err).toContain("no root of trust");
    expect(ended.err).toContain("trust init");
  });

  it("is made once, with the root key 0600 and never printed", async () => {
    const made = await shell.run(["trust", "init"]);
    expect(made, made.err).toMatchObject({ code: 0 });
    const folder = shell.path("rustronaut/trust");
    const [network = ""] = await readdir(folder);
    const names = await readdir(`${folder}/${network}`);
    const key = `${folder}/${network}/${names.find((name) => name.endsWith(".key.json"))}`;
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    const { seed } = JSON.parse(await readFile(key, "utf8"));
    expect(made.out + made.err).not.toContain(seed);
    expect(made.err).toContain("Back the file up");
    expect((await shell.run(["trust", "init"])).code).toBe(6);
  });

  it("is rotated, and its epoch raised", async () => {
    expect(await json("trust", "rotate", "--yes")).toMatchObject({ rootVersion: 2, epoch: 1 });
    expect(await json("trust", "rotate", "--new-root-key", "--yes")).toMatchObject({ rootVersion: 3 });
    expect(await json("trust", "raise-epoch", "--yes")).toMatchObject({ rootVersion: 4, epoch: 2 });
    expect(await json("trust", "show")).toMatchObject({ root: { version: 4 }, warnings: [] });
  });
});

describe("keys", () => {
  it("are created with the line to type, listed and revoked", async () => {
    const made = await json(
      ...["keys", "create", "web", "--segment", "main", "--tag", "web", "--tag", "eu"],
      ...["--reusable", "5", "--expires", "1h", "--ephemeral", "--pre-approved"],
    );
    expect(made.enrolmentKey).toMatchObject({
      tags: ["eu", "web"],
      maxUses: 5,
      ephemeral: true,
      preApproved: true,
    });
    // This hub serves no agent.
    expect(made.install).toBeNull();
    expect(made.join).toBe(
      ` echo ${made.secret} | sudo rustronaut-agent up --hub '${system.hubOrigin}' --key-file /dev/stdin`,
    );
    const shown = await shell.run(["keys", "show", made.enrolmentKey.id]);
    expect(shown.out).not.toContain(made.secret);
    expect((await shell.run(["keys", "list"])).out).toContain("web");
    expect((await shell.run(["keys", "revoke", made.enrolmentKey.id])).code).toBe(2);
    expect((await shell.run(["keys", "revoke", made.enrolmentKey.id, "--yes"])).code).toBe(0);
    expect((await json("keys", "show", made.enrolmentKey.id)).revokedAt).not.toBeNull();
  });
});

describe("rules", () => {
  it("are created from text, changed and deleted", async () => {
    const rule = await json(
      ...["rules", "create", "db", "--from", "tag:web", "--to", "tag:db", "--allow", "tcp/5432"],
    );
    expect(rule).toMatchObject({ from: ["tag:web"], to: ["tag:db"], traffic: ["tcp/5432"], enabled: true });
    expect(await json("rules", "update", rule.id, "--no-enabled")).toMatchObject({
      enabled: false,
      from: ["tag:web"],
    });
    expect((await shell.run(["rules", "list"])).out).toContain("tag:db");
    expect((await shell.run(["rules", "delete", rule.id, "--yes"])).code).toBe(0);
    expect((await shell.run(["rules", "show", rule.id])).code).toBe(5);
  });

  it("name what is wrong in them", async () => {
    const ended = await shell.run([
      ...["rules", "create", "bad", "--from", "tags:web", "--to", "any", "--allow", "any"],
    ]);
    expect(ended.code).not.toBe(0);
    expect(ended.err).toContain("from");
  });
});

describe("nodes and the mesh", () => {
  it("are empty at first, and a node that is not there is 5", async () => {
    expect((await shell.run(["nodes", "list"])).out).toContain("`rustronaut nodes add`");
    for (const words of [["show"], ["approve"], ["release"], ["revoke", "--yes"], ["tag"], ["receipt"]])
      expect((await shell.run(["nodes", words[0] ?? "", "ghost", ...words.slice(1)])).code).toBe(5);
    expect(await json("mesh", "map")).toMatchObject({ nodes: [], links: [] });
    expect(await json("mesh", "holds")).toMatchObject({ items: [] });
    expect((await shell.run(["mesh", "confirm", "main", "--yes"])).code).toBe(5);
  });
});
