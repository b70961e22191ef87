import { describe, expect, it } from "vitest";
import { base64url, fromBase64url } from "../../../../shared/base/base64url.ts";
import {
  type AcceptContext,
  acceptUpdate,
  type ConfigState,
  reopenConfig,
} from "../../../../shared/node/config/accept.ts";
import { isMeshDomain, meshDomain } from "../../../../shared/node/config/domain.ts";
import { CONFIG_REFUSALS, type ConfigRefusalCode } from "../../../../shared/node/config/refusals.ts";
import type { ConfigUpdate } from "../../../../shared/node/config/types.ts";
import {
  context,
  crypto,
  type Draft,
  draft,
  HOUR,
  NETWORK,
  NOW,
  nodeId,
  OWN,
  online,
  type PackOptions,
  pack,
  peerDraft,
  RULE,
  recordOf,
  root,
  SEGMENT,
  seeded,
  serial,
  signer,
  state,
} from "./support.ts";

async function accept(update: ConfigUpdate, given: Partial<AcceptContext> = {}, from: ConfigState = state) {
  return acceptUpdate(crypto, from, update, { ...context, ...given });
}

async function accepted(from: Draft, options: PackOptions = {}, given: Partial<AcceptContext> = {}) {
  const result = await accept((await pack(from, options)).update, given);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

async function expectRefused(
  code: ConfigRefusalCode,
  update: ConfigUpdate,
  given: Partial<AcceptContext> = {},
  from: ConfigState = state,
) {
  const result = await accept(update, given, from);
  expect(result.ok ? "accepted" : result.error).toMatchObject({ code, remedy: CONFIG_REFUSALS[code] });
}

/** The draft, made wrong, then truly signed. */
async function expectDraftRefused(
  code: ConfigRefusalCode,
  spoil: (good: Draft) => unknown,
  options: PackOptions = {},
  given: Partial<AcceptContext> = {},
) {
  const bad = draft();
  spoil(bad);
  await expectRefused(code, (await pack(bad, options)).update, given);
}

/** Changes a peer of the draft. */
const withPeer =
  (changed: Parameters<typeof peerDraft>[1], at = 0) =>
  (bad: Draft) => {
    const known = bad.peers[at];
    if (known) bad.peers[at] = { ...known, peer: { ...known.peer, ...changed } };
  };

const rewriting =
  (type: string, change: (text: string) => string): NonNullable<PackOptions["rewrite"]> =>
  (document, bytes) =>
    document.type === type ? new TextEncoder().encode(change(new TextDecoder().decode(bytes))) : bytes;

describe("an update that holds", () => {
  it("gives the whole configuration", async () => {
    const { applied, change } = await accepted(draft());
    expect(change).toBe("config");
    expect(applied?.peers.map(({ peer }) => peer.node).sort()).toEqual([2, 3, 4].map(nodeId));
    expect(applied).toMatchObject({ serial: serial(1), expiresAt: NOW + 24 * HOUR, manifest: { node: OWN } });
    expect(applied?.objects.size).toBe(9);
  });

  it("may leave a node without peers", async () => {
    expect((await accepted(draft([]))).applied?.peers).toEqual([]);
  });

  it("brings only what is not held, and then the same as everything would", async () => {
    const first = await accepted(draft([2, 3]));
    const { update } = await pack(draft([3, 4]), { serial: serial(2) });
    const held = new Set([...(first.applied?.objects.values() ?? [])].map(({ bytes }) => base64url(bytes)));
    const lean = { ...update, objects: update.objects.filter((object) => !held.has(object)) };
    expect(lean.objects.length).toBe(3);
    const byDelta = await accept(lean, {}, first);
    const byFull = await accept(update);
    expect(byDelta.ok && byDelta.value.applied).toEqual(byFull.ok && byFull.value.applied);
  });

  it("may renew the proof of what is in force", async () => {
    const first = await accepted(draft());
    const { update } = await pack(draft(), { serial: serial(2), expiresAt: NOW + 48 * HOUR });
    const renewed = await accept({ proof: update.proof }, {}, first);
    expect(renewed.ok && renewed.value).toMatchObject({
      change: "renewed",
      applied: { serial: serial(2), expiresAt: NOW + 48 * HOUR },
    });
  });

  it("changes nothing when it is what is in force, or empty", async () => {
    const first = await accepted(draft());
    const { update } = await pack(draft());
    for (const same of [update, {}]) {
      const result = await accept(same, {}, first);
      expect(result.ok && result.value.change).toBe("none");
      expect(result.ok && result.value.applied).toBe(first.applied);
    }
  });

  it("may route subnets through peers, and everything through the exit node that was chosen here", async () => {
    const routed = draft();
    withPeer({
      routes: ["10.0.0.0/8", "fd99::/32"],
      outbound: [{ rule: RULE, to: ["10.1.0.0/16"] }],
    })(routed);
    withPeer({ routes: ["0.0.0.0/0", "::/0"] }, 1)(routed);
    routed.manifest = { ...routed.manifest, forwards: ["192.168.0.0/16"] };
    withPeer({ routes: ["192.168.7.0/24"], inbound: [{ rule: RULE, to: ["192.168.0.0/24"] }] }, 2)(routed);
    for (const exitNode of [nodeId(3), "node-3"]) {
      expect((await accepted(routed, {}, { exitNode })).change).toBe("config");
    }
  });

  it("may name keys that a rotation made", async () => {
    const rotated = draft();
    rotated.record = recordOf(OWN, "next");
    const keys = [recordOf(OWN), recordOf(OWN, "next")];
    expect((await accepted(rotated, {}, { keys })).applied?.record).toEqual(keys[1]);
  });

  it("is read back from the disk after its time", async () => {
    const { update } = await pack(draft());
    const own = { ...context, now: null };
    const opened = await reopenConfig(crypto, [root], update, own);
    const first = await accept(update);
    expect(opened.ok && opened.value.applied).toEqual(first.ok && first.value.applied);
    const cut = { ...update, objects: update.objects.slice(1) };
    expect(await reopenConfig(crypto, [root], cut, own)).toMatchObject({ error: { code: "OBJECT_MISSING" } });
  });
});

describe("a hub that signs what is old, expired or for others", () => {
  it("cannot go back", async () => {
    const first = await accepted(draft(), { serial: serial(5) });
    await expectRefused("SERIAL_OLD", (await pack(draft([2]), { serial: serial(4) })).update, {}, first);
    await expectRefused("SERIAL_REUSED", (await pack(draft([2]), { serial: serial(5) })).update, {}, first);
  });

  it("cannot freeze a node beyond the end of a head, or date one ahead", async () => {
    await expectDraftRefused("HEAD_EXPIRED", () => {}, { expiresAt: NOW });
    await expectDraftRefused("HEAD_FROM_FUTURE", () => {}, { issuedAt: NOW + 6 * 60_000 });
  });

  it("cannot give one node what is another's, or of another network, segment or root", async () => {
    await expectDraftRefused("WRONG_NODE", () => {}, { node: nodeId(2) });
    await expectDraftRefused("WRONG_NODE", (bad) => {
      bad.manifest = { ...bad.manifest, node: nodeId(2) };
    });
    await expectDraftRefused("WRONG_NETWORK", () => {}, { network: "net_other" });
    await expectDraftRefused("WRONG_SEGMENT", () => {}, { segment: "seg_other" });
    await expectDraftRefused("WRONG_SEGMENT", (bad) => {
      bad.component = { ...bad.component, segment: "seg_other" };
    });
    for (const other of [serial(1, 2), serial(1, 1, 1)]) {
      await expectDraftRefused("WRONG_ROOT", () => {}, { serial: other });
    }
    for (const part of ["manifest", "component", "record"] as const) {
      await expectDraftRefused("WRONG_NETWORK", (bad) => {
        bad[part] = { ...bad[part], network: "net_other" } as never;
      });
    }
    await expectDraftRefused("WRONG_NETWORK", withPeer({ network: "net_other" }));
  });

  it("cannot mix valid parts of two configurations", async () => {
    const [a, b] = [await pack(draft()), await pack(draft([2]), { serial: serial(2) })];
    await expectRefused("OBJECT_MISSING", { proof: a.update.proof, objects: b.update.objects });
    await expectRefused("NOT_INCLUDED", {
      proof: { ...a.update.proof, leaf: b.update.proof.leaf },
      objects: b.update.objects,
    });
    await expectRefused("NOT_INCLUDED", {
      proof: { ...a.update.proof, head: b.update.proof.head },
      objects: a.update.objects,
    });
  });
});

describe("signatures and proofs", () => {
  it("must be by a key of the online role", async () => {
    await expectDraftRefused("ENVELOPE_UNKNOWN_KEY", () => {}, { signers: [await signer("stranger")] });
  });

  it("must have both halves", async () => {
    const { update } = await pack(draft());
    const envelope = JSON.parse(update.proof.head);
    const signature = Buffer.from(envelope.signatures[0].sig, "base64");
    const halves = {
      "ML-DSA alone": signature.subarray(0, 3_309),
      "Ed25519 alone": signature.subarray(3_309),
      "zeros for ML-DSA": Buffer.concat([Buffer.alloc(3_309), signature.subarray(3_309)]),
      "zeros for Ed25519": Buffer.concat([signature.subarray(0, 3_309), Buffer.alloc(64)]),
      none: Buffer.alloc(0),
      reversed: Buffer.concat([signature.subarray(3_309), signature.subarray(0, 3_309)]),
    };
    for (const half of Object.values(halves)) {
      const sig = half.toString("base64");
      const head = JSON.stringify({ ...envelope, signatures: [{ ...envelope.signatures[0], sig }] });
      await expectRefused("ENVELOPE_WRONG_SIGNATURE", { ...update, proof: { ...update.proof, head } });
    }
  });

  it("must be of distinct keys that reach the threshold", async () => {
    const { update } = await pack(draft());
    const envelope = JSON.parse(update.proof.head);
    const [only] = envelope.signatures;
    const twice = JSON.stringify({ ...envelope, signatures: [only, only] });
    await expectRefused("ENVELOPE_DUPLICATE_KEY", { ...update, proof: { ...update.proof, head: twice } });
    const keyIds = [online.keyId, (await signer("second")).keyId];
    const second = (await signer("second")).key.publicKey;
    const strict = {
      ...root,
      keys: {
        ...root.keys,
        [keyIds[1] ?? ""]: { scheme: "id-MLDSA65-Ed25519-SHA512" as const, publicKey: base64url(second) },
      },
      roles: { ...root.roles, online: { keyIds, threshold: 2 } },
    };
    await expectRefused("ENVELOPE_TOO_FEW_SIGNATURES", update, {}, { root: strict, applied: null });
    const both = await pack(draft(), { signers: [online, await signer("second")] });
    expect((await accept(both.update, {}, { root: strict, applied: null })).ok).toBe(true);
  });

  it("lose their meaning with any bit", async () => {
    const { update } = await pack(draft());
    const bytes = new TextEncoder().encode(update.proof.head);
    const flips = Array.from({ length: 160 }, (_, n) => (n * 7_919 * 13) % (bytes.length * 8));
    const ends = Array.from({ length: 90 * 8 }, (_, bit) => (bytes.length - 90) * 8 + bit);
    for (const bit of [...flips, ...ends]) {
      const changed = bytes.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const head = new TextDecoder().decode(changed);
      const result = await accept({ ...update, proof: { ...update.proof, head } });
      expect(result.ok, `bit ${bit}`).toBe(false);
    }
  });

  it("of a leaf hold for that leaf in that place alone", async () => {
    const { update } = await pack(draft());
    const { proof } = update;
    const [first = "", ...rest] = proof.path;
    const leaf = fromBase64url(proof.leaf) ?? new Uint8Array();
    for (const wrong of [
      { index: proof.index + 1 },
      { index: 4_000 },
      { path: rest },
      { path: [...proof.path, first] },
      { path: [base64url(seeded("hash", 32)), ...rest] },
      { leaf: base64url(leaf.slice(1)) },
      { leaf: `${proof.leaf}!` },
      { leaf: "A".repeat(10_000) },
    ]) {
      await expectRefused("NOT_INCLUDED", { ...update, proof: { ...proof, ...wrong } });
    }
    await expectRefused("UPDATE_MALFORMED", {
      ...update,
      proof: { ...proof, path: Array.from({ length: 54 }, () => first) },
    });
  });

  it("of one document never pass for another's", async () => {
    const { update } = await pack(draft());
    await expectRefused("ENVELOPE_MALFORMED", { ...update, proof: { ...update.proof, head: "{}" } });
    await expectRefused("ENVELOPE_WRONG_TYPE", {
      ...update,
      proof: {
        ...update.proof,
        head: update.proof.head.replace("vnd.rustronaut.head", "vnd.rustronaut.root"),
      },
    });
  });
});

describe("objects", () => {
  it("must all be there, once, and nothing else", async () => {
    const { update } = await pack(draft());
    for (const at of update.objects.keys()) {
      await expectRefused("OBJECT_MISSING", { ...update, objects: update.objects.toSpliced(at, 1) });
    }
    const { objects } = update;
    await expectRefused("OBJECT_UNEXPECTED", { ...update, objects: [...objects, objects[0] ?? ""] });
    await expectRefused("OBJECT_UNEXPECTED", { ...update, objects: [...objects, base64url(seeded("x", 9))] });
    await expectRefused("OBJECT_UNEXPECTED", { objects });
    await expectRefused("UPDATE_MALFORMED", { ...update, objects: [...objects, "***"] });
  });

  it("are refused when cut short or changed by a bit", async () => {
    const { update } = await pack(draft());
    for (const at of update.objects.keys()) {
      const bytes = fromBase64url(update.objects[at] ?? "") ?? new Uint8Array();
      const cut = update.objects.with(at, base64url(bytes.slice(0, -1)));
      await expectRefused("OBJECT_MISSING", { ...update, objects: cut });
      bytes[at * 3] = (bytes[at * 3] ?? 0) ^ 4;
      const changed = update.objects.with(at, base64url(bytes));
      await expectRefused("OBJECT_MISSING", { ...update, objects: changed });
    }
  });

  const textual: readonly [string, ConfigRefusalCode, (text: string) => string][] = [
    ["a duplicate member", "NOT_STRICT_JSON", (text) => text.replace("{", '{"name":"other",')],
    ["a duplicate member by an escape", "NOT_STRICT_JSON", (text) => text.replace("{", '{"n\\u0061me":"x",')],
    ["__proto__", "NOT_STRICT_JSON", (text) => text.replace("{", '{"__proto__":{},')],
    ["a byte order mark", "NOT_STRICT_JSON", (text) => `\ufeff${text}`],
    ["a comment", "NOT_STRICT_JSON", (text) => `${text}// the end`],
    ["a second document", "NOT_STRICT_JSON", (text) => `${text}{}`],
    ["half of a surrogate pair", "NOT_STRICT_JSON", (text) => text.replace('"name":"', '"name":"\\ud800')],
    ["a line break in a string", "NOT_STRICT_JSON", (text) => text.replace('"name":"', '"name":"\n')],
    ["a truncated text", "NOT_STRICT_JSON", (text) => text.slice(0, -1)],
    ["a member that is not known", "INVALID_SHAPE", (text) => text.replace("{", '{"PostUp":"reboot",')],
    ["a member that is missing", "INVALID_SHAPE", (text) => text.replace(/"name":"[^"]*",/, "")],
    ["a line break in a name", "INVALID_SHAPE", (text) => text.replace('"name":"', '"name":"\\n')],
    ["text that turns around", "INVALID_SHAPE", (text) => text.replace('"name":"', '"name":"\\u202e')],
    ["null for a name", "INVALID_SHAPE", (text) => text.replace(/"name":"[^"]*"/, '"name":null')],
    ["another type", "OBJECT_WRONG_TYPE", (text) => text.replace(/"type":"[a-z]+"/, '"type":"root"')],
    ["no object at all", "OBJECT_WRONG_TYPE", () => "[]"],
  ];
  it.each(textual)("are refused with %s", async (_, code, change) => {
    for (const type of ["manifest", "peer"]) {
      await expectDraftRefused(code, () => {}, { rewrite: rewriting(type, change) });
    }
  });

  it.each(["1280.0", "1.28e3", "-0", "1e400", "9007199254740993", "01280", "NaN", "0x500"])(
    "are refused with the number %s",
    async (number) => {
      const rewrite = rewriting("manifest", (text) => text.replace('"mtu":1280', `"mtu":${number}`));
      await expectDraftRefused("NOT_STRICT_JSON", () => {}, { rewrite });
    },
  );

  it("are refused by size and number before they are parsed", async () => {
    const { update } = await pack(draft());
    const many = Array.from({ length: 100_000 }, (_, n) => base64url(seeded(`peer ${n}`, 12)));
    await expectRefused("TOO_MANY_OBJECTS", { ...update, objects: many });
    await expectRefused("OBJECT_TOO_LARGE", { ...update, objects: ["A".repeat(700_000)] });
    const huge = Array.from({ length: 17 }, () => "A".repeat(1_000_000));
    await expectRefused("UPDATE_TOO_LARGE", { ...update, objects: huge });
    await expectRefused("ENVELOPE_TOO_LARGE", {
      ...update,
      proof: { ...update.proof, head: "A".repeat(200_000) },
    });
    const list = (count: number) =>
      rewriting("manifest", (text) => {
        const hashes = Array.from({ length: count }, (_, n) => base64url(seeded(`peer ${n}`, 32)));
        return text.replace(/"peers":\[[^\]]*\]/, `"peers":${JSON.stringify(hashes.sort())}`);
      });
    await expectDraftRefused("OBJECT_TOO_LARGE", () => {}, { rewrite: list(100_000) });
    await expectDraftRefused("TOO_MANY_PEERS", () => {}, { rewrite: list(4_097) });
  });

  it("must be named in ascending order, each once", async () => {
    for (const reorder of [(all: string[]) => all.reverse(), ([first = ""]: string[]) => [first, first]]) {
      const rewrite = rewriting("manifest", (text) =>
        text.replace(
          /"peers":(\[[^\]]*\])/,
          (_, list) => `"peers":${JSON.stringify(reorder(JSON.parse(list)))}`,
        ),
      );
      await expectDraftRefused("ORDER_WRONG", () => {}, { rewrite });
    }
  });

  it("refuse an update that is none", async () => {
    for (const update of [null, [], { roots: [1] }, { objects: null }, { proof: {} }]) {
      await expectRefused("UPDATE_MALFORMED", update as never);
    }
  });
});

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
