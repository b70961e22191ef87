import { describe, expect, it } from "vitest";
import { type OwnAddress, orderEndpoints } from "../../../agent/telemetry/endpoint-order.ts";
import { ownEndpoints } from "../../../agent/telemetry/own-endpoints.ts";
import { EndpointChooser } from "../../../agent/tunnel/endpoints.ts";
import type { WireguardPeer } from "../../../agent/tunnel/machine.ts";
import { haveMoved } from "../../../agent/tunnel/moves.ts";
import { asChosen } from "../../../agent/tunnel/wanted.ts";
import type { Assembled } from "../../../shared/node/config/assemble.ts";

const PORT = 51_820;
const own = (interfaceName: string, kind: OwnAddress["kind"], address: string): OwnAddress => ({
  interfaceName,
  kind,
  address,
});
const NOWHERE = { seenByHub: [], sources: new Set<string>() };

describe("the endpoints that a machine names", () => {
  const bridges = Array.from({ length: 10 }, (_, at) => own(`br-${at}`, "bridge", `172.${17 + at}.0.1`));

  it("M15: begin with the way to the hub, and end with bridges and the tunnels of others", () => {
    const addresses = [
      ...bridges,
      own("tailscale0", "overlay", "100.101.0.1"),
      own("eth1", "device", "10.1.0.5"),
      own("eth0", "device", "2001:db8::5"),
      own("eth0", "device", "192.0.2.5"),
      own("eth0", "device", "192.0.2.6"),
    ];
    const named = orderEndpoints(addresses, { seenByHub: [], sources: new Set(["192.0.2.6"]) }, PORT);
    expect(named.slice(0, 4)).toEqual([
      "192.0.2.6:51820",
      "192.0.2.5:51820",
      "[2001:db8::5]:51820",
      "10.1.0.5:51820",
    ]);
    expect(named.at(-1)).toBe("100.101.0.1:51820");
    expect(named.slice(4, 14)).toEqual(bridges.map(({ address }) => `${address}:51820`));
  });

  it("M15: take a bridge for the first that has the way out", () => {
    const named = orderEndpoints(
      [own("eth1", "device", "10.1.0.5"), own("vmbr0", "bridge", "192.0.2.5")],
      { seenByHub: [], sources: new Set(["192.0.2.5"]) },
      PORT,
    );
    expect(named[0]).toBe("192.0.2.5:51820");
  });

  it("M15: put what the hub sees first, and name nothing twice", () => {
    const addresses = [own("eth0", "device", "192.0.2.5")];
    const seen = (seenByHub: string) =>
      orderEndpoints(addresses, { ...NOWHERE, seenByHub: [seenByHub] }, PORT);
    expect(seen("203.0.113.9")).toEqual(["203.0.113.9:51820", "192.0.2.5:51820"]);
    expect(seen("192.0.2.5")).toEqual(["192.0.2.5:51820"]);
  });
});

describe("the search for a peer", () => {
  const KNOWN = ["192.0.2.1:1", "10.0.0.1:1", "10.0.0.2:1"];
  const peer = (endpoint: string | null, receivedBytes = 0): WireguardPeer => ({
    publicKey: "a",
    endpoint,
    allowedIps: [],
    handshake: 1_000,
    receivedBytes,
    sentBytes: 0,
  });
  const candidates = new Map([["a", KNOWN]]);
  const START = 1_000_000;

  /** Endpoints that are tried in so many seconds, by second; the peer is heard at `heardAt`. */
  function searched(first: WireguardPeer, seconds: number, heardAt = ""): [number, string][] {
    const chooser = new EndpointChooser();
    chooser.suspect(first, KNOWN, START);
    const tried: [number, string][] = [];
    let now = first;
    for (let second = 0; second < seconds; second++) {
      const { changes } = chooser.choose([now], candidates, START + second * 1_000, START);
      for (const { endpoint } of changes) {
        tried.push([second, endpoint]);
        now = peer(endpoint, endpoint === heardAt ? 1 : 0);
      }
    }
    expect(chooser.hasSuspects).toBe(false);
    return tried;
  }

  it("M12: begins at once where the old place is known to be left", () => {
    expect(searched(peer("198.51.100.1:1"), 20)).toEqual([
      [0, "192.0.2.1:1"],
      [2, "10.0.0.1:1"],
      [4, "10.0.0.2:1"],
      [6, "192.0.2.1:1"],
    ]);
  });

  it("M12: waits some seconds where it may still be, and comes back there", () => {
    expect(searched(peer("10.0.0.1:1"), 20)).toEqual([
      [4, "192.0.2.1:1"],
      [6, "10.0.0.2:1"],
      [8, "10.0.0.1:1"],
    ]);
  });

  it("M12: ends when the peer is heard", () => {
    expect(searched(peer("198.51.100.1:1"), 20, "10.0.0.1:1")).toEqual([
      [0, "192.0.2.1:1"],
      [2, "10.0.0.1:1"],
    ]);
  });

  const HOUR = 3_600_000;
  it.each([
    ["forwards", HOUR],
    ["backwards", -HOUR],
  ])("lets no peer look silent or alive because the clock was set %s", (_, set) => {
    const chooser = new EndpointChooser();
    const triedAt = (seconds: number, handshakeMs: number) => {
      const heard = { ...peer("10.0.0.1:1"), handshake: handshakeMs / 1_000 };
      const wall = START + seconds * 1_000 + (seconds === 0 ? 0 : set);
      return chooser.choose([heard], candidates, seconds * 1_000, wall).changes.length;
    };
    expect(triedAt(0, START - 50_000), "a handshake of 50 s ago").toBe(0);
    expect(triedAt(90, START - 50_000), "of 140 s ago").toBe(0);
    expect(triedAt(110, START + set + 100_000), "a new one").toBe(0);
    expect(triedAt(250, START + set + 100_000)).toBe(0);
    expect(triedAt(270, START + set + 100_000), "nothing for 160 s").toBe(1);
  });

  it("tries others at once for a peer that was silent for long before the agent began", () => {
    const silent = { ...peer("10.0.0.1:1"), handshake: START / 1_000 };
    expect(new EndpointChooser().choose([silent], candidates, 0, START + 200_000).changes).toHaveLength(1);
  });

  it("ends with the peer", () => {
    const chooser = new EndpointChooser();
    chooser.suspect(peer(null), KNOWN, START);
    chooser.choose([], candidates, START, START);
    expect(chooser.hasSuspects).toBe(false);
  });
});

describe("what a config says of where peers are", () => {
  const config = (endpoints: string[], routes: string[] = []) =>
    ({
      peers: [{ peer: { node: "nod_1", name: "gate", endpoints, routes }, record: { wireguard: "AAAA" } }],
    }) as unknown as Assembled;
  const moved = (before: string[], after: string[]) => haveMoved(config(before), config(after)).size === 1;

  it("M12: is a move when the best of the old places is gone, and no other", () => {
    expect(moved(["192.0.2.1:1"], ["192.0.2.2:1"])).toBe(true);
    expect(moved(["192.0.2.1:1", "172.17.0.1:1"], ["192.0.2.1:1"])).toBe(false);
    expect(moved(["192.0.2.1:1"], ["192.0.2.1:1", "172.17.0.1:1"])).toBe(false);
    expect(moved(["192.0.2.1:1"], ["10.0.0.1:1", "192.0.2.1:1"])).toBe(false);
    expect(moved(["192.0.2.1:1"], [])).toBe(false);
    expect(haveMoved(null, config(["192.0.2.1:1"])).size).toBe(1);
  });

  it("M10: is no exit node but the one that this machine has chosen", () => {
    const routes = (exitNode: string | null) =>
      asChosen(config([], ["0.0.0.0/0", "10.0.0.0/8", "::/0"]), exitNode).peers[0]?.peer.routes;
    expect(routes("gate")).toEqual(["0.0.0.0/0", "10.0.0.0/8", "::/0"]);
    expect(routes("nod_1")).toHaveLength(3);
    expect(routes("other")).toEqual(["10.0.0.0/8"]);
    expect(routes(null)).toEqual(["10.0.0.0/8"]);
  });
});

describe("what peers and the router say of this machine", () => {
  const around = {
    interfaceName: "rn0",
    port: PORT,
    hub: [],
    peers: [],
    seenByHub: ["203.0.113.7"],
    heardAt: [],
    mapped: null,
  };
  const named = (more: Partial<Parameters<typeof ownEndpoints>[0]>) => ownEndpoints({ ...around, ...more });

  it("is named: the port that the router opened first, where peers hear it behind the best guess", async () => {
    const heardAt = [{ endpoint: "203.0.113.7:4455", by: 1 }];
    expect((await named({ heardAt })).slice(0, 2)).toEqual([`203.0.113.7:${PORT}`, "203.0.113.7:4455"]);
    expect((await named({ mapped: "203.0.113.7:99", heardAt })).slice(0, 3)).toEqual([
      "203.0.113.7:99",
      `203.0.113.7:${PORT}`,
      "203.0.113.7:4455",
    ]);
  });

  it("is not named at an address at which nobody else sees it, nor at a port for one peer alone", async () => {
    const plain = await named({});
    expect(await named({ mapped: "198.51.100.1:99" })).toEqual(plain);
    expect(await named({ heardAt: [{ endpoint: "198.51.100.1:99", by: 9 }] })).toEqual(plain);
    const dependent = ["203.0.113.7:1", "203.0.113.7:2"].map((endpoint) => ({ endpoint, by: 1 }));
    expect(await named({ heardAt: dependent })).toEqual(plain);
  });
});
