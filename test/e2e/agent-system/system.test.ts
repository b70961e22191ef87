import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { Applied } from "../../../agent/tunnel/apply.ts";
import { numbersOf } from "../../../agent/tunnel/numbers.ts";
import type { TunnelPeer } from "../../../agent/tunnel/tunnel.ts";
import { filterTable } from "../../../shared/node/filter.ts";
import { MACHINES, where } from "../../support/needs.ts";
import { randomFrom } from "../../support/random.ts";
import { bySeed, drawn, SEED } from "../../support/sample.ts";
import { buildNetwork, type Network } from "./namespaces.ts";
import { filterFor, Node, RELIED_ON } from "./node.ts";

/** Each is a moment within half a second, which is about the time that one apply takes. */
const KILLS = drawn(6, 60);

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
