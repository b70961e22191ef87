import fc from "fast-check";
import { expect, it } from "vitest";
import { base64url, fromBase64url } from "../../../../shared/base/base64url.ts";
import { acceptUpdate, type ConfigState } from "../../../../shared/node/config/accept.ts";
import { type Assembled, assemble } from "../../../../shared/node/config/assemble.ts";
import { hashOf } from "../../../../shared/node/config/object.ts";
import { signTick } from "../../../../shared/node/config/tick.ts";
import { type ConfigUpdate, LIMITS, type SignedLeaf } from "../../../../shared/node/config/types.ts";
import { planUpdate } from "../../../../shared/node/config/update.ts";
import type { SegmentRule } from "../../../../shared/segments/types.ts";
import { drawn, SEED } from "../../../support/sample.ts";
import { event, HubModel, OWN_KEYS } from "./hub-model.ts";
import { context, crypto, HOUR, NETWORK, NOW, OWN, online, root, serial } from "./support.ts";

const HISTORIES = drawn(4_000, 100_000);
const history = fc.array(event, { minLength: 2, maxLength: 14 });
const NO_PROOF: SignedLeaf = { head: "", leaf: "", index: 0, path: [] };

function plan(
  hub: HubModel,
  base: string | null,
  proof = NO_PROOF,
): { target: string; update: ConfigUpdate } {
  const target = hub.build().manifest.hash;
  const read = (hash: string) => hub.objects.get(hash);
  const planned = planUpdate({ node: OWN, base, target, proof, roots: [], read });
  if (!planned.ok) throw new Error(planned.error.hash);
  return { target, update: planned.value };
}

function assembled(target: string, update: ConfigUpdate, held: Assembled["objects"]): Assembled {
  const result = assemble(target, update.objects ?? [], held);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

it(`ends after a difference where it ends after everything, in ${HISTORIES.toLocaleString("en")} histories`, () => {
  /** A manifest's full answer always gives the same, so each is taken once. */
  const full = new Map<string, Assembled>();
  const seen = { delta: 0, unchanged: 0, whole: 0, isolated: 0 };
  fc.assert(
    fc.property(history, (events) => {
      const hub = new HubModel();
      let held: { readonly hash: string; readonly state: Assembled } | null = null;
      for (const happened of [...events, { kind: "poll" } as const]) {
        hub.apply(happened);
        if (happened.kind === "node forgets") held = null;
        if (happened.kind !== "poll") continue;
        const base: string | null = held?.hash ?? null;
        const { target, update } = plan(hub, base);
        const before: Assembled["objects"] = held?.state.objects ?? new Map();
        const byDelta = assembled(target, update, before);
        let byFull = full.get(target);
        if (!byFull) {
          byFull = assembled(target, plan(hub, null).update, new Map());
          full.set(target, byFull);
          expect(byDelta).toEqual(byFull);
        }
        const isSame =
          byDelta.objects.size === byFull.objects.size &&
          [...byFull.objects.keys()].every((hash) => byDelta.objects.has(hash)) &&
          JSON.stringify([byDelta.manifest, byDelta.component, byDelta.record, byDelta.peers]) ===
            JSON.stringify([byFull.manifest, byFull.component, byFull.record, byFull.peers]);
        if (!isSame) expect(byDelta).toEqual(byFull);
        count(seen, base, target, update, byDelta);
        held = { hash: target, state: byDelta };
      }
    }),
    { seed: SEED, numRuns: HISTORIES },
  );
  // The histories went where it hurts.
  for (const times of Object.values(seen)) expect(times).toBeGreaterThan(HISTORIES / 100);
  expect(full.size).toBeGreaterThan(100);
}, 1_800_000);

function count(
  seen: Record<"delta" | "unchanged" | "whole" | "isolated", number>,
  base: string | null,
  target: string,
  { objects }: ConfigUpdate,
  { peers, objects: all }: Assembled,
): void {
  if (base === target && objects === undefined) seen.unchanged++;
  else if (objects?.length === all.size) seen.whole++;
  else seen.delta++;
  if (peers.length === 0) seen.isolated++;
}

it("is accepted by a node at each poll of a history, signatures and all", async () => {
  await fc.assert(
    fc.asyncProperty(history, async (events) => {
      const hub = new HubModel();
      let state: ConfigState = { root, applied: null };
      let counter = 0;
      for (const happened of [...events, { kind: "poll" } as const]) {
        hub.apply(happened);
        if (happened.kind === "node forgets") state = { root, applied: null };
        if (happened.kind !== "poll") continue;
        const built = hub.build();
        counter++;
        const tick = await signTick(
          {
            network: NETWORK,
            segment: built.manifest.document.segment.id,
            serial: serial(counter),
            issuedAt: NOW,
            expiresAt: NOW + HOUR,
            changes: [{ node: OWN, manifest: built.manifest.hash }],
          },
          [online],
        );
        const { target, update } = plan(hub, state.applied?.manifestHash ?? null, tick.proofs.get(OWN));
        const taken = await acceptUpdate(crypto, state, update, { ...context, keys: OWN_KEYS });
        if (!taken.ok) throw new Error(JSON.stringify(taken.error));
        expect(taken.value.applied).toMatchObject({ manifestHash: target, serial: serial(counter) });
        state = taken.value;
      }
    }),
    { seed: SEED, numRuns: drawn(50, 1_000) },
  );
}, 600_000);

it("sends nothing that the base led to", () => {
  const hub = new HubModel();
  const first = plan(hub, null);
  const known = new Set(first.update.objects);
  hub.apply({ kind: "roam", node: 2 });
  const second = plan(hub, first.target);
  expect(second.update.objects?.filter((object) => known.has(object))).toEqual([]);
  // The manifest and the peer that moved; its keys did not.
  expect(second.update.objects?.length).toBe(2);
  const sent = second.update.objects?.map((object) => hashOf(fromBase64url(object) ?? new Uint8Array()));
  expect(sent?.[0]).toBe(second.target);
  expect(
    second.update.objects?.every((object) => object === base64url(fromBase64url(object) ?? new Uint8Array())),
  ).toBe(true);
  const other = plan(hub, hub.build().peers[0]?.hash ?? null);
  expect(other.update.objects?.length).toBe(7);
});

it("takes no other node's manifest for a base", () => {
  const hub = new HubModel();
  const { target } = plan(hub, null);
  const read = (hash: string) => hub.objects.get(hash);
  const asked = { base: target, target, proof: NO_PROOF, roots: [], read };
  const sent = (node: string) => {
    const planned = planUpdate({ node, ...asked });
    return planned.ok && planned.value.objects?.length;
  };
  expect(sent(OWN)).toBeUndefined();
  expect(sent("nod_other")).toBe(7);
});

it("builds no object that the node would refuse for its size, and says which fault it is", () => {
  const traffic = Array.from({ length: 64 }, (_, n) => ({
    protocol: "tcp" as const,
    ports: [[n, n]] as const,
  }));
  const large = (count: number): SegmentRule[] =>
    Array.from({ length: count }, (_, n) => ({
      ...{ id: `rul_${String(n).padStart(26, "0")}`, name: `Rule ${n}`, traffic },
      ...{ from: [{ kind: "any" }], to: [{ kind: "any" }] },
    }));
  const hub = new HubModel();
  hub.apply({ kind: "rules", which: large(100) });
  expect(hub.build().component.bytes.length).toBeLessThan(LIMITS.objectBytes);
  hub.apply({ kind: "rules", which: large(300) });
  expect(() => hub.build()).toThrow("OBJECT_TOO_LARGE");
});
