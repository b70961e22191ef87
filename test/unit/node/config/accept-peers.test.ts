import { describe, expect, it } from "vitest";
import { isMeshDomain, meshDomain } from "../../../../shared/node/config/domain.ts";
import { accepted, expectDraftRefused, expectRefused, withPeer } from "./accept-support.ts";
import {
  type Draft,
  draft,
  NETWORK,
  nodeId,
  OWN,
  pack,
  peerDraft,
  RULE,
  recordOf,
  SEGMENT,
  serial,
} from "./support.ts";

describe("a peer", () => {
  const key = (hex: string): string => Buffer.from(hex, "hex").toString("base64url");
  const withRecord = (changed: Partial<ReturnType<typeof recordOf>>) => (bad: Draft) => {
    const [first] = bad.peers;
    if (first) bad.peers[0] = { ...first, record: { ...first.record, ...changed } };
  };

  it("is not this node, and nobody is there twice", async () => {
    await expectDraftRefused("PEER_IS_SELF", (bad) => {
      bad.peers[0] = { peer: peerDraft(2, { node: OWN }), record: recordOf(OWN, "else") };
    });
    await expectDraftRefused("PEER_DUPLICATE", withPeer({ node: nodeId(3) }));
    await expectDraftRefused("PEER_DUPLICATE", withPeer({ name: "node-3" }));
    await expectDraftRefused("PEER_DUPLICATE", withPeer({ name: "node-1" }));
  });

  it("has keys of its own", async () => {
    for (const part of ["wireguard", "kem", "signing"] as const) {
      await expectDraftRefused("PEER_HAS_OWN_KEY", withRecord({ [part]: recordOf(OWN)[part] }));
      await expectDraftRefused("KEY_DUPLICATE", withRecord({ [part]: recordOf(nodeId(3))[part] }));
    }
    await expectDraftRefused("RECORD_FOREIGN", withRecord({ node: nodeId(9) }));
    await expectDraftRefused("WRONG_NETWORK", withRecord({ network: "net_other" }));
    await expectDraftRefused("OWN_RECORD_UNKNOWN", (bad) => {
      bad.record = recordOf(OWN, "made by the hub");
    });
    await expectDraftRefused("OWN_RECORD_UNKNOWN", (bad) => {
      bad.record = { ...bad.record, node: nodeId(2) };
    });
  });

  it.each([
    ["00".repeat(32), "KEY_WEAK"],
    [`01${"00".repeat(31)}`, "KEY_WEAK"],
    ["e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800", "KEY_WEAK"],
    ["5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157", "KEY_WEAK"],
    [`ec${"ff".repeat(30)}7f`, "KEY_WEAK"],
    ["ff".repeat(32), "KEY_WEAK"],
    ["07".repeat(31), "INVALID_SHAPE"],
    ["07".repeat(33), "INVALID_SHAPE"],
  ] as const)("has no WireGuard key %s", async (hex, code) => {
    await expectDraftRefused(code, withRecord({ wireguard: key(hex) }));
  });

  it.each([
    ["100.128.0.1", "ADDRESS_OUTSIDE_OVERLAY"],
    ["10.0.0.1", "ADDRESS_OUTSIDE_OVERLAY"],
    ["100.64.0.0", "ADDRESS_OUTSIDE_OVERLAY"],
    ["100.127.255.255", "ADDRESS_OUTSIDE_OVERLAY"],
    ["100.64.0.3", "ADDRESS_DUPLICATE"],
    ["100.64.0.1", "ADDRESS_DUPLICATE"],
    ["100.64.0.02", "ADDRESS_INVALID"],
    ["100.64.0.2/32", "ADDRESS_INVALID"],
    ["fd12:3456:789a::99", "ADDRESS_INVALID"],
    ["", "ADDRESS_INVALID"],
  ] as const)("has no IPv4 address %s", async (ipv4, code) => {
    await expectDraftRefused(code, withPeer({ ipv4 }));
  });

  it.each([
    ["fd12:3456:789b::1", "ADDRESS_OUTSIDE_OVERLAY"],
    ["fd12:3456:789a::", "ADDRESS_OUTSIDE_OVERLAY"],
    ["fd12:3456:789a::13", "ADDRESS_DUPLICATE"],
    ["FD12:3456:789a::99", "ADDRESS_INVALID"],
    ["fd12:3456:789a:0::99", "ADDRESS_INVALID"],
    ["::ffff:100.64.0.9", "ADDRESS_INVALID"],
  ] as const)("has no IPv6 address %s", async (ipv6, code) => {
    await expectDraftRefused(code, withPeer({ ipv6 }));
  });

  it("gives this node no address outside of the overlay either", async () => {
    await expectDraftRefused("ADDRESS_OUTSIDE_OVERLAY", (bad) => {
      bad.manifest = { ...bad.manifest, ipv4: "192.168.0.1" };
    });
  });

  it.each([
    ["10.0.0.1/8", "ROUTE_INVALID"],
    ["10.0.0.0/33", "ROUTE_INVALID"],
    ["10.0.0.0", "ROUTE_INVALID"],
    ["10.0.0.0/08", "ROUTE_INVALID"],
    ["10.0.0.0/8\nPostUp=x", "ROUTE_INVALID"],
    ["FD00::/32", "ROUTE_INVALID"],
    ["0.0.0.0/1", "ROUTE_FORBIDDEN"],
    ["128.0.0.0/1", "ROUTE_FORBIDDEN"],
    ["2000::/3", "ROUTE_FORBIDDEN"],
    ["127.0.0.0/8", "ROUTE_FORBIDDEN"],
    ["169.254.169.254/32", "ROUTE_FORBIDDEN"],
    ["224.0.0.0/8", "ROUTE_FORBIDDEN"],
    ["fe80::/64", "ROUTE_FORBIDDEN"],
    ["100.64.0.3/32", "ROUTE_FORBIDDEN"],
    ["100.0.0.0/8", "ROUTE_FORBIDDEN"],
    ["fd12:3456:789a::13/128", "ROUTE_FORBIDDEN"],
    ["0.0.0.0/0", "EXIT_UNASKED"],
    ["::/0", "EXIT_UNASKED"],
  ] as const)("gets no route %s", async (route, code) => {
    await expectDraftRefused(code, withPeer({ routes: [route] }));
  });

  it("shares no address with another's routes or with what this node forwards to", async () => {
    const pairs = [
      ["10.0.0.0/8", "10.0.0.0/8"],
      ["10.0.0.0/8", "10.9.0.0/16"],
      ["fd99:1::/32", "fd99:1:2::/48"],
    ] as const;
    for (const [a, b] of pairs) {
      for (const [one, other] of [
        [a, b],
        [b, a],
      ] as const) {
        await expectDraftRefused("ROUTE_OVERLAP", (bad) => {
          withPeer({ routes: ["172.16.0.0/12", one] })(bad);
          withPeer({ routes: ["192.168.0.0/16", other] }, 1)(bad);
        });
      }
    }
    await expectDraftRefused("ROUTE_OVERLAP", (bad) => {
      bad.manifest = { ...bad.manifest, forwards: ["10.1.0.0/16"] };
      withPeer({ routes: ["10.0.0.0/8"] })(bad);
    });
    const twoExits = (bad: Draft) => {
      withPeer({ routes: ["0.0.0.0/0"] })(bad);
      withPeer({ routes: ["::/0"] }, 1)(bad);
    };
    await expectDraftRefused("EXIT_UNASKED", twoExits, {}, { exitNode: nodeId(2) });
  });

  it.each([
    "0.0.0.0:51820",
    "127.0.0.1:51820",
    "169.254.169.254:80",
    "224.0.0.1:51820",
    "255.255.255.255:51820",
    "100.64.0.7:51820",
    "[fd12:3456:789a::12]:51820",
    "[::1]:51820",
    "[::]:51820",
    "[fe80::1]:51820",
    "[fe80::1%eth0]:51820",
    "[ff02::1]:51820",
    "[::ffff:192.0.2.1]:51820",
    "[::ffff:c000:201]:51820",
    "192.0.2.1:0",
    "192.0.2.1:65536",
    "192.0.2.1",
    "192.0.2.01:51820",
    "hub.example:51820",
    "192.0.2.1:51820\nPostUp = x",
    "2001:db8::1:51820",
  ])("is not reached at %s", async (endpoint) => {
    await expectDraftRefused("ENDPOINT_INVALID", withPeer({ endpoints: ["192.0.2.9:1", endpoint] }));
  });

  it("has only so many endpoints, routes and grants", async () => {
    const endpoints = Array.from({ length: 500 }, (_, n) => `192.0.2.1:${n + 1}`);
    await expectDraftRefused("INVALID_SHAPE", withPeer({ endpoints }));
    const routes = Array.from({ length: 65 }, (_, n) => `10.${n}.0.0/16`);
    await expectDraftRefused("INVALID_SHAPE", withPeer({ routes }));
    const inbound = Array.from({ length: 65 }, () => ({ rule: RULE }));
    await expectDraftRefused("INVALID_SHAPE", withPeer({ inbound }));
  });

  it("is granted what a rule of the component explains, within what the ends stand for", async () => {
    for (const direction of ["inbound", "outbound"]) {
      await expectDraftRefused("RULE_UNKNOWN", withPeer({ [direction]: [{ rule: "rul_other" }] }));
    }
    await expectDraftRefused("RULE_UNKNOWN", (bad) => {
      bad.component = { ...bad.component, rules: [...bad.component.rules, ...bad.component.rules] };
    });
    await expectDraftRefused(
      "GRANT_OUTSIDE_ROUTES",
      withPeer({ inbound: [{ rule: RULE, to: ["10.0.0.0/8"] }] }),
    );
    await expectDraftRefused(
      "GRANT_OUTSIDE_ROUTES",
      withPeer({ outbound: [{ rule: RULE, from: ["10.0.0.0/8"] }] }),
    );
    await expectDraftRefused(
      "ROUTE_FORBIDDEN",
      withPeer({ inbound: [{ rule: RULE, from: ["100.64.0.3/32"] }] }),
    );
    await expectDraftRefused("INVALID_SHAPE", withPeer({ inbound: [{ rule: RULE, from: [] }] }));
  });

  it("is under rules whose traffic makes sense", async () => {
    for (const traffic of [
      [],
      [{ protocol: "tcp", ports: [[0, 1]] }],
      [{ protocol: "tcp", ports: [[2, 1]] }],
      [{ protocol: "tcp", ports: [[1, 65_536]] }],
      [{ protocol: "icmp", ports: [[1, 2]] }],
      [{ protocol: "gre", ports: [] }],
    ]) {
      await expectDraftRefused("INVALID_SHAPE", (bad) => {
        bad.component = { ...bad.component, rules: [{ id: RULE, name: "Web", traffic: traffic as never }] };
      });
    }
  });
});

describe("the names that go into a machine's hosts file", () => {
  it.each([
    "example.com",
    "com",
    "google.internal",
    "docker.internal",
    "corp.internal.example.com",
    "a.b.internal",
  ])("are never of %s, whoever signed it", async (domain) => {
    await expectDraftRefused("INVALID_SHAPE", (bad) => {
      bad.manifest = { ...bad.manifest, domain };
    });
  });
  it("are of a domain that the network's name gives and every node takes", () => {
    expect(meshDomain("Corp")).toBe("corp.internal");
    for (const name of ["Google", "docker", "Compute", "c", "???"]) {
      expect(isMeshDomain(meshDomain(name)), name).toBe(true);
    }
  });
});

it("keeps what is in force when it refuses", async () => {
  const first = await accepted(draft());
  const before = structuredClone(first.applied?.manifest);
  await expectRefused("SERIAL_OLD", (await pack(draft([2]), { serial: serial(0) })).update, {}, first);
  expect(first.applied?.manifest).toEqual(before);
  expect([NETWORK, SEGMENT]).toEqual([first.applied?.manifest.network, first.applied?.manifest.segment.id]);
});
