import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type Mesh, startMesh, type TestAgent, until } from "../../support/mesh.ts";
import { MACHINES, where } from "../../support/needs.ts";
import { bySeed, drawn, some } from "../../support/sample.ts";

const NO_UDP = [
  "add table inet blocked; add chain inet blocked in { type filter hook input priority -300; };",
  'add rule inet blocked in iifname "eth0" meta l4proto udp drop',
] as const;
const HUBLESS_SECONDS = drawn(5, 60);

where(...MACHINES).describe("two machines", () => {
  let mesh: Mesh;
  let a: TestAgent;
  let b: TestAgent;
  let rule: { id: string };
  let key: string;

  const pings = (from: TestAgent, to: TestAgent, address = to.address) =>
    from.machine.run("ping", "-c1", "-W1", address).status === 0;

  beforeAll(async () => {
    mesh = await startMesh(4, 61);
    key = await mesh.enrolmentKey("main", ["server"]);
    const created = await mesh.system.admin.call("meshRules.create", {
      body: { name: "servers", from: ["tag:server"], to: ["tag:server"], traffic: ["any"] },
    });
    rule = created.data;
    a = mesh.agent(0, key);
    b = mesh.agent(1, key);
    // A network that lets no UDP through.
    for (const { machine } of [a, b]) machine.run("nft", NO_UDP.join(" "));
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

  it("talk through the edge relay where UDP is blocked, and by UDP once it is open", async () => {
    const pathsOf = async () => {
      const { data } = await mesh.system.admin.call("mesh.map");
      return [...[a, b].map((agent) => agent.status()?.peers[0]?.path), data.links[0]?.path];
    };
    await until("all say so", async () => (await pathsOf()).every((path) => path === "edge"));
    expect(a.command("status").stdout).toMatch(/edge relay +\d+ s ago/);
    expect(await streamed(1)).toBeGreaterThan(100_000);
    const from = performance.now();
    for (const { machine } of [a, b]) machine.run("nft", "delete", "table", "inet", "blocked");
    const tunnel = a.output("ping", "-i", "0.1", "-w", "10", "-q", b.address);
    await until("they are connected directly", async () =>
      (await pathsOf()).every((path) => path === "direct"),
    );
    console.log(
      `back on UDP: ${((performance.now() - from) / 1_000).toFixed(1)} s, ${/\S+ packet loss/.exec(await tunnel)?.[0]}`,
    );
    const params = { node: a.status()?.node ?? "" };
    const { live } = (await mesh.system.admin.call("nodes.get", { params })).data;
    expect(live?.edge).toMatchObject({ peers: 0, bytes: expect.toSatisfy((bytes) => bytes > 100_000) });
  });

  it("reach each other by IPv4, by IPv6 and by name", () => {
    const addresses = b.status()?.addresses ?? [];
    expect(addresses).toHaveLength(2);
    for (const address of addresses) expect(pings(a, b, address), address).toBe(true);
    expect(pings(a, b, `${b.status()?.name}.test.internal`)).toBe(true);
  });

  /** Bytes that one TCP connection from a to b carried in so many seconds. */
  async function streamed(seconds: number): Promise<number> {
    const [command, ...args] = b.machine.enter("iperf3", "-s", "-1", "-B", b.address);
    const server = spawn(command, args, { stdio: "ignore" });
    const client = () => a.output("iperf3", "-c", b.address, "-t", String(seconds), "--json");
    let answer = await client();
    for (let tries = 0; tries < 20 && !answer.includes("sum_received"); tries++) answer = await client();
    server.kill();
    const { end } = JSON.parse(answer) as { end: { sum_received?: { bytes: number } } };
    return end.sum_received?.bytes ?? 0;
  }

  it("carry a stream through the tunnel", async () => {
    expect(await streamed(1)).toBeGreaterThan(1_000_000);
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

  it(`go on for ${HUBLESS_SECONDS} s without the hub, and learn of changes when it is back`, async () => {
    await mesh.gate.shut();
    await until("a notices", () => a.status()?.standing !== "running");
    const tunnel = await a.output("ping", "-i", "0.2", "-w", String(HUBLESS_SECONDS), "-q", b.address);
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

  it("M12: find each other when both move to other networks at once", async () => {
    const move = (agent: TestAgent, host: number) => {
      const run = (...words: string[]) => agent.machine.run("ip", ...words).stdout;
      const [, address = "", net = "", bits = ""] =
        /inet ((\d+\.\d+\.\d+)\.\d+)\/(\d+)/.exec(run("-4", "addr", "show", "dev", "eth0")) ?? [];
      const routes = run("-4", "route", "show", "default").trim().split(" ");
      run("addr", "del", `${address}/${bits}`, "dev", "eth0");
      run("addr", "add", `${net}.${host}/${bits}`, "dev", "eth0");
      if (routes.length > 1) run("route", "replace", ...routes);
    };
    const from = performance.now();
    move(a, 201);
    move(b, 202);
    await until("they reach each other", () => pings(a, b) && pings(b, a), 30);
    expect(a.status()?.peers[0]?.endpoint).toMatch(/\.202:/);
    console.log(`both moved: ${((performance.now() - from) / 1_000).toFixed(1)} s`);
  });

  it("move to another endpoint by themselves when the one in use dies, and tell why", async () => {
    const paths = async () => {
      const [from, to] = [a.status()?.node ?? "", b.status()?.node ?? ""];
      const { data } = await mesh.system.admin.call("mesh.paths", { query: { from, to } });
      return data.sides.find(({ node }) => node === from);
    };
    const used = a.status()?.peers[0]?.endpoint ?? "";
    const first = used.slice(0, used.lastIndexOf(":"));
    const second = first.replace(/\d+$/, "212");
    b.machine.run("ip", "addr", "add", `${second}/24`, "dev", "eth0");
    const traffic = a.listen(() => undefined, "ping", "-q", "-i", "0.2", b.address);
    await until("a knows the other endpoint, and measured the one in use", async () => {
      const known = (await paths())?.paths ?? [];
      const isMeasured = known.some(({ inUse, state, rttMs }) => inUse && state === "well" && rttMs !== null);
      return isMeasured && known.some(({ endpoint }) => endpoint.startsWith(`${second}:`));
    });
    const died = performance.now();
    const drop = `add table inet dead; add chain inet dead in { type filter hook prerouting priority raw; }
      add rule inet dead in ip daddr ${first} udp dport ${b.status()?.listenPort} drop
      add chain inet dead out { type filter hook output priority raw; }
      add rule inet dead out ip saddr ${first} udp sport ${b.status()?.listenPort} drop`;
    writeFileSync(join(b.tools, "dead.nft"), drop);
    expect(b.machine.run("nft", "-f", join(b.tools, "dead.nft")).status).toBe(0);
    await until("a sends by the other endpoint", () =>
      a.status()?.peers[0]?.endpoint?.startsWith(`${second}:`),
    );
    await until("they reach each other", () => pings(a, b) && pings(b, a));
    console.log(`an endpoint died: ${((performance.now() - died) / 1_000).toFixed(1)} s`);
    await until("the hub knows why", async () => {
      const side = await paths();
      const now = side?.paths.find(({ inUse }) => inUse);
      return side?.why === "tried" && now?.state === "well" && now.endpoint.startsWith(`${second}:`);
    });
    traffic.kill();
    b.machine.run("nft", "delete", "table", "inet", "dead");
    b.machine.run("ip", "addr", "del", `${second}/24`, "dev", "eth0");
    await until("they reach each other by the first again", () => pings(a, b) && pings(b, a));
  });

  it("keep a stream while one changes its keys", async () => {
    const before = b.status()?.publicKey;
    const peersOfA = () => a.machine.run("wg", "show", a.interfaceName, "peers").stdout.trim();
    expect(peersOfA()).toBe(before);
    const [stream, tunnel] = [streamed(6), a.output("ping", "-i", "0.02", "-w", "6", "-q", b.address)];
    expect(b.command("rotate").status).toBe(0);
    await until("b has a new key, and a has given up the old one", () => {
      const key = b.status()?.publicKey;
      return key !== before && peersOfA() === key;
    });
    expect(await stream).toBeGreaterThan(1_000_000);
    console.log(`while a key changed: ${/\S+ packet loss/.exec(await tunnel)?.[0]}`);
  });

  it("go back to the last good config when one can't be applied, and say so", async () => {
    const node = a.status()?.node ?? "";
    const live = async () => (await mesh.system.admin.call("nodes.get", { params: { node } })).data.live;
    // Whatever is loaded into the filter fails; looking at it does not.
    a.replaceTool("nft", 'case "$1" in -f) echo "out of memory" >&2; exit 1;; esac\nexec $real "$@"');
    const { data } = await mesh.system.admin.call("meshRules.create", {
      body: { name: "more", from: ["tag:server"], to: ["tag:server"], traffic: ["tcp/9"] },
    });
    await until("a reports why", async () => (await live())?.applyError !== null);
    expect((await live())?.applyError).toMatch(/load-filter.*out of memory/);
    expect(a.status()).toMatchObject({ standing: "unapplied", peersHeld: true });
    expect(pings(a, b)).toBe(true);
    rmSync(join(a.tools, "nft"));
    await mesh.system.admin.call("meshRules.delete", { params: { meshRule: data.id }, ifMatch: '"1"' });
    await until(
      "a is well again",
      async () => (await live())?.applyError === null && (await live())?.current,
    );
  });

  it("reach what lies behind a router, and the internet through an exit node, once that is approved", async () => {
    const [, , , host] = mesh.lab.machines;
    if (!host) throw new Error("no machine");
    const router = mesh.agent(2, key, "--advertise", "192.168.50.0/24,198.51.100.0/25,0.0.0.0/0");
    // Two networks that only the router knows, each with one host in it.
    router.machine.run("ip", "addr", "add", "192.168.50.1/24", "dev", "eth0");
    router.machine.run("ip", "route", "add", "203.0.113.0/24", "via", "192.168.50.2");
    for (const address of ["192.168.50.2/24", "203.0.113.7/32"])
      host.run("ip", "addr", "add", address, "dev", "eth0");
    router.start();
    await until("the router is in", () => router.status()?.peers.length === 2);
    for (const to of ["subnet:192.168.50.0/24", "internet"])
      await mesh.system.admin.call("meshRules.create", {
        body: { name: to, from: ["tag:server"], to: [to], traffic: ["icmp"] },
      });
    const reaches = (address: string) => a.machine.run("ping", "-c1", "-W1", address).status === 0;
    expect(reaches("192.168.50.2")).toBe(false);

    const approve = async (agent: TestAgent, ...approvedRoutes: string[]) => {
      const params = { node: agent.status()?.node ?? "" };
      const { etag } = await mesh.system.admin.call("nodes.get", { params });
      await mesh.system.admin.call("nodes.update", { params, body: { approvedRoutes }, ifMatch: etag ?? "" });
    };
    await approve(router, "192.168.50.0/24");
    await until("a reaches the network behind the router", () => reaches("192.168.50.2"));
    await expect(approve(b, "192.168.50.128/25")).rejects.toMatchObject({
      problem: { code: "route_overlaps" },
    });
    expect(reaches("203.0.113.7")).toBe(false);

    await approve(router, "192.168.50.0/24", "0.0.0.0/0");
    await a.end();
    a.start("--exit-node", router.status()?.name ?? "");
    await until("a reaches the internet through it", () => reaches("203.0.113.7"));
    expect(reaches(b.address)).toBe(true);

    // M11: a container of a, behind a bridge as a container engine makes it.
    const container = `${a.machine.name}c`;
    const inside = (...words: string[]) =>
      spawnSync("ip", ["netns", "exec", container, ...words], { encoding: "utf8" });
    spawnSync("ip", ["netns", "add", container]);
    try {
      const { run } = a.machine;
      run("ip", "link", "add", "docker0", "type", "bridge");
      run("ip", "addr", "add", "172.17.0.1/16", "dev", "docker0");
      run("ip", "link", "set", "docker0", "up");
      run("ip", "link", "add", "ve0", "type", "veth", "peer", "name", "eth0", "netns", container);
      run("ip", "link", "set", "ve0", "master", "docker0", "up");
      run("sysctl", "-qw", "net.ipv4.ip_forward=1");
      for (const args of [
        "addr add 172.17.0.2/16 dev eth0",
        "link set eth0 up",
        "route add default via 172.17.0.1",
      ])
        spawnSync("ip", ["-n", container, ...args.split(" ")]);
      await until(
        "M11: the container reaches the internet through the exit node",
        () => inside("ping", "-c1", "-W1", "203.0.113.7").status === 0,
      );
      // What lies behind peers is not for it.
      expect(inside("ping", "-c1", "-W1", b.address).status).not.toBe(0);
      run("ip", "link", "del", "docker0");
    } finally {
      spawnSync("ip", ["netns", "del", container]);
    }

    // M10: the hub may be out of reach just because of the exit node, so giving it up needs no hub.
    await mesh.gate.shut();
    await a.end();
    a.start("--exit-node", "none");
    await until("a runs", () => a.status()?.standing === "unreachable");
    expect(a.machine.run("ip", "route", "get", "203.0.113.7").stdout).not.toContain(a.interfaceName);
    await mesh.gate.open();
    await until("a is in touch", () => a.status()?.standing === "running");
    await a.end();
    a.start("--exit-node", router.status()?.name ?? "");
    await until("a is back on the exit node", () => reaches("203.0.113.7"));

    expect(JSON.parse(router.command("logout", "--json").stdout)).toMatchObject({ hubWasTold: true });
    await until("a has one peer again", () => a.status()?.peers.length === 1);
    expect(reaches("203.0.113.7")).toBe(false);
    // M2: the exit node is gone, and nothing takes another way; said, and in both families.
    for (const [family, address] of [
      ["-4", "203.0.113.7"],
      ["-6", "2001:db8::7"],
    ] as const)
      expect(a.machine.run("ip", family, "route", "get", address).status).not.toBe(0);
    expect(a.status()?.conditions).toMatchObject([{ code: "exit_shut" }]);
    await until("the router's agent has ended", () => !router.isRunning);
    expect(router.machine.run("nft", "list", "ruleset").stdout).toBe("");
    expect(router.machine.run("ip", "rule").stdout.match(/^\d+:/gm)).toEqual(["0:", "32766:", "32767:"]);
    expect(readdirSync(router.stateDirectory)).not.toContain("identity.json");
  }, 120_000);

  it(`are consistent after kill -9 at any point of an apply, by ${bySeed}`, async () => {
    await b.end();
    const left = join(b.tools, "points-left");
    // One point before and one after each call of a tool that changes something.
    const script = `point() { read -r n <${left}; echo $((n - 1)) >${left}; [ "$n" != 1 ] || { kill -9 $PPID; exit 1; }; }
case " $* " in *" show "*|*" list "*|*" -force "*|*" monitor "*) exec $real "$@";; esac
point; $real "$@"; status=$?; point; exit $status`;
    const tools = ["ip", "wg", "nft", "wireguard-go"];
    for (const tool of tools) b.replaceTool(tool, script);
    const startedOrKilled = async () => {
      const before = b.log.length;
      b.start();
      await until("b is killed or up", () => !b.isRunning || b.log.includes("In touch", before));
    };
    /** Starts from nothing, and is killed at a point if it comes so far. @returns How many points were left. */
    const applyUntil = async (point: number) => {
      b.command("down");
      await until("the port is free", () => !existsSync(`/var/run/wireguard/${b.interfaceName}.sock`));
      writeFileSync(left, `${point}\n`);
      await startedOrKilled();
      return Number(readFileSync(left, "utf8"));
    };
    const beyond = 1_000;
    // An apply takes a few calls more or less by what the watch tells it meanwhile: those that three have in common count.
    const counts: number[] = [];
    for (let apply = 0; apply < 3; apply++) {
      counts.push(beyond - (await applyUntil(beyond)));
      await b.end();
    }
    const points = Array.from({ length: Math.min(...counts) }, (_, at) => at + 1);
    // WireGuard is told over its socket, in which nothing stands in the way: what is left are the other tools' calls.
    expect(points.length).toBeGreaterThanOrEqual(16);
    for (const point of some(points, drawn(5, points.length))) {
      await applyUntil(point);
      expect([point, b.endedBy]).toEqual([point, "SIGKILL"]);
      await startedOrKilled();
      const verified = JSON.parse(b.command("config", "verify", "--json").stdout) as { mended: string[] };
      expect([point, verified.mended]).toEqual([point, []]);
      await b.end();
    }
    for (const tool of tools) rmSync(join(b.tools, tool));
    b.start();
    await until("they reach each other", () => pings(a, b) && pings(b, a));
  }, 300_000);

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
    const down = a.command("down");
    expect([down.status, down.stdout]).toEqual([0, "The tunnel is down.\n"]);
    await until("it has ended", () => !a.isRunning);
    expect(a.machine.run("ip", "link", "show", a.interfaceName).status).not.toBe(0);
    expect(a.machine.run("nft", "list", "tables").stdout).not.toContain("rustronaut");
    expect(a.machine.run("cat", "/etc/hosts").stdout).not.toContain("test.internal");
  });
});
