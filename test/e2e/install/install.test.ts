import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Gate, openGate } from "../../../scripts/local/gate.ts";
import { localRequest } from "../../../scripts/local/http.ts";
import { createLab, type Lab, type Machine } from "../../../scripts/local/namespaces.ts";
import { installerHash, installLine } from "../../../shared/node/install-line.ts";
import { CAPABILITY } from "../../../shared/node/protocol/types.ts";
import { closeServer, type System, startSystem } from "../../support/harness.ts";
import { MACHINES, where } from "../../support/needs.ts";
import { withOwnRoot } from "../../support/own-root.ts";
import { initTrust } from "../../support/trust.ts";
import { Shell } from "../cli/process.ts";

/** A hub that serves its agents, and machines on which nothing of it is installed. */

const AGENT = "/usr/local/bin/rustronaut-agent";

where(...MACHINES).describe("the hub's installer", () => {
  let system: System;
  let lab: Lab;
  let gate: Gate;
  let shell: Shell;
  let [machine, other]: (Machine | undefined)[] = [];

  beforeAll(async () => {
    system = await startSystem();
    lab = createLab(2, ["hub.localhost"], 71);
    gate = await openGate(lab.gateway, system.port);
    await initTrust(system.admin);
    const hub = { address: lab.gateway, port: system.port };
    [machine, other] = await Promise.all(lab.machines.map((one) => withOwnRoot(one, hub, process.execPath)));
    shell = await Shell.open();
    await shell.run(["login", system.hubOrigin, "--token"], system.adminToken);
  });
  afterAll(async () => {
    await gate.shut();
    lab.remove();
    await system.stop();
  });

  const installer = async () => (await localRequest(`${system.hubOrigin}/install.sh`)).text;

  it("U29: is public text with the hub's own address; the agent is no script of the hub's pages", async () => {
    const script = await localRequest(`${system.hubOrigin}/install.sh`);
    expect(script).toMatchObject({ status: 200 });
    expect(script.headers).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "no-cache",
      "x-content-type-options": "nosniff",
    });
    expect(script.text).toContain(`hub='${system.hubOrigin}'`);
    expect(script.text).not.toMatch(/@[A-Z_0-9]+@/);
    const manifest = JSON.parse((await localRequest(`${system.hubOrigin}/agent/manifest.json`)).text);
    expect(manifest).toMatchObject({
      version: "0.1.0",
      capability: CAPABILITY,
      downloads: expect.any(Array),
    });
    expect(manifest.downloads[0]).toMatchObject({ kind: "bundle", machine: null });
    const bundle = await localRequest(`${system.hubOrigin}/${manifest.downloads[0].paths[0]}`);
    expect(bundle.headers).toMatchObject({
      "content-type": "application/octet-stream",
      "cache-control": "public, max-age=31536000, immutable",
      "content-security-policy": "default-src 'none'; sandbox",
    });
    expect(await installerHash(bundle.text, crypto.subtle)).toBe(manifest.downloads[0].sha256);
    expect(await localRequest(`${system.hubOrigin}/agent/other.js`)).toMatchObject({ status: 404 });
    expect(await localRequest(`${system.hubOrigin}/install.sh`, { method: "POST" })).toMatchObject({
      status: 405,
    });
  });

  it("U29: `nodes add` prints one line that makes a bare machine a node, and the key is in no list of processes", async () => {
    const made = await shell.run(["--json", "nodes", "add", "--tag", "web", "--pre-approved"]);
    expect(made, made.err).toMatchObject({ code: 0 });
    const { install, secret } = JSON.parse(made.out);
    const watch = "while :; do cat /proc/[0-9]*/cmdline; sleep 0.1; done";
    const ended = await run(
      machine,
      ["bash"],
      `${watch} >/mnt/seen 2>/dev/null & seen=$!\n${install}\ncode=$?; kill $seen; exit $code`,
    );
    expect(ended, ended.output).toMatchObject({ code: 0 });
    expect(ended.output).toContain("running");
    const seen = (text: string) => Number(machine?.run("grep", "-acF", text, "/mnt/seen").stdout);
    expect(seen("rustronaut-agent")).toBeGreaterThan(0);
    expect(seen(secret)).toBe(0);
    const status = JSON.parse(machine?.run(AGENT, "status", "--json").stdout ?? "");
    expect(status).toMatchObject({ standing: "running", segment: "main" });
    const { data } = await system.admin.call("nodes.list", {});
    expect(data.items).toMatchObject([{ tags: ["web"], status: "approved" }]);
    // Nor is it left in any file.
    expect(
      machine?.run("grep", "-rlF", secret, "/etc/rustronaut", "/var/lib/rustronaut", "/tmp").stdout,
    ).toBe("");
    expect(machine?.run("stat", "-c", "%a %U", "/etc/rustronaut", AGENT).stdout).toBe("700 root\n755 root\n");
  });

  it("U29: a second run needs no key, and says that the agent before still runs", async () => {
    const ended = await run(machine, ["bash"], `curl -fsS ${system.hubOrigin}/install.sh | sudo sh`);
    expect(ended, ended.output).toMatchObject({ code: 0 });
    expect(ended.output).toContain("still the one before");
  });

  it("U29: an agent that was changed on its way is refused, and nothing is installed", async () => {
    const server = createServer((_, response) => response.end("process.exit(0)")).listen(0, lab.gateway);
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const script = (await installer()).replace(/hub='[^']*'/, `hub='http://${lab.gateway}:${port}'`);
    const ended = await run(other, ["sh"], `RUSTRONAUT_KEY=rnek_none\n${script}`);
    closeServer(server);
    expect(ended.code).toBe(1);
    expect(ended.output).toContain("is not what this script expects");
    expect(other?.run("ls", AGENT, "/etc/rustronaut").stdout).toBe("");
  });

  it("U29: an installer that is not the one that the administrator was shown does not run", async () => {
    const line = installLine(system.hubOrigin, await installerHash("another\n", crypto.subtle), "rnek_none");
    const ended = await run(other, ["bash"], line);
    expect(ended.code).toBe(1);
    expect(ended.output).toBe("The agent was not installed\n");
    expect(other?.run("ls", AGENT, "/etc/rustronaut").stdout).toBe("");
  });

  it("U29: a key on the command line is refused, and a caller's environment changes nothing", async () => {
    const given = await run(other, ["sh", "-s", "--", "--key", "rnek_seen"], await installer());
    expect(given).toMatchObject({ code: 1 });
    expect(given.output).toContain("--key-file");
    const hostile = ["PATH=/mnt/none", "CURL_HOME=/mnt", "NODE_OPTIONS=--require=/mnt/none.js", "IFS=/"];
    const ended = await run(other, ["env", ...hostile, "/bin/sh"], await installer());
    // As far as without them: to the key, which nobody is there to be asked for.
    expect(ended.output).toContain("there is no enrolment key");
    expect(other?.run("ls", AGENT).stdout).toBe("");
  });
});

/** Runs to its end with a text to read, while this process goes on serving. */
function run(
  machine: Machine | undefined,
  [program, ...words]: readonly [string, ...string[]],
  input: string,
): Promise<{ code: number | null; output: string }> {
  if (!machine) throw new Error("there is no machine");
  const [command, ...args] = machine.enter(program, ...words);
  // A session of its own: no terminal that could be asked.
  const child = spawn(command, args, { stdio: "pipe", detached: true });
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  return new Promise((resolve) => child.once("exit", (code) => resolve({ code, output })));
}
