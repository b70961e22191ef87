import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DropReason, forward, type Leg, type LegState, NEW_LEG } from "../../../shared/relay/leg.ts";
import { mac1Key } from "../../../shared/relay/mac1.ts";
import { cookie, data, initiation, type Party, response } from "./datagrams.ts";

const party = (seed: number, at: string): Party => ({ publicKey: new Uint8Array(32).fill(seed), at });
const alice = party(1, "192.0.2.1:51820");
const bob = party(2, "[2001:db8::2]:51820");
const stranger = "203.0.113.66:6666";

const ends = (a: readonly string[], b: readonly string[]): Leg["ends"] => [
  { mac1Key: mac1Key(alice.publicKey), endpoints: a },
  { mac1Key: mac1Key(bob.publicKey), endpoints: b },
];
const leg: Leg = { ends: ends([alice.at], [bob.at]), notAfter: 1_000 };

/** A relay of one leg: it says where each datagram goes, or why it goes nowhere. */
class Relay {
  state: LegState = NEW_LEG;
  readonly #leg: Leg;
  constructor(of: Leg = leg) {
    this.#leg = of;
  }
  hears(source: string, datagram: Uint8Array, now = 0): string | DropReason {
    const verdict = forward(this.#leg, this.state, source, datagram, now);
    if ("dropped" in verdict) return verdict.dropped;
    this.state = verdict.state;
    return verdict.to;
  }
  /** A whole handshake of Alice with Bob. */
  connect(a = alice.at, b = bob.at): this {
    expect(this.hears(a, initiation(bob, 11))).toBe(b);
    expect(this.hears(b, response(alice, 22, 11))).toBe(a);
    expect(this.hears(a, data(22))).toBe(b);
    return this;
  }
}

describe("a leg of a relay", () => {
  it("carries a pair that is where the config says, in both directions", () => {
    const relay = new Relay().connect();
    expect(relay.hears(bob.at, data(11, 1_452))).toBe(alice.at);
    expect(relay.state.proven).toEqual([alice.at, bob.at]);
  });

  it("carries a session that was there before the relay was", () => {
    const relay = new Relay();
    expect(relay.hears(alice.at, data(99))).toBe(bob.at);
    expect(relay.hears(bob.at, data(98))).toBe(alice.at);
    expect(relay.state.proven).toEqual([null, null]);
  });

  it("carries such a session of ends behind translators, too, and lets nobody beside them keep it", () => {
    const relay = new Relay();
    const [a, b] = ["192.0.2.1:1001", "[2001:db8::2]:1002"];
    relay.hears(a, data(99));
    expect(relay.hears(b, data(98))).toBe(a);
    expect(relay.hears(a, data(99))).toBe(b);
    // Somebody behind the translator of Alice, until she speaks again.
    relay.hears("192.0.2.1:6666", data(1));
    relay.hears(a, data(99));
    expect(relay.hears(b, data(98))).toBe(a);
    expect(relay.hears(stranger, data(99))).toBe("unknown_source");
  });

  it("lets two ends find each other that translators give other ports towards the relay", () => {
    const relay = new Relay();
    const [a, b] = ["192.0.2.1:1001", "[2001:db8::2]:1002"];
    // The first attempt goes where the config says and is lost. The other end's attempt finds the way back.
    expect(relay.hears(a, initiation(bob, 11))).toBe(bob.at);
    expect(relay.hears(b, initiation(alice, 22))).toBe(a);
    expect(relay.hears(a, response(bob, 33, 22))).toBe(b);
    expect(relay.hears(b, data(33))).toBe(a);
    expect(relay.hears(a, data(22))).toBe(b);
    expect(relay.state.proven).toEqual([a, b]);
  });

  it("carries on when an end moves, once the other end answers it", () => {
    const relay = new Relay().connect();
    const moved = "198.51.100.7:4000";
    expect(relay.hears(moved, data(22))).toBe("unknown_source");
    expect(relay.hears(moved, initiation(bob, 44))).toBe(bob.at);
    // Until then, what is for Alice goes to where she was.
    expect(relay.hears(bob.at, data(11))).toBe(alice.at);
    expect(relay.hears(bob.at, response(alice, 55, 44))).toBe(moved);
    expect(relay.hears(moved, data(55))).toBe(bob.at);
    expect(relay.hears(bob.at, data(44))).toBe(moved);
  });

  it("carries on at once when an end moves to another endpoint of the config, and knows its session", () => {
    const other = "198.51.100.7:51820";
    const relay = new Relay({ ...leg, ends: ends([alice.at, other], [bob.at]) }).connect();
    expect(relay.hears(other, data(77))).toBe("unknown_source");
    expect(relay.hears(other, data(22))).toBe(bob.at);
    expect(relay.hears(bob.at, data(11))).toBe(other);
    expect(relay.hears(alice.at, data(22))).toBe(bob.at);
    expect(relay.hears(bob.at, data(11))).toBe(alice.at);
  });

  it("passes on a busy end's cookie to whoever asked", () => {
    const relay = new Relay();
    relay.hears(alice.at, initiation(bob, 11));
    expect(relay.hears(bob.at, cookie(11))).toBe(alice.at);
    expect(relay.hears(stranger, cookie(12))).toBe("unknown_source");
  });

  it("forwards nothing after its end, to the millisecond", () => {
    const relay = new Relay().connect();
    expect(relay.hears(alice.at, data(22), 999)).toBe(bob.at);
    expect(relay.hears(alice.at, data(22), 1_000)).toBe("expired");
  });

  it("forwards nothing that is not WireGuard's", () => {
    const relay = new Relay().connect();
    for (const odd of [
      new Uint8Array(0),
      new Uint8Array(1_400),
      data(22, 31),
      initiation(bob, 1).subarray(1),
      Uint8Array.from([4, 1, ...new Uint8Array(30)]),
    ])
      expect(relay.hears(alice.at, odd)).toBe("not_wireguard");
  });
});

describe("a stranger at a leg", () => {
  it("sends nobody anything but attempts that name an end's key", () => {
    const relay = new Relay().connect();
    const eve = party(9, stranger);
    expect(relay.hears(stranger, data(22))).toBe("unknown_source");
    expect(relay.hears(stranger, data(11))).toBe("unknown_source");
    expect(relay.hears(stranger, response(alice, 1, 11))).toBe("unknown_source");
    expect(relay.hears(stranger, initiation(eve, 1))).toBe("unknown_source");
  });

  it("is not taken for an end by making up a whole handshake", () => {
    const relay = new Relay();
    expect(relay.hears(stranger, initiation(bob, 1))).toBe(bob.at);
    expect(relay.hears(stranger, response(alice, 2, 1))).toBe("unknown_source");
    expect(relay.hears("203.0.113.67:1", response(alice, 2, 1))).toBe("unknown_source");
    expect(relay.hears(stranger, data(2))).toBe("unknown_source");
    expect(relay.state.proven).toEqual([null, null]);
    relay.connect();
  });

  it("does not push out an attempt of an end", () => {
    const relay = new Relay();
    relay.hears(alice.at, initiation(bob, 11));
    for (let sender = 100; sender < 200; sender++) relay.hears(stranger, initiation(bob, sender));
    expect(relay.hears(bob.at, response(alice, 22, 11))).toBe(alice.at);
  });

  it("never comes to stand for an end, whatever it sends in between", () => {
    const attack = fc.record({
      from: fc.constantFrom(stranger, "203.0.113.67:1"),
      datagram: fc.oneof(
        fc.integer({ min: 0, max: 60 }).map((n) => data(n)),
        fc.tuple(fc.boolean(), fc.nat(60)).map(([one, n]) => initiation(one ? alice : bob, n)),
        fc
          .tuple(fc.boolean(), fc.nat(60), fc.nat(60))
          .map(([one, n, m]) => response(one ? alice : bob, n, m)),
        fc.nat(60).map((n) => cookie(n)),
        fc.uint8Array({ maxLength: 200 }),
      ),
    });
    fc.assert(
      fc.property(fc.array(attack, { maxLength: 60 }), fc.nat(60), (attacks, connectAt) => {
        const relay = new Relay();
        attacks.forEach(({ from, datagram }, at) => {
          if (at === connectAt) relay.connect();
          relay.hears(from, datagram);
          for (const place of relay.state.proven) expect([null, alice.at, bob.at]).toContain(place);
          expect(relay.state.handshakes.length).toBeLessThanOrEqual(10);
        });
        expect(relay.hears(alice.at, initiation(bob, 1_000))).toBe(bob.at);
        expect(relay.hears(bob.at, response(alice, 1_001, 1_000))).toBe(alice.at);
        expect(relay.hears(alice.at, data(1_001))).toBe(bob.at);
        expect(relay.hears(bob.at, data(1_000))).toBe(alice.at);
      }),
    );
  });
});
