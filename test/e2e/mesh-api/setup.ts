import type { CallInput } from "../../../shared/api/client.ts";
import type { EnvelopeSigner } from "../../../shared/crypto/dsse.ts";
import { type System, startSystem } from "../../support/harness.ts";
import { connectHub, type TestHub, type TestNode } from "../../support/node-client.ts";
import { initTrust } from "../../support/trust.ts";

/** A network with its root and a hub to attack. */
export interface AgentApi {
  readonly system: System;
  readonly hub: TestHub;
  /** Who signs the next root. */
  readonly trust: { readonly signer: EnvelopeSigner };
  key(wishes?: Partial<CallInput<"enrolmentKeys.create">["body"]>): Promise<{ id: string; secret: string }>;
  /** A node that was let in and has shaken hands. */
  member(wishes?: Partial<CallInput<"enrolmentKeys.create">["body"]>): Promise<TestNode>;
  /** What an attack must not change: nodes, uses of keys, revision. */
  state(): Promise<unknown>;
  audit(action: string, target: string): Promise<number>;
  /** Fails when a secret that the test minted was written anywhere. */
  stop(): Promise<void>;
}

export async function startAgentApi(): Promise<AgentApi> {
  const system = await startSystem({ withoutDashboard: true });
  const signer = await initTrust(system.admin);
  const hub = await connectHub(system);
  for (const secret of [system.adminToken, system.bootstrapToken, system.secretKey]) hub.secrets.add(secret);
  const db = await system.platform.miniflare.getD1Database("DB");
  const api: AgentApi = {
    system,
    hub,
    trust: { signer },
    key: async (wishes = {}) => {
      const { data } = await system.admin.call("enrolmentKeys.create", {
        body: { name: "test", segment: "main", maxUses: 1_000, preApproved: true, ...wishes },
      });
      return { id: data.enrolmentKey.id, secret: data.secret };
    },
    member: async (wishes = {}) => {
      const node = await hub.newNode();
      await node.enrol((await api.key(wishes)).secret);
      await node.shakeHands();
      return node;
    },
    state: async () => {
      const rows = async (sql: string) => (await db.prepare(sql).all()).results;
      return [
        await rows("SELECT * FROM nodes ORDER BY id"),
        await rows("SELECT id, uses, revoked_at FROM enrolment_keys ORDER BY id"),
        await rows("SELECT revision FROM mesh_state"),
      ];
    },
    audit: async (action, target) => {
      const { data } = await system.admin.call("audit.list", { query: { limit: 200 } });
      return data.items.filter(
        ({ entry }) => entry.kind !== "decision" && entry.action === action && entry.target === target,
      ).length;
    },
    stop: async () => {
      const kept = [await registry(system), await record(system)];
      await system.stop();
      const written = [...kept, ...system.log].join("\n");
      for (const secret of hub.secrets) {
        if (written.includes(secret)) throw new Error(`the secret ${secret.slice(0, 8)}… was written down`);
      }
    },
  };
  return api;
}

/** Every row of the registry. */
async function registry({ platform }: System): Promise<string> {
  const db = await platform.miniflare.getD1Database("DB");
  const { results } = await db
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*'")
    .all<{ name: string }>();
  const tables = results.map(({ name }) => db.prepare(`SELECT * FROM "${name}"`).all());
  return JSON.stringify((await Promise.all(tables)).map((table) => table.results));
}

/** The newest of what the audit log holds. */
async function record({ admin }: System): Promise<string> {
  return JSON.stringify((await admin.call("audit.list", { query: { limit: 200 } })).data);
}
