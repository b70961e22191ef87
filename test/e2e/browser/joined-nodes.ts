import type { ConfigAnswer, PeerReport } from "../../../shared/node/protocol/types.ts";
import type { System } from "../../support/harness.ts";
import { connectHub, type TestNode } from "../../support/node-client.ts";
import { initTrust } from "../../support/trust.ts";

/** Machines of a small network by the tag of their key, which names them too; the last desk waits for its approval. */
const MACHINES = { web: 4, db: 3, desk: 4 } as const;
const SEGMENTS = { web: "main", db: "data", desk: "office" } as const;
const WAITING = "desk-4";

/** Nodes without WireGuard: they enrol, apply and report as the agent does, and say that they reach their peers. */
export async function joinNodes(system: System): Promise<void> {
  const { admin } = system;
  await initTrust(admin);
  for (const name of ["data", "office"]) await admin.call("segments.create", { body: { name } });
  const rules = [
    { name: "web to databases", from: ["tag:web"], to: ["tag:db"], traffic: ["tcp/5432", "icmp"] },
    { name: "desks to web", from: ["tag:desk"], to: ["tag:web"], traffic: ["tcp/443"] },
    { name: "databases among themselves", from: ["tag:db"], to: ["tag:db"], traffic: ["tcp/5432"] },
  ];
  for (const body of rules) await admin.call("meshRules.create", { body });
  const hub = await connectHub(system);
  const nodes: TestNode[] = [];
  for (const tag of ["web", "db", "desk"] as const) {
    const { data: key } = await admin.call("enrolmentKeys.create", {
      body: {
        name: `${tag} machines`,
        segment: SEGMENTS[tag],
        tags: [tag],
        maxUses: 20,
        preApproved: tag !== "desk",
      },
    });
    for (let n = 1; n <= MACHINES[tag]; n++) {
      const node = await hub.newNode();
      const { status } = await node.enrol(key.secret, { statement: { hostname: `${tag}-${n}` } });
      if (status === "pending" && node.name !== WAITING)
        await admin.call("nodes.approve", { params: { node: node.id } });
      nodes.push(node);
    }
  }
  const present = nodes.filter(({ name }) => name !== WAITING);
  for (const node of present) await node.shakeHands();
  const { data: map } = await admin.call("mesh.map");
  for (const node of present) {
    const peers = map.links.flatMap(({ a, b }) => (a === node.id ? [b] : b === node.id ? [a] : []));
    const { serial, manifest } = (await node.poll()).json<ConfigAnswer>();
    await node.report({ applied: { serial, manifest }, peers: peers.map(reached) });
  }
}

const reached = (node: string, at: number): PeerReport => ({
  node,
  handshakeAt: Date.now() - 1_000 * (at + 5),
  receivedBytes: 48_213 * (at + 1),
  sentBytes: 9_120 * (at + 1),
  endpoint: `203.0.113.${at + 1}:51820`,
  path: "direct",
});
