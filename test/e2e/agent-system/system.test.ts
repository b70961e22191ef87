import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Applied } from "../../../agent/apply/apply.ts";
import type { Observed, Tunnel, TunnelPeer } from "../../../agent/apply/tunnel.ts";
import { TOOL_PATH } from "../../../agent/system/exec.ts";
import { MACHINES, where } from "../../support/needs.ts";
import { bySeed, drawn, randomFrom, SEED } from "../../support/sample.ts";
import { buildNetwork, type Machine, type Network } from "./namespaces.ts";

/** Each is a moment within half a second, which is about the time that one apply takes. */
const KILLS = drawn(6, 60);
const here = dirname(fileURLToPath(import.meta.url));

const filterFor = (name: string, peers: readonly string[]) =>
  `add table inet rustronaut
delete table inet rustronaut
table inet rustronaut {
  chain input { type filter hook input priority 0; policy accept;
    iifname != "${name}" accept
    ct state established,related accept
${peers.map((peer) => `    ip saddr ${peer} accept`).join("\n")}
    counter drop
  }
}`;

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
    const text = `#!/bin/sh\ncase "$*" in *${when}*) echo "Cannot allocate memory" >&2; exit 1;; esac\nexec ${real} "$@"\n`;
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
    const args = ["netns", "exec", this.machine.namespace, process.execPath, join(here, "worker.ts")];
    const child = spawn("ip", [...args, "spin", this.job(tunnels)], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    await new Promise((resolve) => setTimeout(resolve, after));
    // `ip netns exec` became the process itself.
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
  }

  pings(other: Node): boolean {
    return this.machine.code("ping", "-c", "1", "-W", "3", other.overlay) === 0;
  }
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
      ["the routing rules can't be read", "ip", "rule show"],
      ["the table can't be read", "nft", "list"],
      ["no route can be changed", "ip", "-batch"],
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
      ["the route", "ip", "-batch", "routes_missing"],
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

    it("takes the exit node's default route, and gives it back", () => {
      const [peer] = a.tunnel([b]).peers;
      if (!peer) throw new Error("no peer");
      const exit = { ...peer, allowedIps: [...peer.allowedIps, "0.0.0.0/0", "::/0"] };
      a.machine.run("ip", "route", "add", "default", "via", b.machine.address);
      a.apply(a.tunnel([], { peers: [exit], bypass: ["192.0.2.7"], forwards: [4, 6] }));
      expect(a.machine.run("ip", "route", "get", "198.51.100.1")).toContain(a.name);
      expect(a.machine.run("ip", "route", "get", b.machine.address)).toContain("eth0");
      expect(a.machine.run("ip", "route", "get", "192.0.2.7")).toContain("eth0");
      expect(a.pings(b)).toBe(true);
      a.apply(a.tunnel([b]));
      expect(a.machine.run("ip", "route", "get", "198.51.100.1")).toContain("eth0");
      expect(a.pings(b)).toBe(true);
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
      a.apply(a.tunnel([b], { forwards: [4, 6] }));
      a.down();
      a.down();
      expect(a.machine.run("ip", "-br", "link")).not.toContain(a.name);
      expect(a.machine.run("ip", "rule")).not.toContain("29294");
      expect(a.machine.run("ip", "route", "show", "table", "all")).not.toContain("100.64.");
      expect(a.machine.run("nft", "list", "ruleset")).toBe("");
      expect(readFileSync(a.machine.hostsFile, "utf8")).toBe("127.0.0.1 localhost\n# kept\n");
      expect(a.machine.run("cat", "/proc/sys/net/ipv4/ip_forward").trim()).toBe("0");
      expect(a.machine.run("cat", "/proc/sys/net/ipv6/conf/all/forwarding").trim()).toBe("0");
      const sockets = readdirSync("/var/run/wireguard");
      expect(sockets.filter((file) => file.startsWith(a.name))).toEqual([]);
      expect(readdirSync(a.directory).filter((file) => file.startsWith("lent"))).toEqual([]);
    });
  },
);
