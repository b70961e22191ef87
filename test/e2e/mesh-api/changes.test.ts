import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromBase64url } from "../../../shared/base/base64url.ts";
import { acceptUpdate, type ConfigState } from "../../../shared/node/config/accept.ts";
import { hashOf } from "../../../shared/node/config/object.ts";
import { makeRoot, signerFromSeed, signRoot } from "../../../shared/node/config/root-signing.ts";
import type { ConfigAnswer } from "../../../shared/node/protocol/types.ts";
import { ForeignAgent } from "../../support/foreign/agent.ts";
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

let api: AgentApi;
beforeAll(async () => {
  api = await startAgentApi();
});
afterAll(() => api?.stop());

describe("an agent that was written from the documents alone", () => {
  it("joins, verifies what it is given, reports, rotates its keys and leaves", async () => {
    const { data: rule } = await api.system.admin.call("meshRules.create", {
      body: { name: "foreign", from: ["tag:foreign"], to: ["tag:foreign"], traffic: ["tcp/443"] },
    });
    const { secret } = await api.key({ tags: ["foreign"] });
    const agents = [0, 1].map(() => new ForeignAgent(api.hub.origin, api.system.port));
    const [one = expect.fail(), two = expect.fail()] = agents;
    for (const agent of agents) {
      await agent.enrol(secret, "foreign");
      await agent.shakeHands();
    }
    expect((await one.poll())?.peers.map(({ node }) => node)).toEqual([two.node]);
    expect(await one.poll()).toBeNull();
    expect((await one.report()).status).toBe(200);
    const { data } = await api.system.admin.call("nodes.get", { params: { node: one.node } });
    expect(data.live).toMatchObject({ current: true, facts: { os: "Elsewhere" } });
    await two.poll();
    await two.rotate();
    expect((await two.poll(10))?.record.wireguard).toBe(two.wireguardKey);
    const after = await one.poll(10);
    expect(after?.peers[0].record.wireguard).toBe(two.wireguardKey);
    await one.object(after?.manifest.peers[0]);
    expect((await two.call("POST", "/logout")).status).toBe(200);
    expect((await one.poll(10))?.peers).toEqual([]);
    expect((await two.call("GET", "/config")).body.code).toBe("node_revoked");
    await one.call("POST", "/logout");
    await api.system.admin.call("meshRules.delete", { params: { meshRule: rule.id }, ifMatch: '"1"' });
  });
});

describe("changes that concern many", () => {
  const nodes: TestNode[] = [];
  let rule: { id: string };

  beforeAll(async () => {
    for (let i = 0; i < 6; i++) nodes.push(await api.member({ tags: [i < 3 ? "left" : "right"] }));
    const { data } = await api.system.admin.call("meshRules.create", {
      body: { name: "all", from: ["any"], to: ["any"], traffic: ["any"] },
    });
    rule = data;
  });

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

  it("that can't be made are held, but for a revocation", async () => {
    const [, other = expect.fail("no node"), last = expect.fail("no node")] = nodes;
    const before = await take(other, { root: other.hub.root, applied: null });
    const names = before.state.applied?.peers.map(({ peer }) => peer.node) ?? [];
    // More rules than a node takes.
    const db = await api.system.platform.miniflare.getD1Database("DB");
    const copy = `INSERT INTO mesh_rules (id, name, from_selectors, to_selectors, traffic, created_at, updated_at)
      SELECT r.id || n.value, name || n.value, from_selectors, to_selectors, traffic, 1, 1
      FROM mesh_rules r, json_each(?) n WHERE r.id = ?`;
    const many = JSON.stringify(Array.from({ length: 1_030 }, (_, n) => n));
    await db.prepare(copy).bind(many, rule.id).run();
    await db.exec("UPDATE mesh_state SET revision = revision + 1, rules_revision = revision + 1");
    await api.system.admin.call("nodes.revoke", { params: { node: last.id } });
    expect((await api.system.admin.call("mesh.holds")).data.items).toMatchObject([{ reason: "failure" }]);
    const after = await take(other, before.state, before.etag);
    const peers = after.state.applied?.peers.map(({ peer }) => peer.node);
    expect(names).toContain(last.id);
    expect(peers).toEqual(names.filter((node) => node !== last.id));
    await db.prepare("DELETE FROM mesh_rules WHERE id <> ?").bind(rule.id).run();
    await api.system.admin.call("meshRules.update", {
      params: { meshRule: rule.id },
      body: { traffic: ["tcp"] },
      ifMatch: '"2"',
    });
    expect((await api.system.admin.call("mesh.holds")).data.items).toEqual([]);
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
