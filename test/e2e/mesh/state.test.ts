import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished } from "vitest";
import { type Mesh, startMesh, type TestAgent, until } from "../../support/mesh.ts";
import { MACHINES, where } from "../../support/needs.ts";

where(...MACHINES).describe("a machine whose files are damaged, lost or can't be written", () => {
  let mesh: Mesh;
  let a: TestAgent;
  let b: TestAgent;

  const pings = (from: TestAgent, to: TestAgent, address = to.address) =>
    from.machine.run("ping", "-c1", "-W1", address).status === 0;

  beforeAll(async () => {
    mesh = await startMesh(2, 64);
    const key = await mesh.enrolmentKey("main", ["server"]);
    await mesh.system.admin.call("meshRules.create", {
      body: { name: "servers", from: ["tag:server"], to: ["tag:server"], traffic: ["any"] },
    });
    a = mesh.agent(0, key);
    b = mesh.agent(1, key);
    a.start();
    b.start();
    await until("a and b reach each other", () => pings(a, b) && pings(b, a));
  });

  afterEach(({ task }) => {
    if (task.result?.state === "fail") console.error(`${a.log}\n----\n${b.log}`);
  });

  afterAll(() => mesh?.remove());

  const pathOf = (agent: TestAgent, file: string) => join(agent.stateDirectory, file);

  it("M8: come back from damaged files of everything that can be had anew", async () => {
    const node = a.status()?.node;
    await a.end();
    // Which node this machine is, the hub says again to who has the key.
    const irreplaceable = ["identity.json", "control.sock"];
    for (const file of readdirSync(a.stateDirectory).filter((name) => !irreplaceable.includes(name)))
      writeFileSync(pathOf(a, file), "");
    writeFileSync(pathOf(a, "agent.lock"), "");
    a.start();
    await until("a is back", () => a.status()?.standing === "running" && pings(a, b));
    expect(a.status()).toMatchObject({ node, conditions: [{ code: "state_was_damaged" }] });
    const roots = JSON.parse(readFileSync(pathOf(a, "roots.json"), "utf8")) as { envelopes: string[] };
    expect(roots.envelopes.length).toBeGreaterThan(0);
    expect(a.command("config", "verify").status).toBe(0);
  });

  it("M8: stay within reach of their commands when the state directory is taken away", async () => {
    const node = a.status()?.node;
    rmSync(a.stateDirectory, { recursive: true });
    await until("a answers again", () => a.status()?.node === node);
    const second = a.command("up");
    expect([second.status, second.stderr]).toEqual([6, expect.stringContaining("Another agent runs here")]);
    await a.end();
    a.start();
    await until("a is back", () => a.status()?.standing === "running" && pings(a, b));
    expect(a.status()?.node).toBe(node);
  });

  it("M8: refuse to be somebody else, and can be taken down whatever is damaged", async () => {
    await a.end();
    const kept = new Map(
      ["identity.json", "settings.json"].map((file) => [file, readFileSync(pathOf(a, file))] as const),
    );
    for (const file of kept.keys()) writeFileSync(pathOf(a, file), "");
    const before = a.log.length;
    a.start();
    await until("it has ended", () => !a.isRunning);
    expect(a.endedBy).toBe(1);
    expect(a.log.slice(before)).toMatch(/identity\.json is damaged/);
    expect(a.command("down").status).toBe(0);
    expect(a.machine.run("ip", "link", "show", a.interfaceName).status).not.toBe(0);
    expect(a.machine.run("nft", "list", "ruleset").stdout).not.toContain("rustronaut");
    for (const [file, content] of kept) writeFileSync(pathOf(a, file), content);
    a.start();
    await until("a is back", () => a.status()?.standing === "running" && pings(a, b));
    // Without any file at all, and with an agent that could say nothing at its end.
    await a.end("SIGKILL");
    const aside = `${a.stateDirectory}.aside`;
    renameSync(a.stateDirectory, aside);
    expect(a.command("down", "--interface", a.interfaceName).status).toBe(0);
    expect(a.machine.run("ip", "link", "show", a.interfaceName).status).not.toBe(0);
    expect(a.machine.run("ip", "rule", "show").stdout).not.toContain("fwmark");
    expect(a.machine.run("nft", "list", "ruleset").stdout).not.toContain("rustronaut");
    renameSync(aside, a.stateDirectory);
    a.start();
    await until("a is back", () => a.status()?.standing === "running" && pings(a, b));
  });

  it("M9: keep up the filter, the daemon and changes of peers on a disk that is full", async () => {
    await a.end();
    const files = readdirSync(a.stateDirectory).filter((name) => name.endsWith(".json"));
    const contents = files.map((file) => [file, readFileSync(pathOf(a, file))] as const);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=512k,mode=700", "tmpfs", a.stateDirectory]);
    for (const [file, content] of contents) writeFileSync(pathOf(a, file), content, { mode: 0o600 });
    onTestFinished(() => void spawnSync("umount", ["-l", a.stateDirectory]));
    spawnSync("dd", ["if=/dev/zero", `of=${pathOf(a, "filler")}`, "bs=1k"]);
    expect(() => writeFileSync(pathOf(a, "more"), "x")).toThrow("ENOSPC");
    a.start();
    await until("a is back", () => a.status()?.standing === "running" && pings(a, b));
    expect(a.command("config", "verify").status).toBe(0);

    const setting = "/proc/sys/net/ipv4/tcp_mtu_probing";
    a.machine.run("sysctl", "-qw", "net.ipv4.tcp_mtu_probing=0");
    a.machine.run("nft", "flush", "ruleset");
    a.machine.run("ip", "link", "del", "dev", a.interfaceName);
    expect(a.command("config", "verify").status).toBe(0);
    expect(a.machine.run("cat", setting).stdout).toBe("1\n");
    await until("both are back", () => pings(a, b) && pings(b, a));

    const node = b.status()?.node ?? "";
    const address = b.address;
    const tagged = async (tags: string[]) => {
      const { etag } = await mesh.system.admin.call("nodes.get", { params: { node } });
      await mesh.system.admin.call("nodes.update", { params: { node }, body: { tags }, ifMatch: etag ?? "" });
    };
    await tagged([]);
    await until("a has no peer", () => a.status()?.peers.length === 0);
    expect(a.machine.run("ping", "-c1", "-W1", address).status).not.toBe(0);
    expect(a.machine.run("wg", "show", a.interfaceName, "peers").stdout).toBe("");
    // A restart brings nobody back, and the hub takes the node for itself.
    await a.end("SIGKILL");
    await mesh.gate.shut();
    a.start();
    await until("a runs", () => a.status()?.standing === "unreachable");
    expect(a.machine.run("wg", "show", a.interfaceName, "peers").stdout).toBe("");
    await mesh.gate.open();
    await tagged(["server"]);
    await until("they are back", () => a.status()?.standing === "running" && pings(a, b));

    await a.end();
    const written = readdirSync(a.stateDirectory).filter((name) => name.endsWith(".json"));
    const last = written.map((file) => [file, readFileSync(pathOf(a, file))] as const);
    execFileSync("umount", ["-l", a.stateDirectory]);
    for (const [file, content] of last) writeFileSync(pathOf(a, file), content);
    a.start();
    await until("a is back", () => a.status()?.standing === "running" && pings(a, b));
  });
});
