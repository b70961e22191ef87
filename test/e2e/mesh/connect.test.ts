import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Mesh, startMesh, type TestAgent, until } from "../../support/mesh.ts";
import { whyNoLab } from "../../support/namespaces.ts";

const reason = whyNoLab();

describe.skipIf(reason !== null)(`two machines${reason ? ` (skipped: ${reason})` : ""}`, () => {
  let mesh: Mesh;
  let a: TestAgent;
  let b: TestAgent;
  let rule: { id: string };
  let key: string;

  const pings = (from: TestAgent, to: TestAgent, address = to.address) =>
    from.machine.run("ping", "-c1", "-W1", address).status === 0;

  /** What a command prints that runs while others do. */
  const output = (on: TestAgent, ...words: [string, ...string[]]) =>
    new Promise<string>((resolve) => {
      const [command, ...args] = on.machine.enter(...words);
      const running = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"] });
      let text = "";
      running.stdout.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      running.on("exit", () => resolve(text));
    });

  beforeAll(async () => {
    mesh = await startMesh(3, 61);
    key = await mesh.enrolmentKey("main", ["server"]);
    const created = await mesh.system.admin.call("meshRules.create", {
      body: { name: "servers", from: ["tag:server"], to: ["tag:server"], traffic: ["any"] },
    });
    rule = created.data;
    a = mesh.agent(0, key);
    b = mesh.agent(1, key);
    a.start();
    b.start();
    await until("a and b reach each other", () => {
      const [first, second] = [a.status(), b.status()];
      return first?.peers.length === 1 && second?.peers.length === 1 && pings(a, b) && pings(b, a);
    });
  });

  afterEach(({ task }) => {
    if (task.result?.state === "fail") console.error(`${a.log}\n----\n${b.log}`);
  });

  afterAll(() => mesh?.remove());

  it("reach each other by IPv4, by IPv6 and by name", () => {
    const addresses = b.status()?.addresses ?? [];
    expect(addresses).toHaveLength(2);
    for (const address of addresses) expect(pings(a, b, address), address).toBe(true);
    expect(pings(a, b, `${b.status()?.name}.test.internal`)).toBe(true);
  });

  it("carry a stream through the tunnel", () => {
    const [command, ...args] = b.machine.enter("iperf3", "-s", "-1", "-B", b.address);
    const server = spawn(command, args, { stdio: "ignore" });
    const client = () => a.machine.run("iperf3", "-c", b.address, "-t", "1", "--json").stdout;
    let answer = client();
    for (let tries = 0; tries < 20 && !answer.includes('"end"'); tries++) answer = client();
    server.kill();
    const { end } = JSON.parse(answer) as { end: { sum_received?: { bytes: number } } };
    expect(end.sum_received?.bytes ?? 0).toBeGreaterThan(1_000_000);
  });

  it("are shown to the administrator with their path and posture", async () => {
    await until("both are online and in touch", async () => {
      const { data } = await mesh.system.admin.call("nodes.list");
      return (
        data.items.length === 2 &&
        data.items.every(({ live }) => live?.online && live.current && live.directPeers === 1 && live.facts)
      );
    });
    const { data } = await mesh.system.admin.call("mesh.map");
    expect(data.links).toMatchObject([{ path: "direct" }]);
  });

  it("go on for a minute without the hub, and learn of changes when it is back", async () => {
    await mesh.gate.shut();
    await until("a notices", () => a.status()?.standing !== "running");
    const tunnel = await output(a, "ping", "-i", "0.2", "-w", "60", "-q", b.address);
    expect(tunnel).toMatch(/ 0% packet loss/);
    const change = (version: number, traffic: string) =>
      mesh.system.admin.call("meshRules.update", {
        params: { meshRule: rule.id },
        body: { traffic: [traffic] },
        ifMatch: `"${version}"`,
      });
    await change(1, "tcp");
    expect(pings(a, b)).toBe(true);
    await mesh.gate.open();
    await until("the change cuts pings both ways", () => !pings(a, b) && !pings(b, a));
    await change(2, "any");
    await until("the next change brings them back", () => pings(a, b) && pings(b, a));
  });

  it("keep the tunnel when the agent restarts", async () => {
    await a.end();
    expect(pings(b, a, b.status()?.peers[0]?.addresses[0])).toBe(true);
    a.start();
    await until("a is back", () => a.status()?.standing === "running");
    expect(pings(a, b)).toBe(true);
  });

  it("lose each other within one poll when one is revoked, with a receipt", async () => {
    const address = b.address;
    const node = b.status()?.node ?? "";
    await mesh.system.admin.call("nodes.revoke", { params: { node } });
    await until("a dropped b", () => a.status()?.peers.length === 0, 35);
    expect(a.machine.run("ping", "-c1", "-W1", address).status).not.toBe(0);
    await until("the receipt is complete", async () => {
      const { data } = await mesh.system.admin.call("nodes.revocation", { params: { node } });
      return data.concerned === 1 && data.acknowledged === 1 && data.goneAt === null;
    });
    await until(
      "b took itself down",
      () => b.machine.run("ip", "link", "show", b.interfaceName).status !== 0,
    );
  });

  it("never say a secret", () => {
    const seeds = Object.values(JSON.parse(readFileSync(join(a.stateDirectory, "identity.json"), "utf8")));
    const secrets = [
      key.split(".")[0],
      ...seeds.filter((seed) => typeof seed === "string" && seed.length > 40),
    ];
    expect(secrets.length).toBeGreaterThan(1);
    for (const secret of secrets) expect(`${a.log}${b.log}`).not.toContain(secret);
  });

  it("leave nothing behind", async () => {
    await a.end();
    expect(a.command("down").status).toBe(0);
    expect(a.machine.run("ip", "link", "show", a.interfaceName).status).not.toBe(0);
    expect(a.machine.run("nft", "list", "tables").stdout).not.toContain("rustronaut");
    expect(a.machine.run("cat", "/etc/hosts").stdout).not.toContain("test.internal");
  });
});
