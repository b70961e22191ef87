import { beforeEach, describe, expect, it } from "vitest";
import { EdgeWatch, type WatchedBridge } from "../../../agent/edge/edge-watch.ts";
import { pathOf } from "../../../agent/tunnel/paths.ts";

const DIRECT = "192.0.2.7:51820";
const BRIDGE = "127.0.0.1:4242";

/** A peer as WireGuard counts it, and the bridge that the agent has for it. Time goes by in seconds. */
class Lab {
  readonly watch = new EdgeWatch();
  readonly steps: string[] = [];
  now = 1_000_000;
  peer = {
    publicKey: "k",
    endpoint: DIRECT as string | null,
    allowedIps: [],
    handshake: 0,
    receivedBytes: 0,
    sentBytes: 0,
  };
  bridge: WatchedBridge | null = null;
  silent = new Set<string>();
  /** What comes from the peer, and what is sent to it, in bytes per second. */
  hears = 0;
  sends = 148;

  pass(seconds: number): string[] {
    const before = this.steps.length;
    for (let second = 0; second < seconds; second++) {
      this.now += 1_000;
      this.peer.receivedBytes += this.hears;
      this.peer.sentBytes += this.sends;
      const bridges = new Map(this.bridge ? [["k", this.bridge]] : []);
      for (const { do: what } of this.watch.look([this.peer], bridges, this.now, this.silent)) this.do(what);
    }
    return this.steps.slice(before);
  }

  /** Does what the part does, as if each of it worked. */
  private do(what: string): void {
    this.steps.push(what);
    if (what === "open") this.bridge = { endpoint: BRIDGE, isPaired: true };
    if (what === "close") this.bridge = null;
    if (what === "take") this.peer.endpoint = BRIDGE;
  }
}

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});

/** On the edge relay, and heard there. */
function onEdge(): void {
  lab.pass(12);
  lab.hears = 100;
  expect(lab.peer.endpoint).toBe(BRIDGE);
}

describe("the look at who needs the edge relay", () => {
  it("leaves a peer alone that is heard, and one that only has nothing to say", () => {
    lab.hears = 100;
    expect(lab.pass(120)).toEqual([]);
    lab.hears = 0;
    lab.sends = 2;
    expect(lab.pass(50)).toEqual([]);
  });

  it("takes the relay for a peer that was never heard, once its endpoints had their time", () => {
    expect(lab.pass(7)).toEqual([]);
    expect(lab.pass(5).slice(0, 2)).toEqual(["open", "take"]);
  });

  it("takes it for one that does not answer any more, and waits longer where nothing was asked", () => {
    lab.hears = 100;
    lab.pass(10);
    lab.hears = 0;
    expect(lab.pass(14)).toEqual([]);
    expect(lab.pass(4).slice(0, 2)).toEqual(["open", "take"]);
    lab = new Lab();
    lab.hears = 100;
    lab.sends = 2;
    lab.pass(10);
    lab.hears = 0;
    expect(lab.pass(59)).toEqual([]);
    expect(lab.pass(1)).toEqual(["open"]);
  });

  it("makes the relay ready at once for a peer that answers no probes, and takes it when no other path answers either", () => {
    lab.hears = 100;
    lab.pass(10);
    lab.silent.add("k");
    // A relay of the config took over.
    expect(lab.pass(20)).toEqual(["open"]);
    lab.hears = 0;
    expect(lab.pass(5)).toEqual([]);
    expect(lab.pass(1)).toEqual(["take"]);
  });

  it("does not go where the other end is not, and tries again while nothing comes", () => {
    lab.bridge = { endpoint: BRIDGE, isPaired: false };
    expect(lab.pass(30)).toEqual([]);
    lab.bridge = { endpoint: BRIDGE, isPaired: true };
    expect(lab.pass(1)).toEqual(["take"]);
    // Whoever looks for the peer by UDP meanwhile points WireGuard elsewhere.
    lab.peer.endpoint = DIRECT;
    expect(lab.pass(4)).toEqual([]);
    expect(lab.pass(1)).toEqual(["take"]);
  });

  it("seeks a direct path ever more rarely, soon again after a move, and never from a path that carries nothing", () => {
    lab.pass(12);
    expect(lab.pass(30)).toEqual([]);
    lab.hears = 100;
    const seeks: number[] = [];
    for (let second = 0; second < 3_600; second++) if (lab.pass(1).includes("seek")) seeks.push(second);
    const pauses = seeks.slice(1).map((at, index) => at - (seeks[index] ?? 0));
    expect(pauses.slice(0, 7)).toEqual([5, 10, 20, 40, 80, 160, 320]);
    expect(Math.max(...pauses)).toBe(600);
    lab.watch.seekSoon();
    expect(lab.pass(6)).toEqual(["seek", "seek"]);
  });

  it("stays on the direct path on which the peer is heard, and closes the bridge when that has held", () => {
    onEdge();
    lab.pass(3);
    lab.peer.endpoint = DIRECT;
    expect(lab.pass(30)).toEqual(["settle"]);
    expect(lab.pass(1)).toEqual(["close"]);
    expect(lab.pass(60)).toEqual([]);
  });

  it("comes back to the relay from a direct path that fails, and does not try that one at once again and again", () => {
    onEdge();
    let lost = 0;
    for (let second = 0; second < 1_800; second++) {
      const [step] = lab.pass(1);
      // Each attempt seems to work, and then nothing comes.
      if (step === "seek") {
        lab.peer.endpoint = DIRECT;
        lab.hears = 0;
        lost++;
      }
      if (step === "take") lab.hears = 100;
    }
    expect(lost).toBeLessThan(12);
  });

  it("opens a bridge at once for an endpoint of a bridge that an earlier agent had", () => {
    lab.peer.endpoint = "127.0.0.1:9";
    lab.hears = 0;
    expect(lab.pass(2)).toEqual(["open", "take"]);
  });

  it("closes the bridges of peers that the config does not name any more", () => {
    onEdge();
    const steps = lab.watch.look([], new Map([["k", { endpoint: BRIDGE, isPaired: true }]]), lab.now);
    expect(steps).toEqual([{ do: "close", publicKey: "k" }]);
  });
});

const LEG = "[2001:db8::7]:20001";
const RELAYED = {
  node: "r",
  name: "gate",
  leg: "leg_1",
  probeKey: "",
  endpoints: ["198.51.100.7:20001", LEG],
};

describe("the path of a peer", () => {
  const at = (endpoint: string | null, ageSeconds: number) =>
    pathOf(
      { ...new Lab().peer, endpoint, handshake: 1_000 - ageSeconds },
      { endpoints: [DIRECT], relays: [RELAYED] },
      1_000_000,
    );
  it.each([
    [DIRECT, 179, "direct"],
    [DIRECT, 180, "none"],
    ["[2001:db8::127]:127", 1, "direct"],
    [LEG, 1, "relay"],
    [LEG, 180, "none"],
    [LEG.replace("20001", "4711"), 1, "relay"],
    ["[2001:db8::8]:20001", 1, "direct"],
    [BRIDGE, 1, "edge"],
    [BRIDGE, 180, "none"],
    [DIRECT, 1_000, "none"],
  ])("%s, %i s after a handshake: %s", (endpoint, age, path) => {
    expect(at(endpoint, age)).toBe(path);
  });
});
