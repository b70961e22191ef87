import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConfigAnswer } from "../../../shared/agent-protocol/types.ts";
import { fromBase64url } from "../../../shared/encoding.ts";
import { acceptUpdate, type ConfigState } from "../../../shared/node-config/accept.ts";
import { hashOf } from "../../../shared/node-config/object.ts";
import { makeRoot, signerFromSeed, signRoot } from "../../../shared/node-config/root-signing.ts";
import type { TestNode } from "../../support/node-client.ts";
import { type AgentApi, startAgentApi } from "./setup.ts";

/** Takes what a poll brings as an agent does: everything verified, from the state before. */
async function take(node: TestNode, state: ConfigState, applied?: string) {
  // Held by the hub until there is something new.
  const answer = await node.poll(applied, applied === undefined ? {} : { prefer: "wait=10" });
  expect(answer.status).toBe(200);
  const { roots, proof, objects } = answer.json<ConfigAnswer>();
  const update = {
    ...(roots ? { roots } : {}),
    ...(proof ? { proof } : {}),
    ...(objects ? { objects } : {}),
  };
  const { wireguard, kem, signing } = node.publicKeys;
  const accepted = await acceptUpdate(node.hub.crypto, state, update, {
    now: Date.now(),
    node: node.id,
    network: state.root.network,
    keys: [{ wireguard, kem, signing: hashOf(fromBase64url(signing) ?? new Uint8Array()) }],
    exitNode: null,
  });
  if (!accepted.ok)
    throw new Error(`${accepted.error.code} ${accepted.error.where}: ${accepted.error.detail}`);
  return { state: accepted.value, etag: String(answer.headers.etag) };
}

describe("changes that concern many", () => {
  let api: AgentApi;
  const nodes: TestNode[] = [];
  let rule: { id: string };

  beforeAll(async () => {
    api = await startAgentApi();
    for (let i = 0; i < 6; i++) nodes.push(await api.member({ tags: [i < 3 ? "left" : "right"] }));
    const { data } = await api.system.admin.call("meshRules.create", {
      body: { name: "all", from: ["any"], to: ["any"], traffic: ["any"] },
    });
    rule = data;
  });
  afterAll(() => api.stop());

  const first = (): TestNode => nodes[0] ?? expect.fail("no node");
  const begin = (): ConfigState => ({ root: first().hub.root, applied: null });
  const peersOf = ({ state }: Awaited<ReturnType<typeof take>>) => state.applied?.peers.length;

  it("wait for an administrator when they would cut off more than 30 % of a node's peers", async () => {
    const before = await take(first(), begin());
    expect(peersOf(before)).toBe(5);
    await api.system.admin.call("meshRules.update", {
      params: { meshRule: rule.id },
      body: { from: ["tag:left"], to: ["tag:left"] },
      ifMatch: '"1"',
    });
    expect((await first().poll(before.etag)).status).toBe(304);
    const { data } = await api.system.admin.call("mesh.holds");
    expect(data.items).toMatchObject([{ reason: "peer_loss", segment: "main" }]);
    const [held] = data.items;
    const confirm = (revision: number) =>
      api.system.admin.call("mesh.confirmHold", { params: { segment: "main" }, body: { revision } });
    await expect(confirm((held?.revision ?? 0) - 1)).rejects.toThrow();
    expect((await first().poll(before.etag)).status).toBe(304);
    await confirm(held?.revision ?? 0);
    expect((await api.system.admin.call("mesh.holds")).data.items).toEqual([]);
    expect(peersOf(await take(first(), before.state, before.etag))).toBe(2);
  });

  it("reach every node under a new root, signed by the old one and itself", async () => {
    const before = await take(first(), begin());
    const { crypto, root } = first().hub;
    const { signer } = api.trust;
    const successor = await signerFromSeed(crypto, crypto.random(crypto.composite.lengths.seed));
    const bytes = (text: string) => fromBase64url(text) ?? new Uint8Array();
    const online = root.roles.online.keyIds.map((id) => bytes(root.keys[id]?.publicKey ?? ""));
    const next = makeRoot(
      {
        network: root.network,
        root: { publicKeys: [successor.key.publicKey], threshold: 1 },
        online: { publicKeys: online, threshold: 1 },
        hubKem: bytes(root.hubKem.publicKey),
        overlay: root.overlay,
        issuedAt: Date.now(),
        expiresAt: Date.now() + 86_400_000,
        epoch: root.epoch + 1,
      },
      root,
    );
    const add = async (...signers: (typeof signer)[]) =>
      api.system.admin.call("trust.addRoot", { body: { envelope: await signRoot(next, signers) } });
    await expect(add(successor)).rejects.toThrow();
    await expect(add(signer)).rejects.toThrow();
    await add(signer, successor);
    const after = await take(first(), before.state, before.etag);
    expect(after.state.root.version).toBe(2);
    expect(after.state.applied?.serial).toMatchObject({ epoch: root.epoch + 1, rootVersion: 2 });
    expect(after.state.applied?.manifestHash).toBe(before.state.applied?.manifestHash);
  });
});
