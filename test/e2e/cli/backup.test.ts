import { createHash, randomBytes } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localClient } from "../../../scripts/local/admin.ts";
import { type Platform, startPlatform } from "../../../scripts/local/platform.ts";
import { BACKUP_ROWS } from "../../../shared/api/backup.ts";
import { PAGED_TABLES, SINGLE_TABLES } from "../../../shared/registry/backup-tables.ts";
import { signIn } from "../../support/attack.ts";
import { freePort, type System, startSystem } from "../../support/harness.ts";
import { Shell } from "./process.ts";

const TOKEN = randomBytes(32).toString("base64url");

let system: System;
let shell: Shell;
let file: string;
beforeAll(async () => {
  system = await startSystem({ withoutDashboard: true });
  shell = await Shell.open();
  file = shell.path("network.backup");
  await must("login", system.hubOrigin, "--token", system.adminToken);
  await must("trust", "init");
  await must("keys", "create", "web", "--segment", "main", "--tag", "web");
  await must("rules", "create", "db", "--from", "tag:web", "--to", "tag:db", "--allow", "tcp/5432");
  await must("service-tokens", "create", "ci", "--groups", "engineering");
  const events = ["network.update"];
  const hook = { name: "hook", kind: "webhook", target: "https://hooks.example.com/x", events } as const;
  await system.admin.call("notifications.create", { body: hook });
  await (await signIn(system)).send("/");
  // More than one page of a table.
  for (let at = 0; at <= BACKUP_ROWS; at += 1)
    await system.admin.call("groups.create", { body: { name: `team ${at}` } });
  await must("groups", "delete", "team 7", "--yes");
});
afterAll(() => system.stop());

async function must(...args: string[]): Promise<string> {
  const { code, out, err } = await shell.run(args);
  expect(code, err).toBe(0);
  return out;
}

/** A new deployment without a network. */
async function deploy(secretKey: string): Promise<Platform & { readonly hub: string }> {
  const port = await freePort();
  const hub = `http://hub.localhost:${port}`;
  const platform = await startPlatform({
    port,
    authOrigin: `http://auth.localhost:${port}`,
    hubOrigin: hub,
    secretKey,
    bootstrapToken: TOKEN,
    developmentHosts: [],
    quiet: true,
    withoutDashboard: true,
  });
  return { ...platform, hub };
}

const restore = (hub: string, from = file) =>
  shell.run(["restore", from, "--hub", hub, "--bootstrap-token-file", "-"], TOKEN);

async function contents({ miniflare }: Platform): Promise<Record<string, unknown>> {
  const db = await miniflare.getD1Database("DB");
  const tables = [...PAGED_TABLES, ...SINGLE_TABLES].map(async ({ name }) => [
    name,
    (await db.prepare(`SELECT * FROM ${name} ORDER BY rowid`).all()).results,
  ]);
  return Object.fromEntries(await Promise.all(tables));
}

describe("U24: backup and restore", () => {
  let fresh: Awaited<ReturnType<typeof deploy>>;
  beforeAll(async () => {
    fresh = await deploy(system.secretKey);
    await must("backup", "--out", file);
  });
  afterAll(() => fresh.stop());

  it("the file is for its owner alone, and shows no secret", async () => {
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const text = await readFile(file, "utf8");
    for (const secret of [system.adminToken, system.secretKey]) expect(text).not.toContain(secret);
  });

  it("the audit log says who took it: nobody reads rows without beginning a backup", async () => {
    const rows = system.admin.call("backup.rows", { query: { table: "users", ticket: "1.1.x" } });
    await expect(rows).rejects.toMatchObject({ problem: { code: "invalid_input" } });
    await expect.poll(() => must("audit", "tail", "--kinds", "admin")).toContain("network.backup");
  });

  it("is not restored from a file that was cut off or changed", async () => {
    const text = await readFile(file, "utf8");
    const bad = shell.path("bad.backup");
    for (const wrong of [text.slice(0, -100), text.replace("team 9", "team x"), "", "{}"]) {
      await writeFile(bad, wrong);
      const { code, err } = await restore(fresh.hub, bad);
      expect([code, err]).toEqual([1, expect.stringContaining("not a whole backup")]);
    }
  });

  it("is not restored from a file that somebody changed who can compute its hash", async () => {
    const lines = (await readFile(file, "utf8")).trimEnd().split("\n").slice(0, -1);
    const forged = shell.path("forged.backup");
    const told = async (changed: readonly string[]) => {
      const text = changed.map((line) => `${line}\n`).join("");
      const sha256 = createHash("sha256").update(text).digest("hex");
      await writeFile(forged, `${text}${JSON.stringify({ sha256 })}\n`);
      const { code, err } = await restore(fresh.hub, forged);
      return [code, /was changed/.test(err)];
    };
    const users = lines.findIndex((line) => line.includes('"table":"users"'));
    const policies = lines.findIndex((line) => line.includes('"table":"policies"'));
    expect(Math.min(users, policies)).toBeGreaterThan(0);
    const promoted = lines.with(users, (lines[users] ?? "").replace("null", '"owner"'));
    expect(promoted).not.toEqual(lines);
    const renamed = lines.with(0, (lines[0] ?? "").replace(/"network":"[^"]*"/, '"network":"other"'));
    const short = lines.toSpliced(policies, 1);
    for (const changed of [promoted, renamed, short]) expect(await told(changed)).toEqual([1, true]);
  });

  it("is not restored under another SECRET_KEY, with another token, or over a network", async () => {
    const other = await deploy(randomBytes(32).toString("base64url"));
    const { code, err } = await restore(other.hub);
    await other.stop();
    expect([code, err]).toEqual([1, expect.stringContaining("SECRET_KEY")]);
    const words = ["restore", file, "--hub", fresh.hub, "--bootstrap-token-file", "-"];
    expect((await shell.run(words, "x".repeat(43))).code).toBe(4);
    const over = await shell.run(
      ["restore", file, "--hub", system.hubOrigin, "--bootstrap-token-file", "-"],
      system.bootstrapToken,
    );
    expect([over.code, over.err]).toEqual([6, expect.stringContaining("network already")]);
  });

  it("makes a fresh hub the same network: each row, the export, the tokens, the roots", async () => {
    const before = await contents(system.platform);
    const exported = await must("export");
    // What a restore that was cut off has left does not stay.
    const db = await fresh.miniflare.getD1Database("DB");
    await db.exec("INSERT INTO groups (id, name, created_at, updated_at) VALUES ('grp_x', 'left', 1, 1)");
    const { code, out, err } = await restore(fresh.hub);
    expect(code, err).toBe(0);
    expect(out).toContain("trust raise-epoch");
    expect(await contents(fresh)).toEqual(before);
    expect(await db.prepare("SELECT count(*) AS n FROM notification_deliveries").first("n")).toBe(1);
    expect(await db.prepare("SELECT count(*) AS n FROM notices").first("n")).toBe(0);
    await must("login", fresh.hub, "--token", system.adminToken);
    expect(await must("export")).toBe(exported);
    expect(JSON.parse(await must("--json", "trust", "raise-epoch", "--yes"))).toMatchObject({ epoch: 2 });
    expect((await restore(fresh.hub)).code).toBe(6);
    const { data } = await localClient(fresh.hub, system.adminToken).call("groups.create", {
      body: { name: "after" },
    });
    expect(data.name).toBe("after");
  });
});

describe("U24: a database of another release", () => {
  it("is refused by name, with what to run, and works again when it fits", async () => {
    const other = await deploy(system.secretKey);
    const db = await other.miniflare.getD1Database("DB");
    const client = localClient(other.hub, TOKEN);
    const refusal = () =>
      client.call("me.get").then(
        () => null,
        (error) => [error.problem.code, error.problem.detail],
      );
    await db.exec("INSERT INTO d1_migrations (name) VALUES ('9999_of_tomorrow.sql')");
    expect(await refusal()).toEqual(["schema_newer", expect.stringContaining("newer release")]);
    await db.exec("DELETE FROM d1_migrations WHERE name LIKE '9999%' OR name LIKE '0010%'");
    expect(await refusal()).toEqual([
      "schema_outdated",
      expect.stringContaining("npx wrangler d1 migrations apply"),
    ]);
    await db.exec("INSERT INTO d1_migrations (name) VALUES ('0010_history.sql')");
    expect(await refusal()).toEqual(["invalid_credentials", expect.anything()]);
    await other.stop();
  });
});
