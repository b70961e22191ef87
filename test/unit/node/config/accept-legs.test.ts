import { describe, expect, it } from "vitest";
import type { RelayedPath } from "../../../../shared/node/config/types.ts";
import { accepted, expectDraftRefused, rewriting, withPeer } from "./accept-support.ts";
import { type Draft, draft, type LegDraft, legDraft, nodeId, OWN, recordOf } from "./support.ts";

describe("a leg", () => {
  /** The draft of a relay between 5 and 6, and between 5 and 7, made wrong. */
  const withLegs = (spoil: (first: LegDraft, second: LegDraft) => unknown) => (bad: Draft) => {
    const [first, second] = [legDraft(5, 6, 20_000), legDraft(5, 7, 20_001)];
    spoil(first, second);
    bad.legs = [first, second];
  };

  it("is taken with the records of its ends, in their order", async () => {
    const good = draft();
    withLegs(() => undefined)(good);
    const { applied } = await accepted(good);
    const legs = applied?.legs ?? [];
    expect(legs.map(({ leg }) => leg.port).sort()).toEqual([20_000, 20_001]);
    expect(
      legs.map(
        ({ leg, records }) =>
          leg.ends.map(({ node }) => node).join() === records.map(({ node }) => node).join(),
      ),
    ).toEqual([true, true]);
    expect(applied?.manifest.relay?.bytesPerSecond).toBe(1_000_000);
  });

  it("is for this relay, in this network", async () => {
    await expectDraftRefused(
      "LEG_MISUSED",
      withLegs(({ leg }) => Object.assign(leg, { node: nodeId(9) })),
    );
    await expectDraftRefused(
      "WRONG_NETWORK",
      withLegs(({ leg }) => Object.assign(leg, { network: "net_other" })),
    );
    await expectDraftRefused(
      "WRONG_NETWORK",
      withLegs(({ records }) => Object.assign(records[1], { network: "net_other" })),
    );
  });

  it("has an id and a port of its own", async () => {
    await expectDraftRefused(
      "LEG_MISUSED",
      withLegs(({ leg }, other) => Object.assign(leg, { id: other.leg.id })),
    );
    await expectDraftRefused(
      "LEG_MISUSED",
      withLegs(({ leg }, other) => Object.assign(leg, { port: other.leg.port })),
    );
    for (const port of [0, 65_536])
      await expectDraftRefused(
        "INVALID_SHAPE",
        withLegs(({ leg }) => Object.assign(leg, { port })),
      );
  });

  it("lies between two other nodes that have the keys it says", async () => {
    await expectDraftRefused(
      "LEG_MISUSED",
      withLegs(({ ends }) => Object.assign(ends[0], { node: OWN })),
    );
    await expectDraftRefused(
      "LEG_MISUSED",
      withLegs(({ ends }) => Object.assign(ends[1], { node: ends[0].node })),
    );
    await expectDraftRefused(
      "RECORD_FOREIGN",
      withLegs(({ ends }) => Object.assign(ends[1], { node: nodeId(9) })),
    );
    await expectDraftRefused(
      "PEER_HAS_OWN_KEY",
      withLegs(({ records }) => Object.assign(records[0], { wireguard: recordOf(OWN).wireguard })),
    );
    await expectDraftRefused(
      "KEY_DUPLICATE",
      withLegs(({ records }) => Object.assign(records[0], { wireguard: records[1].wireguard })),
    );
    const weak = Buffer.alloc(32).toString("base64url");
    await expectDraftRefused(
      "KEY_WEAK",
      withLegs(({ records }) => Object.assign(records[0], { wireguard: weak })),
    );
  });

  it("leads to no place where no node can be", async () => {
    for (const endpoint of [
      "127.0.0.1:51820",
      "100.64.0.7:51820",
      "224.0.0.1:51820",
      "192.0.2.1",
      "192.0.2.1:0",
    ])
      await expectDraftRefused(
        "ENDPOINT_INVALID",
        withLegs(({ ends }) => Object.assign(ends[0], { endpoints: [endpoint] })),
      );
  });

  it("has exactly two ends, and there are not too many", async () => {
    const oneEnd = rewriting("leg", (text) => text.replace(/,\{"node":"[^}]*\}\]/, "]"));
    await expectDraftRefused(
      "INVALID_SHAPE",
      withLegs(() => undefined),
      { rewrite: oneEnd },
    );
    await expectDraftRefused("INVALID_SHAPE", (bad) => {
      bad.legs = Array.from({ length: 4_097 }, (_, at) => legDraft(5, 6, 1_000 + at));
    });
  });
});

describe("a relay of a peer", () => {
  const relay = (n: number, changed: Partial<RelayedPath> = {}): RelayedPath => ({
    node: nodeId(n),
    name: `node-${n}`,
    leg: `leg_${n}`,
    probeKey: "A".repeat(43),
    endpoints: [`198.51.100.${n}:20000`],
    ...changed,
  });

  it("is a third node, and there once", async () => {
    const good = draft();
    withPeer({ relays: [relay(5), relay(6)] })(good);
    expect((await accepted(good)).applied?.peers.flatMap(({ peer }) => peer.relays ?? [])).toHaveLength(2);
    await expectDraftRefused("LEG_MISUSED", withPeer({ relays: [relay(1)] }));
    await expectDraftRefused("LEG_MISUSED", withPeer({ relays: [relay(2)] }));
    await expectDraftRefused("LEG_MISUSED", withPeer({ relays: [relay(5), relay(5, { leg: "leg_other" })] }));
  });

  it("is somewhere, and outside of the overlay", async () => {
    await expectDraftRefused("INVALID_SHAPE", withPeer({ relays: [relay(5, { endpoints: [] })] }));
    await expectDraftRefused("INVALID_SHAPE", withPeer({ relays: [] }));
    await expectDraftRefused("INVALID_SHAPE", withPeer({ relays: [5, 6, 7, 8, 9].map((n) => relay(n)) }));
    for (const endpoint of ["127.0.0.1:20000", "100.64.0.7:20000", "[::1]:20000"])
      await expectDraftRefused(
        "ENDPOINT_INVALID",
        withPeer({ relays: [relay(5, { endpoints: [endpoint] })] }),
      );
  });
});
