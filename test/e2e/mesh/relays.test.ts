import { type ChildProcess, spawn } from "node:child_process";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type Mesh, startMesh, type TestAgent, until } from "../../support/mesh.ts";
import { MACHINES, where } from "../../support/needs.ts";

/** A word that is sent through the tunnel, as bytes and as `ping` wants it. */
const WORD = Buffer.from("not for relays");
/** How WireGuard's messages begin. */
const KINDS = ["01000000", "02000000", "03000000", "04000000"];
/** A TCP server that sends back what comes. */
const ECHO = (host: string) => `require("node:net").createServer((s) => s.pipe(s)).listen(7, "${host}")`;
/** One TCP connection that asks ten times a second, and says when which answer came. */
const ASK = (host: string) => `
  const s = require("node:net").connect(7, "${host}", () => setInterval(() => s.write("${WORD} "), 100));
  let all = 0;
  s.on("data", (d) => { all += d.length; console.log(all); });
  s.on("close", () => process.exit(1));
  s.on("error", () => process.exit(1));`;

where(...MACHINES).describe("two nodes behind translators, and relays that an administrator named", () => {
  let mesh: Mesh;
  let a: TestAgent;
  let b: TestAgent;
  let relays: TestAgent[];
  let connection: ChildProcess | null = null;
  /** Bytes that came back on the one connection. */
  let echoed = 0;

  /** The machine has another port for each place that it speaks to, and lets in nothing of the other machine. */
  const translated = ({ machine }: TestAgent, other: TestAgent) => {
    for (const line of [
      "add table ip nat; add chain ip nat out { type nat hook postrouting priority 100; }",
      "add rule ip nat out udp sport 51820 masquerade to :20000-60000 fully-random",
      "add table ip apart; add chain ip apart out { type filter hook output priority 0; }",
      `add rule ip apart out ip daddr ${other.machine.address} drop`,
    ])
      machine.run("nft", line);
  };
  const pings = (from: TestAgent, to: TestAgent) =>
    from.machine.run("ping", "-c1", "-W1", "-p", WORD.toString("hex").slice(0, 32), to.address).status === 0;
  /** The relay by which a sends to b. Its port may be translated, too, where it spoke first. */
  const relayInUse = (): TestAgent | undefined => {
    const { stdout } = a.machine.run("wg", "show", a.interfaceName, "endpoints");
    return relays.find(({ machine }) => stdout.includes(`\t${machine.address}:`));
  };

  beforeAll(async () => {
    mesh = await startMesh(4, 65);
    const { admin } = mesh.system;
    await admin.call("meshRules.create", {
      body: { name: "ends", from: ["tag:end"], to: ["tag:end"], traffic: ["any"] },
    });
    const [ends, others] = [await mesh.enrolmentKey("main", ["end"]), await mesh.enrolmentKey("main")];
    a = mesh.agent(0, ends);
    b = mesh.agent(1, ends);
    relays = [mesh.agent(2, others), mesh.agent(3, others)];
    translated(a, b);
    translated(b, a);
    for (const relay of relays) relay.start();
    for (const relay of relays) {
      await until("the relay is in touch", () => relay.status()?.standing === "running");
      const params = { node: relay.status()?.node ?? "" };
      const { etag } = await admin.call("nodes.get", { params });
      await admin.call("nodes.update", { params, body: { relay: "on" }, ifMatch: etag ?? "" });
    }
    for (const end of [a, b]) end.start();
  });

  afterEach(({ task }) => {
    if (task.result?.state === "fail")
      console.error([a, b, ...relays].map(({ log }) => log).join("\n----\n"));
  });

  afterAll(async () => {
    connection?.kill();
    await mesh?.remove();
  });

  it("reach each other by one of them", async () => {
    await until("a relay carries them", () => pings(a, b) && relayInUse() !== undefined);
    expect(pings(b, a)).toBe(true);
    await until("both ends say so", () => [a, b].every((end) => end.status()?.peers[0]?.path === "relay"));
  });

  it("know beforehand that the other one answers for their half, and how soon", async () => {
    const [from, to] = [a, b].map((end) => end.status()?.node ?? "") as [string, string];
    let halfMs: number | null = null;
    await until("the half of the spare is measured", async () => {
      pings(a, b);
      const { data } = await mesh.system.admin.call("mesh.paths", { query: { from, to } });
      const paths = data.sides.find(({ node }) => node === from)?.paths ?? [];
      const used = paths.find(({ inUse }) => inUse);
      const spare = paths.find(({ relay }) => relay !== null && relay !== used?.relay);
      halfMs = used?.kind === "relay" ? (spare?.halfMs ?? null) : null;
      return halfMs !== null;
    });
    expect(halfMs).toBeGreaterThan(0);
  });

  it("show it nothing but WireGuard's ciphertext, and their probes", async () => {
    const relay = relayInUse() as TestAgent;
    let isEnough = false;
    const seen = relay
      .output("tcpdump", "-i", "eth0", "-c", "40", "-xx", "-n", "udp portrange 20000-24095")
      .finally(() => {
        isEnough = true;
      });
    await until("the relay saw enough", () => {
      pings(a, b);
      return isEnough;
    });
    const packets = (await seen).split(/^\d\d:\d\d:\d\d/m).slice(1);
    expect(packets.length).toBe(40);
    let ciphertexts = 0;
    for (const packet of packets) {
      const bytes = Buffer.from(
        [...packet.matchAll(/0x[0-9a-f]{4}: {2}([0-9a-f ]+)/g)]
          .map(([, hex = ""]) => hex.replaceAll(" ", ""))
          .join(""),
        "hex",
      );
      // Behind the headers of Ethernet, IPv4 and UDP: a kind of WireGuard's and three zeros, or a probe of an end, with STUN's cookie.
      const isProbe = bytes.subarray(46, 50).toString("hex") === "2112a442";
      expect(isProbe ? ["0001", "0101"] : KINDS).toContain(
        bytes.subarray(42, isProbe ? 44 : 46).toString("hex"),
      );
      if (!isProbe) ciphertexts += 1;
      expect(bytes.includes(WORD)).toBe(false);
    }
    expect(ciphertexts).toBeGreaterThan(10);
  });

  it("go on by the other one when it dies, and a connection with them", async () => {
    const relay = relayInUse() as TestAgent;
    b.spawn(process.execPath, "-e", ECHO(b.address));
    const [command, ...args] = a.machine.enter(process.execPath, "-e", ASK(b.address));
    await until(
      "b serves",
      () => a.machine.run("bash", "-c", `exec 3<>/dev/tcp/${b.address}/7`).status === 0,
    );
    connection = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"] });
    connection.stdout?.on("data", (text: Buffer) => {
      echoed = Number(text.toString().trim().split("\n").at(-1));
    });
    await until("the connection answers", () => echoed > 0);
    await relay.end("SIGKILL");
    relay.machine.run("ip", "link", "set", "eth0", "down");
    const died = echoed;
    const from = performance.now();
    await until("the other relay carries them", () => relayInUse() !== undefined && relayInUse() !== relay);
    await until("the connection goes on", () => echoed > died + 10 * WORD.length);
    console.log(`a relay died: its pair went on after ${((performance.now() - from) / 1_000).toFixed(1)} s`);
    expect(connection.exitCode).toBeNull();
  });
});
