import { execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect } from "vitest";
import { parse } from "yaml";
import { applyNetwork } from "../../../scripts/local/admin.ts";
import type { NetworkDocument } from "../../../shared/api/document.ts";
import { connectorKey, startConnector, type TestConnector } from "../../support/connector.ts";
import { type System, startSystem } from "../../support/harness.ts";
import { until } from "../../support/mesh.ts";
import { where } from "../../support/needs.ts";
import { type RealServer, startPostgres, startSshd } from "../../support/real-servers.ts";
import { initTrust } from "../../support/trust.ts";
import { BIN, type Shell } from "../cli/process.ts";
import { stepsOf } from "../cli/sign-in-steps.ts";

/** Debian's PostgreSQL and OpenSSH behind an agent, as a signed-in person uses them (docs/guides/database.md, ssh.md). */

where("servers").describe("a person's database and shell behind an agent", () => {
  let system: System;
  let agent: TestConnector;
  let postgres: RealServer;
  let sshd: RealServer;
  const { signedIn } = stepsOf(() => system);
  const run = promisify(execFile);

  beforeAll(async () => {
    [postgres, sshd, system] = await Promise.all([
      startPostgres(),
      startSshd(),
      startSystem({ withoutDashboard: true, policies: [] }),
    ]);
    await initTrust(system.admin);
    for (const [guide, port] of [
      ["database", postgres.port],
      ["ssh", sshd.port],
    ] as const)
      await applyNetwork(system.admin, guideFor(guide, port));
    const key = await connectorKey(system.admin, ["database", "build-7"]);
    agent = await startConnector(system.hubOrigin, key, {
      ...{ name: "gate", dial: `127.0.0.1:${postgres.port},127.0.0.1:${sshd.port}` },
      apps: ["database", "build-7"],
      asNobody: process.getuid?.() === 0,
    });
  });
  afterAll(async () => {
    await agent?.end();
    postgres?.stop();
    sshd?.stop();
    await system?.stop();
  });

  const envOf = ({ home }: Shell) => ({ ...process.env, HOME: home, XDG_CONFIG_HOME: home });
  const killAll = (app: string) => system.admin.call("sessions.killMany", { body: { by: "app", app } });

  where("servers").it(
    "psql: queries, a large answer, and an open transaction that a killed session rolls back",
    async () => {
      const shell = await signedIn("alice");
      const proxy = spawn(process.execPath, [BIN, "tcp", "database"], { env: envOf(shell), stdio: "pipe" });
      let said = "";
      proxy.stderr.on("data", (chunk: Buffer) => {
        said += chunk.toString();
      });
      await until("it listens", () => / is at 127\.0\.0\.1:\d+/.test(said), 20, 50);
      const through = / is at 127\.0\.0\.1:(\d+)/.exec(said)?.[1] ?? "";
      const psql = (port: number | string, sql: string) =>
        run("psql", ["-h", "127.0.0.1", "-p", String(port), "-U", "postgres", "-XAtc", sql], {
          maxBuffer: 64 * 1024 * 1024,
        }).then(({ stdout }) => stdout.trim());
      expect(await psql(through, "CREATE TABLE t (n int); SELECT 6 * 7")).toContain("42");
      const rows = await psql(through, "SELECT repeat('x', 1000) FROM generate_series(1, 4000)");
      expect(rows.length).toBe(4_000 * 1_001 - 1);

      const words = ["-h", "127.0.0.1", "-p", through, "-U", "postgres", "-XAt"];
      const open = spawn("psql", words, { stdio: "pipe" });
      let answered = "";
      for (const stream of [open.stdout, open.stderr])
        stream.on("data", (chunk: Buffer) => {
          answered += chunk.toString();
        });
      open.stdin.write("BEGIN; INSERT INTO t VALUES (1); SELECT 'held';\n");
      await until("the transaction is open", () => answered.includes("held"), 20, 50);
      await killAll("command-line");
      await expect.poll(() => psql(postgres.port, BACKENDS)).toBe("0");
      open.stdin.end("SELECT 'still here';\n");
      await new Promise((resolve) => open.once("close", resolve));
      expect(answered).not.toContain("still here");
      expect(await psql(postgres.port, "SELECT count(*) FROM t")).toBe("0");
      proxy.kill("SIGINT");
    },
  );

  where("servers").it("ssh: a command, a file, and a shell that ends with the session", async () => {
    const shell = await signedIn("alice");
    const options = {
      ProxyCommand: `${process.execPath} ${BIN} ssh-proxy build-7`,
      ...{
        StrictHostKeyChecking: "no",
        UserKnownHostsFile: "/dev/null",
        IdentitiesOnly: "yes",
        BatchMode: "yes",
      },
    };
    const words = [
      ...Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
      ...["-F", "none", "-i", join(sshd.folder, "key"), `${userInfo().username}@inside`],
    ];
    const env = envOf(shell);
    const { stdout } = await run("ssh", [...words, "printf hello; head -c 3000000 /dev/zero"], {
      ...{ env, maxBuffer: 8 * 1024 * 1024 },
    });
    expect([stdout.length, stdout.slice(0, 5)]).toEqual([3_000_005, "hello"]);

    const held = spawn("ssh", [...words, "echo ready; cat"], { env, stdio: "pipe" });
    const ended = new Promise((resolve) => held.once("close", resolve));
    await new Promise((resolve) => held.stdout.once("data", resolve));
    await killAll("command-line");
    expect(await ended).toBe(255);
    const refused = await run("ssh", [...words, "true"], { env }).catch(({ stderr }) => String(stderr));
    expect(refused).toContain("This command line is not signed in any more");
  });
});

/** The network of a guide, for this test's people, hosts and ports. */
function guideFor(guide: string, port: number): NetworkDocument {
  const text = readFileSync(`docs/guides/${guide}.yaml`, "utf8")
    .replaceAll(/database-users|operators/g, "engineering")
    .replaceAll(".apps.example.com", ".localhost")
    .replaceAll(/127\.0\.0\.1:\d+/g, `127.0.0.1:${port}`);
  return parse(text) as NetworkDocument;
}

/** How many other connections of clients the database has. */
const BACKENDS =
  "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
