import { describe, expect, it } from "vitest";
import { base64url, fromBase64url } from "../../../../shared/base/base64url.ts";
import { reopenConfig } from "../../../../shared/node/config/accept.ts";
import { accept, accepted, expectDraftRefused, expectRefused, withPeer } from "./accept-support.ts";
import {
  context,
  crypto,
  draft,
  HOUR,
  NOW,
  nodeId,
  OWN,
  online,
  pack,
  RULE,
  recordOf,
  root,
  seeded,
  serial,
  signer,
} from "./support.ts";

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
