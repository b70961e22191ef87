import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildAgent } from "../../../scripts/build-agent.ts";
import { buildDeb } from "../../../scripts/build-agent-deb.ts";
import { type Gate, openGate } from "../../../scripts/local/gate.ts";
import { createLab, type Lab, type Machine } from "../../../scripts/local/namespaces.ts";
import { type System, startSystem } from "../../support/harness.ts";
import { until } from "../../support/mesh.ts";
import { MACHINES, where } from "../../support/needs.ts";
import { withOwnRoot } from "../../support/own-root.ts";
import { initTrust } from "../../support/trust.ts";

/** The Debian package from its installing to its purging, on a machine that keeps its folders to itself. */

where(...MACHINES, "apt").describe("the Debian package", () => {
  let system: System;
  let lab: Lab;
  let gate: Gate;
  let machine: Machine;
  const outdir = mkdtempSync(join(tmpdir(), "rustronaut-deb-"));
  let [program, first, second]: string[] = [];

  beforeAll(async () => {
    system = await startSystem({ withoutDashboard: true });
    lab = createLab(1, ["hub.localhost"], 72);
    gate = await openGate(lab.gateway, system.port);
    await initTrust(system.admin);
    const hub = { address: lab.gateway, port: system.port };
    machine = await withOwnRoot(lab.machines[0] as Machine, hub, process.execPath);
    // The bundle in the executable's place: the package is the same, and twenty seconds sooner made.
    program = await buildAgent(outdir);
    first = await buildDeb({ program, outdir, version: "0.1.0" });
    second = await buildDeb({ program, outdir, version: "0.1.1" });
  });
  afterAll(async () => {
    await gate.shut();
    lab.remove();
    await system.stop();
    rmSync(outdir, { recursive: true });
  });

  const done = (command: string, ...words: string[]) => {
    const { status, stdout, stderr } = machine.run(command, ...words);
    expect(status, stdout + stderr).toBe(0);
    return stdout;
  };
  const apt = (...words: string[]) =>
    done("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-qq", ...words);
  const agent = (...words: string[]) => machine.run("/usr/bin/rustronaut-agent", ...words);

  it("U29: has the same bytes when it is built again", async () => {
    const bytes = readFileSync(first ?? "");
    await buildDeb({ program: program ?? "", outdir, version: "0.1.0" });
    expect(readFileSync(first ?? "").equals(bytes)).toBe(true);
  });

  it("U29: is installed, and joins with a key", async () => {
    apt("install", first ?? "");
    expect(done("stat", "-c", "%a %U %n", "/etc/rustronaut", "/etc/rustronaut/hub.env")).toBe(
      "700 root /etc/rustronaut\n600 root /etc/rustronaut/hub.env\n",
    );
    const { data } = await system.admin.call("enrolmentKeys.create", {
      body: { name: "deb", segment: "main", preApproved: true },
    });
    const join = `echo ${data.secret} >/run/key && rustronaut-agent up --detach --hub ${system.hubOrigin} --key-file /run/key`;
    machine.run("sh", "-c", `(${join}) >/dev/null 2>&1 &`);
    await until("the machine has joined", () => agent("status", "--json").stdout.includes('"running"'));
  });

  it("U29: is not installed over by the hub's installer", () => {
    const { status, stderr } = machine.run("sh", "-c", readFileSync("packaging/install.sh", "utf8"));
    expect(status).toBe(1);
    expect(stderr).toContain("came as a Debian package");
  });

  it("U29: is upgraded under the running agent, and keeps what the administrator wrote", () => {
    done("sh", "-c", `echo RUSTRONAUT_HUB=${system.hubOrigin} >/etc/rustronaut/hub.env`);
    apt("install", second ?? "");
    expect(done("dpkg-query", "-W", "-f", "$" + "{Version}", "rustronaut-agent")).toBe("0.1.1");
    expect(done("cat", "/etc/rustronaut/hub.env")).toBe(`RUSTRONAUT_HUB=${system.hubOrigin}\n`);
    expect(agent("status", "--json").stdout).toContain('"running"');
  });

  it("U29: is removed with the tunnel, and purged without a trace", () => {
    apt("remove", "rustronaut-agent");
    expect(machine.run("ip", "link").stdout).not.toMatch(/rustronaut|rn0/);
    expect(machine.run("nft", "list", "tables").stdout).toBe("table ip hub\n");
    expect(done("ls", "/etc/rustronaut")).toContain("hub.env");
    expect(done("ls", "/var/lib/rustronaut")).toContain("membership.json");
    apt("purge", "rustronaut-agent");
    expect(
      done("sh", "-c", "find /usr /etc /var/lib -name '*rustronaut*' -not -path '*/node_modules/*'"),
    ).toBe("");
    expect(machine.run("dpkg-query", "-W", "rustronaut-agent").status).toBe(1);
  });
});
