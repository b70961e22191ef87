import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { MACHINES, where } from "../../support/needs.ts";
import { buildNetwork, type Machine, type Network } from "./namespaces.ts";
import { Node } from "./node.ts";
import { legOf, RelayMachine, tunnelBy } from "./relay-machine.ts";

/** The machine stands behind a translator that gives it another port for each place that it speaks to. */
const translated = (machine: Machine) => {
  machine.run("nft", "add table ip nat; add chain ip nat out { type nat hook postrouting priority 100; }");
  machine.run("nft", "add rule ip nat out udp sport 51820 masquerade to :20000-60000 fully-random");
};
const apart = (machine: Machine, from: Machine) => {
  machine.run("nft", "add table ip apart; add chain ip apart out { type filter hook output priority 0; }");
  machine.run("nft", `add rule ip apart out ip daddr ${from.address} drop`);
};

where(...MACHINES).describe("two nodes that can't reach each other, and relays", () => {
  let network: Network;
  let a: Node;
  let b: Node;
  let byAgent: RelayMachine;
  let byKernel: RelayMachine;

  beforeAll(async () => {
    network = await buildNetwork(4);
    const [first, second, third, fourth] = network.machines;
    if (!first || !second || !third || !fourth) throw new Error("no machines");
    a = new Node(first, 1);
    b = new Node(second, 2);
    apart(first, second);
    apart(second, first);
    for (const machine of [first, second]) translated(machine);
    byAgent = new RelayMachine(third, { usesKernel: false });
    byKernel = new RelayMachine(fourth, { usesKernel: true });
  });

  afterAll(async () => {
    for (const relay of [byAgent, byKernel]) await relay.stop();
    for (const node of [a, b]) {
      node.down();
      rmSync(node.directory, { recursive: true, force: true });
    }
    await network.remove();
  });

  const meetAt = (relay: RelayMachine) => {
    const endpoint = `${relay.machine.address}:40000`;
    for (const [node, peer] of [
      [a, b],
      [b, a],
    ] as const)
      node.machine.run("wg", "set", node.name, "peer", peer.key.publicKey, "endpoint", endpoint);
  };
  const lastHandshake = () => a.machine.run("wg", "show", a.name, "latest-handshakes").split(/\s+/)[1];
  const shakeHands = () => {
    // A new key of a peer that is the old one: WireGuard forgets its session.
    const [one] = a.tunnel([b]).peers;
    const set = ["wg", "set", a.name, "peer", b.key.publicKey] as const;
    a.machine.run(...set, "remove");
    const endpoint = `${byKernel.machine.address}:40000`;
    a.machine.run(...set, "endpoint", endpoint, "allowed-ips", (one?.allowedIps ?? []).join(","));
  };

  it("find each other through a relay, behind translators that say nothing of their ports", async () => {
    await byAgent.carry([legOf(a, b)]);
    a.apply(tunnelBy(a, b, `${byAgent.machine.address}:40000`));
    b.apply(tunnelBy(b, a, `${byAgent.machine.address}:40000`));
    await expect.poll(() => a.pings(b)).toBe(true);
    expect(b.pings(a)).toBe(true);
  });

  it("go on through another relay in the same session", async () => {
    await byKernel.carry([legOf(a, b)]);
    const before = lastHandshake();
    meetAt(byKernel);
    // The first packet of one tells the relay where the answers of the other go.
    a.pings(b);
    expect(b.pings(a)).toBe(true);
    expect(a.pings(b)).toBe(true);
    expect(lastHandshake()).toBe(before);
    await byAgent.carry([]);
    expect(a.pings(b)).toBe(true);
  });

  it("are carried by the relay's kernel once a handshake has proven where they are", async () => {
    shakeHands();
    expect(a.pings(b)).toBe(true);
    await expect.poll(() => byKernel.inKernel()).toBe(1);
    expect(a.pings(b)).toBe(true);
    const { pair: before } = await byKernel.carry([legOf(a, b)]);
    for (let at = 0; at < 3; at++) expect(b.pings(a)).toBe(true);
    const { pair: after } = await byKernel.carry([legOf(a, b)]);
    expect(after?.datagrams).toBe(before?.datagrams);
  });

  it("are cut off when the leg ends, in the kernel as in the agent", async () => {
    await byKernel.carry([legOf(a, b, { forMs: 0 })]);
    expect(a.pings(b)).toBe(false);
    expect(byKernel.inKernel()).toBe(0);
  });
});
