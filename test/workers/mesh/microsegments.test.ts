import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { fromBase64url } from "../../../shared/base/base64url.ts";
import {
  type CheckReport,
  type DeviceCheck,
  digestOf,
  parseDeviceCheck,
} from "../../../shared/node/config/device-check.ts";
import type { PeerDocument } from "../../../shared/node/config/types.ts";
import { signStatement } from "../../../shared/node/protocol/statement.ts";
import type { ConfigAnswer } from "../../../shared/node/protocol/types.ts";
import { refreshMesh } from "../../../workers/mesh/notify.ts";
import type { TestNode } from "../../support/test-node.ts";
import { openWorld, type World } from "../agent-api/world.ts";
import { bindings, call } from "../hub/world.ts";

/** Microsegments from the API to the signed config of a node, in workerd. */

let world: World;
beforeAll(async () => {
  world = await openWorld();
});

/** The peers in the newest config of the node. */
async function peersOf(node: TestNode): Promise<PeerDocument[]> {
  const answer = await node.poll();
  expect(answer.status, answer.text).toBe(200);
  const { objects = [] } = answer.json<ConfigAnswer>();
  const documents = objects.map((text) =>
    JSON.parse(new TextDecoder().decode(fromBase64url(text) ?? undefined)),
  );
  return documents.filter(({ type }) => type === "peer");
}

/** The nodes that the node may send something to, as its newest config says. */
const reaches = async (node: TestNode): Promise<string[]> =>
  (await peersOf(node)).flatMap((peer) => (peer.outbound.length > 0 ? [peer.node] : [])).sort();

const state = async ({ id }: TestNode, facts: Record<string, string>) => {
  const params = { node: id };
  const { etag } = await world.admin.call("nodes.get", { params });
  await world.admin.call("nodes.update", { params, body: { facts }, ifMatch: etag ?? "" });
};

const why = async (microsegment: string, { id }: TestNode) =>
  (await world.admin.call("microsegments.why", { params: { microsegment }, query: { node: id } })).data;

describe("a microsegment", () => {
  test("is named by rules like a home segment, and a stated fact moves a node into the signed config", async () => {
    const [web, db, other] = [await world.member(), await world.member(), await world.member()];
    const { data: made } = await world.admin.call("microsegments.create", {
      body: { name: "databases", type: "application", where: "app.postgres >= 15" },
    });
    expect(made).toMatchObject({
      isolation: "standard",
      unless: "",
      include: [],
      atMost: [],
      acceptsClaims: false,
      notes: [],
    });
    await world.admin.call("meshRules.create", {
      body: {
        name: "to databases",
        from: [`node:${web.name}`],
        to: ["segment:databases"],
        traffic: ["tcp/5432"],
      },
    });
    expect(await reaches(web)).toEqual([]);
    await state(db, { "app.postgres": "16.2" });
    expect(await reaches(web)).toEqual([db.id]);
    await state(other, { "app.postgres": "14" });
    expect(await reaches(web)).toEqual([db.id]);
    const { data } = await world.admin.call("microsegments.members", {
      params: { microsegment: "databases" },
    });
    expect(data.items.map(({ node, belonging, detail }) => ({ node, belonging, detail }))).toEqual([
      { node: db.id, belonging: "full", detail: "It is a member, since it meets the criterion." },
    ]);
    expect((await why("databases", other)).where).toEqual([
      {
        test: "app.postgres >= 15",
        fact: "app.postgres",
        source: "administrator",
        value: "14",
        holds: false,
      },
    ]);
    expect(await why("databases", web)).toMatchObject({
      belonging: "undecided",
      detail: "It is no member: nobody states app.postgres.",
    });
    await state(db, {});
    expect(await reaches(web)).toEqual([]);
  });

  test("has levels: open lets members reach each other, strict keeps them apart, quarantine leaves remediation", async () => {
    const [a, b, helper] = [await world.member(), await world.member(), await world.member()];
    const include = [`node:${a.name}`, `node:${b.name}`];
    const { data: made } = await world.admin.call("microsegments.create", {
      body: { name: "lab", type: "device", isolation: "open", include },
    });
    const set = async (body: Record<string, unknown>) => {
      const { etag } = await world.admin.call("microsegments.get", { params: { microsegment: made.id } });
      await world.admin.call("microsegments.update", {
        params: { microsegment: made.id },
        body,
        ifMatch: etag ?? "",
      });
    };
    expect(await reaches(a)).toEqual([b.id]);
    await world.admin.call("meshRules.create", {
      body: { name: "lab to all", from: ["segment:lab"], to: ["any"], traffic: ["any"] },
    });
    await set({ isolation: "strict" });
    expect(await reaches(a)).not.toContain(b.id);
    expect(await reaches(a)).toContain(helper.id);
    await set({ isolation: "quarantine", remediation: [`node:${helper.name}`] });
    expect(await reaches(a)).toEqual([helper.id]);
    expect(await reaches(helper)).toEqual([]);
    await set({ isolation: "standard", remediation: [] });
    expect(await reaches(a)).toEqual(expect.arrayContaining([b.id, helper.id]));
  });
});

describe("facts that others state or nodes claim", () => {
  const allow = (name: string, from: TestNode) =>
    world.admin.call("meshRules.create", {
      body: { name, from: [`node:${from.name}`], to: [`segment:${name}`], traffic: ["any"] },
    });
  const claims = (node: TestNode, osVersion: string, checks: readonly CheckReport[] = []) =>
    signStatement(
      "facts",
      node.hub.origin,
      {
        ...{ os: "linux", kernel: "6", agentVersion: "1.0.0", agentHash: "A".repeat(43), uptimeSeconds: 1 },
        ...{ diskEncrypted: true, firewall: null, osId: "debian", osVersion, measuredAt: Date.now() },
        ...(checks.length > 0 && { checks }),
      },
      node.signing,
    );

  test("a department that the provider sends by SCIM moves a node, with the groups of its owner", async () => {
    await world.admin.call("users.create", { body: { email: "ann@example.com" } });
    const [server, laptop] = [await world.member(), await world.member({ user: "ann@example.com" })];
    await world.admin.call("microsegments.create", {
      body: {
        name: "finance",
        type: "user",
        where: 'user.department == "Finance" and user.groups has "staff"',
      },
    });
    await allow("finance", server);
    await env.DB.exec(
      "INSERT INTO identity_providers (id, name, issuer, client_id, created_at, updated_at) VALUES ('idp_1', 'idp', 'https://idp.example', 'x', 1, 1)",
    );
    const { data: user } = await world.admin.call("users.get", { params: { user: "ann@example.com" } });
    const sends = async (department: string) => {
      const document = { "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { department } };
      await env.DB.prepare(
        `INSERT INTO scim_users (provider_id, user_id, user_name, document, made, created_at, updated_at)
         SELECT id, ?, 'ann', ?, 0, 1, 1 FROM identity_providers WHERE true ON CONFLICT DO UPDATE SET document = excluded.document`,
      )
        .bind(user.id, JSON.stringify(document))
        .run();
      await refreshMesh(bindings);
    };
    await sends("Finance");
    expect(await reaches(server)).toEqual([]);
    // In a group that holds a group: the owner is in both.
    await world.admin.call("groups.create", { body: { name: "staff" } });
    await world.admin.call("groups.create", { body: { name: "clerks" } });
    const add = (group: string, kind: string, member: string) =>
      world.admin.call("groups.addMember", { params: { group, kind, member } });
    await add("clerks", "user", "ann@example.com");
    await add("staff", "group", "clerks");
    expect(await reaches(server)).toEqual([laptop.id]);
    await sends("Sales");
    expect(await reaches(server)).toEqual([]);
    expect((await why("finance", laptop)).where).toMatchObject([
      { fact: "user.department", source: "provider", value: "Sales", holds: false },
      { fact: "user.groups", value: ["clerks", "staff"], holds: true },
    ]);
  });

  test("a claim never lets a node in by itself, and takes it out: an OS that falls behind", async () => {
    const [server, node] = [await world.member(), await world.member()];
    const where = "claims.osVersion >= 12";
    const { data } = await world.admin.call("microsegments.create", {
      body: { name: "newest", type: "device", where },
    });
    expect(data.notes.join()).toContain("claims.osVersion");
    await allow("newest", server);
    await node.report({ facts: await claims(node, "12.4") });
    expect(await reaches(server)).toEqual([]);
    expect(await why("newest", node)).toMatchObject({ belonging: "narrow" });
    const { etag } = await world.admin.call("microsegments.get", { params: { microsegment: "newest" } });
    const body = { acceptsClaims: true };
    await world.admin.call("microsegments.update", {
      params: { microsegment: "newest" },
      body,
      ifMatch: etag ?? "",
    });
    expect(await reaches(server)).toEqual([node.id]);
    await node.report({ facts: await claims(node, "11") });
    expect(await reaches(server)).toEqual([]);
  });

  test("an answer to a check takes a node out, and one to a former check counts for nothing", async () => {
    const [server, node] = [await world.member(), await world.member()];
    const [check, former] = ["edr = process edrd", "edr = process other"].map(
      (line) => parseDeviceCheck(line) as DeviceCheck,
    );
    const { etag } = await world.admin.call("segments.get", { params: { segment: "main" } });
    const body = { deviceChecks: ["edr = process edrd"] };
    await world.admin.call("segments.update", { params: { segment: "main" }, body, ifMatch: etag ?? "" });
    await world.admin.call("microsegments.create", {
      body: {
        ...{ name: "watched", type: "device", include: [`node:${node.name}`] },
        unless: 'not claims.checks.edr == "present"',
      },
    });
    await allow("watched", server);
    const answers = (of: DeviceCheck | undefined, result: string) =>
      claims(node, "12", [{ name: "edr", of: digestOf(of as DeviceCheck), result }]);
    expect(await reaches(server)).toEqual([]);
    await node.report({ facts: await answers(former, "present") });
    expect(await reaches(server)).toEqual([]);
    await node.report({ facts: await answers(check, "present") });
    expect(await reaches(server)).toEqual([node.id]);
    await node.report({ facts: await answers(check, "absent") });
    expect(await reaches(server)).toEqual([]);
  });

  test("a country that the platform observes moves a node", async () => {
    const [server, node] = [await world.member(), await world.member()];
    await world.admin.call("microsegments.create", {
      body: { name: "german", type: "geographic", where: 'observed.country == "DE"' },
    });
    await allow("german", server);
    expect(await reaches(server)).toEqual([]);
    world.country = "DE";
    await node.report();
    expect(await reaches(server)).toEqual([node.id]);
    world.country = "FR";
    await node.report();
    expect(await reaches(server)).toEqual([]);
    world.country = null;
  });

  test("many nodes that lose a peer by a fact wait for no confirmation, as they would by a rule", async () => {
    const nodes = await Promise.all(Array.from({ length: 6 }, () => world.member()));
    const [first, ...others] = nodes as [TestNode, ...TestNode[]];
    for (const node of nodes) await state(node, { "project.id": "crowd" });
    await world.admin.call("microsegments.create", {
      body: { name: "crowd", type: "project", where: 'project.id == "crowd"', isolation: "open" },
    });
    expect(await reaches(first)).toHaveLength(5);
    for (const node of others.slice(1)) await state(node, {});
    expect(await reaches(first)).toEqual([others[0]?.id]);
    await state(first, {});
    expect(await reaches(first)).toEqual([]);
    expect((await world.admin.call("mesh.holds")).data.items).toEqual([]);
  });

  test("what a system states ends by itself, and with it the membership", async () => {
    const [server, node] = [await world.member(), await world.member()];
    await world.admin.call("microsegments.create", {
      body: { name: "compliant", type: "device", where: 'device.stated has "mdm:compliant"' },
    });
    await allow("compliant", server);
    const end = Date.now() + 60_000;
    await world.admin.call("nodes.state", {
      params: { node: node.id },
      body: { by: "mdm", facts: ["compliant"], expiresAt: end },
    });
    expect(await reaches(server)).toEqual([node.id]);
    vi.useFakeTimers({ toFake: ["Date"], now: end + 1_000 });
    const stub = env.SEGMENT_MESH.get(env.SEGMENT_MESH.idFromName(await mainSegment()));
    await runDurableObjectAlarm(stub);
    expect((await why("compliant", node)).belonging).toBe("undecided");
    vi.useRealTimers();
    expect(await reaches(server)).toEqual([]);
  });
});

test("a bound is told by why, goes into the configs of members, and is refused where it is no traffic", async () => {
  const [web, db] = [await world.member(), await world.member()];
  const { data: made } = await world.admin.call("microsegments.create", {
    body: { name: "bounded", type: "device", include: [`node:${db.name}`], atMost: ["tcp/5432", "tcp/5432"] },
  });
  expect(made.atMost).toEqual(["tcp/5432"]);
  const { data: rule } = await world.admin.call("meshRules.create", {
    body: { name: "wide", from: [`node:${web.name}`], to: [`node:${db.name}`], traffic: ["any"] },
  });
  const ask = async (traffic: string) =>
    (await world.admin.call("mesh.why", { query: { from: web.name, to: db.name, traffic } })).data;
  expect((await ask("tcp/5432")).verdict).toBe("allowed");
  const denied = await ask("icmp");
  expect(denied.verdict).toBe("denied");
  expect(JSON.stringify(denied.causes)).toContain("at most: bounded");
  const most = [{ rule: `${made.id}_most` }];
  const peer = (await peersOf(db)).find(({ node }) => node === web.id);
  expect(peer?.inbound).toContainEqual({ rule: rule.id });
  expect(peer?.denied).toEqual({ inbound: most, outbound: [] });

  const body = { name: "unbound", type: "device", atMost: ["tcp/443", "service:web"] };
  const refused = await call(world.token, "POST", "/microsegments", { body });
  expect(refused.status).toBe(422);
  expect(JSON.stringify(refused.json)).toContain("/atMost/1");
});

const mainSegment = async () =>
  (await world.admin.call("segments.get", { params: { segment: "main" } })).data.id;

describe("in a document", () => {
  test("a microsegment, the rule that names it and what is stated of a node come and go together", async () => {
    const node = await world.member();
    const plan = async (document: Record<string, unknown>) => {
      const body = { document: { version: 1, ...document } };
      const { json } = await call(world.token, "POST", "/network/plan", { body });
      return json as { baseVersion: string; steps: { action: string; kind: string; name: string }[] };
    };
    const document = {
      nodes: [{ name: node.name, facts: { "project.id": "apollo" } }],
      microsegments: [
        {
          name: "apollo",
          type: "project",
          where: 'project.id == "apollo"',
          exclude: [`node:${node.name}`],
          atMost: ["tcp4/443"],
        },
      ],
      meshRules: [{ name: "apollo", from: ["segment:apollo"], to: ["segment:main"], traffic: ["any"] }],
    };
    const { baseVersion, steps } = await plan(document);
    expect(steps.map(({ action, kind }) => `${action} ${kind}`)).toEqual([
      "update node",
      "create microsegment",
      "create meshRule",
    ]);
    const applied = await call(world.token, "POST", "/network/apply", {
      body: { document: { version: 1, ...document }, baseVersion },
    });
    expect(applied.status, JSON.stringify(applied.json)).toBe(200);
    expect((await plan(document)).steps).toEqual([]);
    expect(await why("apollo", node)).toMatchObject({ belonging: "none", listed: "exclude" });
    const { data } = await world.admin.call("meshRules.get", { params: { meshRule: "apollo" } });
    expect([data.from, data.to]).toEqual([["segment:apollo"], ["segment:main"]]);
  });
});
