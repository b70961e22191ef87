import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { TOOL_PATH } from "../../../agent/system/exec.ts";
import type { Applied } from "../../../agent/tunnel/apply.ts";
import { numbersOf } from "../../../agent/tunnel/numbers.ts";
import type { Observed, Tunnel, TunnelPeer } from "../../../agent/tunnel/tunnel.ts";
import { filterTable, marking } from "../../../shared/node/filter.ts";
import { MACHINES, where } from "../../support/needs.ts";
import { bySeed, drawn, randomFrom, SEED } from "../../support/sample.ts";
import { buildNetwork, type Machine, type Network } from "./namespaces.ts";

/** Each is a moment within half a second, which is about the time that one apply takes. */
const KILLS = drawn(6, 60);
const here = dirname(fileURLToPath(import.meta.url));

const filterFor = (name: string, peers: readonly string[]) =>
  `add table ${filterTable(name)}
delete table ${filterTable(name)}
table ${filterTable(name)} {
${marking(51_820, numbersOf(name).mark).join("\n")}
  chain input { type filter hook input priority 0; policy accept;
    iifname != "${name}" accept
    ct state established,related accept
${peers.map((peer) => `    ip saddr ${peer} accept\n    ip6 saddr fd00:1::${peer.split(".")[3]} accept`).join("\n")}
    counter drop
  }
}`;

const RELIED_ON = { isRequired: true, servesForwarded: true };

const keyPair = () => {
  const privateKey = execFileSync("wg", ["genkey"], { encoding: "utf8" }).trim();
  const publicKey = execFileSync("wg", ["pubkey"], { input: privateKey, encoding: "utf8" }).trim();
  return { privateKey, publicKey };
};

class Node {
  readonly name = `rn${randomBytes(4).toString("hex")}`;
  readonly key = keyPair();
  readonly directory = mkdtempSync(join(tmpdir(), "rustronaut-system-"));
  readonly machine: Machine;
  readonly at: number;
  private jobs = 0;

  constructor(machine: Machine, at: number) {
    this.machine = machine;
    this.at = at;
  }

  get overlay(): string {
    return `100.64.0.${this.at}`;
  }

  tunnel(peers: readonly Node[], more: Partial<Tunnel> = {}): Tunnel {
    return {
      publicKey: this.key.publicKey,
      listenPort: 51820,
      mtu: 1280,
      addresses: [`${this.overlay}/32`, `fd00:1::${this.at}/128`],
      peers: peers.map((peer) => ({
        publicKey: peer.key.publicKey,
        allowedIps: [`${peer.overlay}/32`, `fd00:1::${peer.at}/128`],
        networks: [],
        endpoints: [`${peer.machine.address}:51820`],
        replaces: null,
      })),
      filter: filterFor(
        this.name,
        peers.map((peer) => peer.overlay),
      ),
      hosts: peers.map((peer) => ({ address: peer.overlay, names: [`n${peer.at}.corp.internal`] })),
      forwards: [],
      bypass: [],
      mark: numbersOf(this.name).mark,
      exit: null,
      ...more,
    };
  }

  get place() {
    return { interfaceName: this.name, stateDirectory: this.directory, hostsFile: this.machine.hostsFile };
  }

  private job(tunnels: readonly Tunnel[], known: Observed | null = null): string {
    const file = join(this.directory, `job-${this.jobs++}.json`);
    const keys = { [this.key.publicKey]: this.key.privateKey };
    writeFileSync(file, JSON.stringify({ place: this.place, keys, tunnels, known }));
    return file;
  }

  private worker(
    verb: string,
    tunnels: readonly Tunnel[],
    path = TOOL_PATH,
    known: Observed | null = null,
  ): string {
    const script = join(here, "worker.ts");
    return this.machine.run("env", `PATH=${path}`, process.execPath, script, verb, this.job(tunnels, known));
  }

  /** The steps that it took. */
  apply(tunnel: Tunnel): string[] {
    return this.change(tunnel, null).steps as string[];
  }

  /** Applies from what was seen before, whatever happened since. */
  change(tunnel: Tunnel, known: Observed | null): Applied {
    return JSON.parse(this.worker("apply", [tunnel], TOOL_PATH, known)) as Applied;
  }

  /** The codes of what the machine does without. */
  lacks(tunnel: Tunnel): string[] {
    return (JSON.parse(this.worker("apply", [tunnel])) as Applied).conditions.map(({ code }) => code);
  }

  /** Applies while a tool fails whenever its arguments hold `when`; gives what the agent says of it. */
  applyWithout(tool: string, when: string, tunnel: Tunnel): string {
    const real = execFileSync("which", [tool], { env: { PATH: TOOL_PATH }, encoding: "utf8" }).trim();
    const text = `#!/bin/sh\ncase "$*" in *"${when}"*) echo "Cannot allocate memory" >&2; exit 1;; esac\nexec ${real} "$@"\n`;
    writeFileSync(join(this.directory, tool), text, { mode: 0o755 });
    try {
      return this.worker("apply", [tunnel], `${this.directory}:${TOOL_PATH}`);
    } catch (error) {
      return String(error);
    } finally {
      rmSync(join(this.directory, tool));
    }
  }

  /** What is missing from `tunnel`. */
  check(tunnel: Tunnel): unknown[] {
    return JSON.parse(this.worker("check", [tunnel])) as unknown[];
  }

  /** The device as wireguard-go tells it, and as `wg` does. */
  device(): { asked: unknown; tool: unknown } {
    return JSON.parse(this.worker("device", [])) as { asked: unknown; tool: unknown };
  }

  down(): void {
    this.worker("down", []);
  }

  /** Applies one tunnel after the other, and is killed when `after` milliseconds have gone by. */
  async spinAndKill(tunnels: readonly Tunnel[], after: number): Promise<void> {
    const child = await this.started("spin", tunnels);
    await new Promise((resolve) => setTimeout(resolve, after));
    await killed(child);
  }

  /** Keeps `tunnel` as the agent does, but for its slow look, while `act` runs. */
  async whileKept(tunnel: Tunnel, act: () => Promise<void>): Promise<void> {
    const child = await this.started("keep", [tunnel]);
    try {
      await act();
    } finally {
      await killed(child);
    }
  }

  private async started(verb: string, tunnels: readonly Tunnel[]): Promise<ChildProcess> {
    // `ip netns exec` becomes the process itself.
    const args = ["netns", "exec", this.machine.namespace, process.execPath, join(here, "worker.ts")];
    const child = spawn("ip", [...args, verb, this.job(tunnels)], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    return child;
  }

  pings(other: Node): boolean {
    return this.machine.code("ping", "-c", "1", "-W", "3", other.overlay) === 0;
  }
}

const STREAM_BYTES = 200_000;
const SERVER = `require("node:net").createServer((s) => s.end(Buffer.alloc(${STREAM_BYTES})))
  .listen(7000, "0.0.0.0", () => console.log("serving"))`;
const CLIENT = `let n = 0; require("node:net").connect(7000, process.argv[1])
  .on("data", (d) => { n += d.length; }).on("close", () => console.log(n)).on("error", () => {})`;

async function serving(node: Node): Promise<ChildProcess> {
  const args = ["netns", "exec", node.machine.namespace, process.execPath, "-e", SERVER];
  const child = spawn("ip", args, { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("exit", resolve));
}

where(...MACHINES).describe(
  "the system layer in two namespaces, with the WireGuard and the nftables of this machine",
  () => {
    let network: Network;
    let a: Node;
    let b: Node;

    beforeAll(async () => {
      network = await buildNetwork(2);
      const [first, second] = network.machines;
      if (!first || !second) throw new Error("no machines");
      a = new Node(first, 1);
      b = new Node(second, 2);
    });

    afterAll(async () => {
      for (const node of [a, b]) {
        node.down();
        rmSync(node.directory, { recursive: true, force: true });
      }
      await network.remove();
    });

    it("connects two nodes, and has nothing to do the second time", () => {
      a.apply(a.tunnel([b]));
      b.apply(b.tunnel([a]));
      expect(a.pings(b)).toBe(true);
      expect(a.machine.code("ping", "-c", "1", "-W", "3", "n2.corp.internal")).toBe(0);
      expect(a.apply(a.tunnel([b]))).toEqual([]);
    });

    it("asks wireguard-go itself, and hears the same as `wg`", () => {
      const { asked, tool } = a.device();
      expect(asked).toEqual(tool);
      expect(asked).toMatchObject({
        publicKey: a.key.publicKey,
        listenPort: 51820,
        peers: [{ publicKey: b.key.publicKey, endpoint: `${b.machine.address}:51820` }],
      });
    });

    it("narrows the filter without touching the peer", () => {
      const deaf = b.tunnel([a], { filter: filterFor(b.name, []) });
      expect(b.apply(deaf)).toEqual(["load-filter"]);
      expect(a.machine.code("ping", "-c", "1", "-W", "1", b.overlay)).not.toBe(0);
      expect(b.apply(b.tunnel([a]))).toEqual(["load-filter"]);
      expect(a.pings(b)).toBe(true);
    });

    it("mends what others broke", () => {
      b.machine.run("nft", "flush", "ruleset");
      b.machine.run("ip", "addr", "flush", "dev", b.name);
      expect(b.check(b.tunnel([a]))).not.toEqual([]);
      b.apply(b.tunnel([a]));
      expect(b.check(b.tunnel([a]))).toEqual([]);
      expect(a.pings(b)).toBe(true);
    });

    it("goes on from what it saw before, the filter first, and mends what others did since", () => {
      const [before, wanted] = [b.tunnel([a]), b.tunnel([a], { mtu: 1300 })];
      const { seen } = b.change(before, null);
      expect(b.change(wanted, seen).steps).toEqual(["load-filter", "set-mtu"]);
      expect(b.change(wanted, b.change(wanted, null).seen).steps).toEqual([]);
      for (const others of [
        ["nft", "flush", "ruleset"],
        ["ip", "link", "del", "dev", b.name],
      ] as const) {
        b.apply(before);
        b.machine.run(...others);
        b.change(wanted, seen);
        expect(b.check(wanted)).toEqual([]);
      }
    });

    it("M5: carries IPv4 alone where IPv6 is switched off, and says so", () => {
      const ipv6 = (off: 0 | 1) => b.machine.run("sysctl", "-qw", `net.ipv6.conf.all.disable_ipv6=${off}`);
      b.down();
      ipv6(1);
      const exit = b.tunnel([a], { forwards: [4, 6] });
      expect(b.lacks(exit)).toEqual(["ipv6_off"]);
      expect(b.check(exit)).toEqual([]);
      expect(a.pings(b)).toBe(true);
      ipv6(0);
      expect(b.lacks(b.tunnel([a]))).toEqual([]);
      expect(b.check(b.tunnel([a]))).toEqual([]);
    });

    it("M6: takes peers away although no name can be written", () => {
      const mount = (...args: string[]) => execFileSync("mount", args);
      mount("--bind", b.machine.hostsFile, b.machine.hostsFile);
      mount("-o", "remount,ro,bind", b.machine.hostsFile);
      try {
        expect(b.lacks(b.tunnel([]))).toEqual(["names_unwritten"]);
        expect(b.device().asked).toMatchObject({ peers: [] });
        expect(b.lacks(b.tunnel([a]))).toEqual([]);
      } finally {
        execFileSync("umount", [b.machine.hostsFile]);
      }
    });

    it.each([
      ["the routes and rules can't be read", "ip", "-force"],
      ["the table can't be read", "nft", "list"],
      ["no route can be changed", "ip", "-4 -batch"],
      ["the link can't be looked at", "ip", "addr show"],
    ])("M6: takes peers away although %s", (_, tool, when) => {
      b.apply(
        b.tunnel([a], { peers: [{ ...b.tunnel([a]).peers[0], allowedIps: ["10.77.0.0/16"] } as TunnelPeer] }),
      );
      b.applyWithout(tool, when, b.tunnel([], { filter: filterFor(b.name, ["100.64.9.9"]) }));
      expect(b.device().asked).toMatchObject({ peers: [] });
      expect(b.machine.run("nft", "list", "ruleset")).toContain("100.64.9.9");
      b.apply(b.tunnel([a]));
    });

    it.each([
      ["the route", "ip", "-4 -batch", "routes_missing"],
      ["the MTU", "ip", "mtu", "mtu_unset"],
    ])("M6: goes on without %s, and says so", (_, tool, when, code) => {
      b.apply(b.tunnel([]));
      const said = b.applyWithout(tool, when, b.tunnel([a], { mtu: 1300 }));
      expect((JSON.parse(said) as Applied).conditions.map((condition) => condition.code)).toEqual([code]);
      b.apply(b.tunnel([a]));
      expect(b.check(b.tunnel([a]))).toEqual([]);
    });

    it("starts again after its daemon was killed", () => {
      const processes = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
      const daemon = processes.find((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, "utf8") === `wireguard-go\0${b.name}\0`;
        } catch {
          return false;
        }
      });
      if (daemon) process.kill(Number(daemon), "SIGKILL");
      else b.machine.run("ip", "link", "del", "dev", b.name);
      b.apply(b.tunnel([a]));
      expect(a.pings(b)).toBe(true);
    });

    it("M1: stays shut when somebody flushes nftables and no agent runs, in both directions and families", () => {
      const passes = (from: Node, to: Node) =>
        ["100.64.0.", "fd00:1::"].map(
          (net) => from.machine.code("ping", "-c", "1", "-W", "1", `${net}${to.at}`) === 0,
        );
      expect([...passes(a, b), ...passes(b, a)]).toEqual([true, true, true, true]);
      b.machine.run("nft", "flush", "ruleset");
      expect([...passes(a, b), ...passes(b, a)]).toEqual([false, false, false, false]);
      expect(b.apply(b.tunnel([a]))).toEqual(["load-filter"]);
      expect([...passes(a, b), ...passes(b, a)]).toEqual([true, true, true, true]);
      // The fence goes the same way as everything else that somebody takes away.
      b.machine.run("ip", "xfrm", "policy", "flush");
      expect(b.apply(b.tunnel([a]))).toEqual(["raise-fence"]);
      expect(passes(a, b)).toEqual([true, true]);
    });

    it("M1, M2: puts back what somebody takes away as soon as the kernel tells of it, without a look of its own", async () => {
      const tunnel = a.tunnel([b], { exit: RELIED_ON });
      const { run } = a.machine;
      const table = filterTable(a.name).split(" ");
      const acts: Record<string, () => unknown> = {
        "the filter": () => run("nft", "flush", "ruleset"),
        "one rule of it": () => run("nft", "flush", "chain", ...table, "input"),
        "the routing rules": () => run("ip", "rule", "del", "lookup", String(numbersOf(a.name).tables.exit)),
        "the closed route": () => run("ip", "route", "flush", "table", String(numbersOf(a.name).tables.exit)),
        "the fence": () => run("ip", "xfrm", "policy", "flush"),
        "the link": () => run("ip", "link", "del", "dev", a.name),
        "the address": () => run("ip", "addr", "flush", "dev", a.name),
        "a rule that lets all in": () => run("nft", "insert", "rule", ...table, "input", "accept"),
        "a table put to sleep": () => run("nft", "add", "table", ...table, "{ flags dormant; }"),
        "the link's name": () => {
          run("ip", "link", "set", "dev", a.name, "down");
          run("ip", "link", "set", "dev", a.name, "name", "renamed0");
        },
      };
      await a.whileKept(tunnel, async () => {
        for (const [what, act] of Object.entries(acts)) {
          act();
          await vi.waitFor(() => expect(a.check(tunnel), what).toEqual([]), {
            timeout: 20_000,
            interval: 50,
          });
        }
      });
      // What watches has died with the agent, although that was killed.
      const pids = execFileSync("ip", ["netns", "pids", a.machine.namespace], { encoding: "utf8" });
      const commands = pids.match(/\d+/g)?.map((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8"));
      expect(commands?.filter((command) => command.includes("monitor"))).toEqual([]);
      a.apply(a.tunnel([b]));
      // No filter guards an interface of another name.
      expect(run("ip", "-br", "link")).not.toContain("renamed0");
      expect(a.pings(b)).toBe(true);
    }, 60_000);

    it("M1: takes away an interface of its own that was renamed without a trace, as the kernel's can be", () => {
      const { run } = a.machine;
      const other = `${a.name}x`;
      for (const act of [() => a.apply(a.tunnel([b])), () => a.down()]) {
        run("ip", "link", "del", "dev", a.name);
        run("env", "WG_I_PREFER_BUGGY_USERSPACE_TO_POLISHED_KMOD=1", "wireguard-go", other);
        run("wg", "set", other, "fwmark", String(numbersOf(a.name).mark));
        act();
        expect(run("ip", "-br", "link")).not.toContain(other);
      }
      a.apply(a.tunnel([b]));
    });

    it("M7: two agents on one machine leave each other alone", () => {
      const second = new Node(a.machine, 3);
      const ofSecond = second.tunnel([b], { listenPort: 51_821, exit: RELIED_ON });
      second.apply(ofSecond);
      expect([a.check(a.tunnel([b])), second.check(ofSecond)]).toEqual([[], []]);
      second.down();
      expect(a.check(a.tunnel([b]))).toEqual([]);
      expect(a.pings(b)).toBe(true);
      rmSync(second.directory, { recursive: true, force: true });
    });

    /** b with networks behind it, as a sees it. */
    const behindB = (networks: readonly string[], more: Partial<Tunnel> = {}): Tunnel => {
      const [peer] = a.tunnel([b]).peers;
      if (!peer) throw new Error("no peer");
      return a.tunnel([], {
        peers: [{ ...peer, allowedIps: [...peer.allowedIps, ...networks], networks }],
        ...more,
      });
    };
    const goesBy = (...address: string[]) =>
      / dev (\S+)/.exec(a.machine.run("ip", "route", "get", ...address))?.[1];

    it("M4: a network that is connected wins over one that a router offers, and its route is left as it is", () => {
      const { run } = a.machine;
      run("ip", "link", "add", "lan0", "type", "veth", "peer", "name", "lan1");
      for (const link of ["lan0", "lan1"]) run("ip", "link", "set", link, "up");
      run("ip", "addr", "add", "192.168.77.1/24", "dev", "lan0", "noprefixroute");
      run(
        "ip",
        "route",
        "add",
        "192.168.77.0/24",
        "dev",
        "lan0",
        "proto",
        "dhcp",
        "scope",
        "link",
        "metric",
        "1024",
      );
      run("ip", "-6", "addr", "add", "fd77::1/64", "dev", "lan0", "noprefixroute", "nodad");
      run("ip", "-6", "route", "add", "fd77::/64", "dev", "lan0", "metric", "1024");
      run("ip", "route", "add", "172.20.0.0/14", "via", "192.168.77.2");
      const machines = () =>
        [4, 6].map((family) => run("ip", `-${family}`, "route", "show", "table", "main"));
      const before = machines();
      const networks = [
        "192.168.77.0/24",
        "192.168.77.128/25",
        "fd77::/64",
        "172.20.5.0/24",
        "192.168.78.0/24",
      ];
      a.apply(behindB(networks));
      expect(machines()).toEqual(before);
      expect(["192.168.77.9", "192.168.77.200", "fd77::9"].map((it) => goesBy(it))).toEqual([
        "lan0",
        "lan0",
        "lan0",
      ]);
      // Of two routes through others the finer one counts, as everywhere.
      expect(["172.20.5.1", "172.20.6.1", "192.168.78.1"].map((it) => goesBy(it))).toEqual([
        a.name,
        "lan0",
        a.name,
      ]);
      expect(a.check(behindB(networks))).toEqual([]);
      a.apply(a.tunnel([b]));
      expect(machines()).toEqual(before);
      run("ip", "link", "del", "lan0");
    });

    it("M14: carries a stream over a path that swallows long packets and says nothing", async () => {
      const wide = { mtu: 1420 };
      a.apply(a.tunnel([b], wide));
      b.apply(b.tunnel([a], wide));
      const server = await serving(b);
      try {
        network.narrow(0, 1_400);
        const got = a.machine.run(process.execPath, "-e", CLIENT, b.overlay);
        expect(Number(got)).toBe(STREAM_BYTES);
      } finally {
        network.narrow(0, 1_500);
        await killed(server);
      }
      a.apply(a.tunnel([b]));
      b.apply(b.tunnel([a]));
    }, 60_000);

    it("M3: a network that holds the router's own endpoint does not swallow the tunnel", () => {
      const { run } = a.machine;
      // From here on, a reaches everything by its gateway alone.
      run("ip", "addr", "flush", "dev", "eth0");
      run("ip", "addr", "add", `${a.machine.address}/32`, "dev", "eth0");
      run("ip", "route", "add", "default", "dev", "eth0");
      // As many distributions have it: what comes in by another way than its answer would take is dropped.
      run("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1");
      const tunnel = behindB(["10.99.0.0/24"]);
      a.apply(tunnel);
      expect(goesBy("10.99.0.7")).toBe(a.name);
      expect(goesBy("10.99.0.7", "mark", String(tunnel.mark))).toBe("eth0");
      // The outage: not even the session is left, and a fresh handshake has to find the way.
      run("ip", "link", "del", "dev", a.name);
      a.apply(tunnel);
      expect(a.pings(b)).toBe(true);
      a.apply(a.tunnel([b]));
      run("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0");
      run("ip", "route", "del", "default");
      run("ip", "addr", "del", `${a.machine.address}/32`, "dev", "eth0");
      run("ip", "addr", "add", `${a.machine.address}/24`, "dev", "eth0");
    });

    it("M3: machines that have IPv6 alone hear each other past firewalld's check of the way back", () => {
      const eth0 = (node: Node, verb: "add" | "del", ...addresses: string[]) => {
        for (const address of addresses) node.machine.run("ip", "addr", verb, address, "dev", "eth0");
      };
      const ipv4 = (node: Node) => `${node.machine.address}/24`;
      const { run } = a.machine;
      const { namespace } = a.machine;
      for (const node of [a, b]) node.machine.run("ip", "addr", "del", ipv4(node), "dev", "eth0");
      eth0(a, "add", "fe80::a/64", "2001:db8:1::a/128");
      eth0(b, "add", "fe80::b/64", "2001:db8:1::b/64");
      run("ip", "-6", "route", "add", "default", "via", "fe80::b", "dev", "eth0");
      // As firewalld has it, with IPv6_rpfilter=yes.
      const rules = `table inet firewalld { chain filter_PREROUTING {
        type filter hook prerouting priority mangle + 10;
        icmpv6 type { nd-router-advert, nd-neighbor-solicit } accept
        meta nfproto ipv6 fib saddr . mark . iif oif missing drop
      }
      }`;
      execFileSync("ip", ["netns", "exec", namespace, "nft", "-f", "-"], { input: rules });
      const [peer] = behindB(["::/0"]).peers;
      if (!peer) throw new Error("no peer");
      for (const node of [a, b]) node.down();
      b.apply(b.tunnel([a], { peers: b.tunnel([a]).peers.map((it) => ({ ...it, endpoints: [] })) }));
      const endpoints = ["[2001:db8:1::b]:51820"];
      a.apply(a.tunnel([], { peers: [{ ...peer, endpoints }], exit: RELIED_ON }));
      expect(goesBy("2001:db8:1::b")).toBe(a.name);
      expect(a.pings(b)).toBe(true);
      run("nft", "delete", "table", "inet", "firewalld");
      run("ip", "-6", "route", "del", "default");
      eth0(a, "del", "fe80::a/64", "2001:db8:1::a/128");
      eth0(b, "del", "fe80::b/64", "2001:db8:1::b/64");
      for (const node of [a, b]) {
        eth0(node, "add", ipv4(node));
        node.down();
      }
      a.apply(a.tunnel([b]));
      b.apply(b.tunnel([a]));
    });

    it("takes the exit node's default route, and gives it back", () => {
      a.machine.run("ip", "route", "add", "default", "via", b.machine.address);
      const everything = behindB(["0.0.0.0/0", "::/0"], {
        bypass: ["192.0.2.7"],
        forwards: [4, 6],
        exit: RELIED_ON,
      });
      a.apply(everything);
      expect(goesBy("198.51.100.1")).toBe(a.name);
      expect(goesBy(b.machine.address)).toBe("eth0");
      expect(goesBy("192.0.2.7")).toBe("eth0");
      expect(a.pings(b)).toBe(true);
      a.apply(a.tunnel([b]));
      expect(goesBy("198.51.100.1")).toBe("eth0");
      expect(a.pings(b)).toBe(true);
    });

    it("M2: what relies on an exit node goes through it or nowhere, whatever happens to the tunnel", () => {
      a.machine.run("ip", "-6", "route", "add", "default", "dev", "eth0");
      const tries = () =>
        [["198.51.100.1"], ["2001:db8::1"]].map((address) => {
          const there = a.machine.code("ip", "route", "get", ...address) === 0;
          return there ? goesBy(...address) : "nowhere";
        });
      const ofIPv4 = behindB(["0.0.0.0/0"], { bypass: ["192.0.2.7"], exit: RELIED_ON });
      a.apply(ofIPv4);
      expect(tries()).toEqual([a.name, "nowhere"]);
      a.machine.run("ip", "link", "del", "dev", a.name);
      expect(tries()).toEqual(["nowhere", "nowhere"]);
      a.apply(ofIPv4);
      expect(tries()).toEqual([a.name, "nowhere"]);
      // Withdrawn, or without its peers for any other reason.
      a.apply(a.tunnel([b], { exit: RELIED_ON, bypass: ["192.0.2.7"] }));
      expect(tries()).toEqual(["nowhere", "nowhere"]);
      expect(goesBy("192.0.2.7")).toBe("eth0");
      expect(a.pings(b)).toBe(true);
      a.apply(a.tunnel([b], { exit: { isRequired: false, servesForwarded: true } }));
      expect(tries()).toEqual(["eth0", "eth0"]);
      // What the machine passes on for its containers may be left alone.
      const fromContainer = ["198.51.100.1", "from", "10.99.0.9", "iif", "eth0"];
      a.machine.run("sysctl", "-qw", "net.ipv4.ip_forward=1");
      a.apply(ofIPv4);
      expect(goesBy(...fromContainer)).toBe(a.name);
      a.apply({ ...ofIPv4, exit: { ...RELIED_ON, servesForwarded: false } });
      expect([goesBy(...fromContainer), tries()[0]]).toEqual(["eth0", a.name]);
      a.machine.run("sysctl", "-qw", "net.ipv4.ip_forward=0");
      a.apply(a.tunnel([b]));
      a.machine.run("ip", "-6", "route", "del", "default");
    });

    it(`is consistent after kill -9 at ${KILLS} random points, by ${bySeed}`, async () => {
      const others = Array.from({ length: 12 }, (_, at) => new Node(b.machine, 10 + at));
      const wide = a.tunnel([b, ...others]);
      const states = [
        wide,
        a.tunnel([b]),
        a.tunnel([], { addresses: ["100.64.0.77/32"], mtu: 1300 }),
        a.tunnel([...others]),
      ];
      const random = randomFrom(SEED);
      for (let round = 0; round < KILLS; round++) {
        await a.spinAndKill(states, random() * 500);
        if (round % 3 === 2) a.machine.run("ip", "link", "del", "dev", a.name);
        a.apply(wide);
        expect(a.check(wide)).toEqual([]);
      }
      expect(a.pings(b)).toBe(true);
      for (const node of others) rmSync(node.directory, { recursive: true, force: true });
    }, 600_000);

    it("leaves nothing behind", () => {
      a.apply(a.tunnel([b], { forwards: [4, 6], exit: RELIED_ON }));
      a.down();
      a.down();
      expect(a.machine.run("ip", "-br", "link")).not.toContain(a.name);
      for (const family of ["-4", "-6"])
        expect(a.machine.run("ip", family, "rule", "show").match(/^\d+:/gm)).toEqual(
          family === "-4" ? ["0:", "32766:", "32767:"] : ["0:", "32766:"],
        );
      expect(a.machine.run("ip", "xfrm", "policy")).toBe("");
      expect(a.machine.run("ip", "route", "show", "table", "all")).not.toContain("100.64.");
      expect(a.machine.run("nft", "list", "ruleset")).toBe("");
      expect(readFileSync(a.machine.hostsFile, "utf8")).toBe("127.0.0.1 localhost\n# kept\n");
      expect(a.machine.run("cat", "/proc/sys/net/ipv4/ip_forward").trim()).toBe("0");
      expect(a.machine.run("cat", "/proc/sys/net/ipv4/tcp_mtu_probing").trim()).toBe("0");
      expect(a.machine.run("cat", "/proc/sys/net/ipv4/conf/all/src_valid_mark").trim()).toBe("0");
      expect(a.machine.run("cat", "/proc/sys/net/ipv6/conf/all/forwarding").trim()).toBe("0");
      const sockets = readdirSync("/var/run/wireguard");
      expect(sockets.filter((file) => file.startsWith(a.name))).toEqual([]);
      expect(readdirSync(a.directory).filter((file) => file.startsWith("lent"))).toEqual([]);
    });
  },
);
