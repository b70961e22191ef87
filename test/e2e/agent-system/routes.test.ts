import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Tunnel } from "../../../agent/tunnel/tunnel.ts";
import { MACHINES, where } from "../../support/needs.ts";
import { buildNetwork, type Network } from "./namespaces.ts";
import { killed, Node, RELIED_ON } from "./node.ts";

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

where(...MACHINES).describe("what is routed through a tunnel between two namespaces", () => {
  let network: Network;
  let a: Node;
  let b: Node;

  beforeAll(async () => {
    network = await buildNetwork(2);
    const [first, second] = network.machines;
    if (!first || !second) throw new Error("no machines");
    a = new Node(first, 1);
    b = new Node(second, 2);
    a.apply(a.tunnel([b]));
    b.apply(b.tunnel([a]));
  });

  afterAll(async () => {
    for (const node of [a, b]) {
      node.down();
      rmSync(node.directory, { recursive: true, force: true });
    }
    await network.remove();
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
    const machines = () => [4, 6].map((family) => run("ip", `-${family}`, "route", "show", "table", "main"));
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
});
