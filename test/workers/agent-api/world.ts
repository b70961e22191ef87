import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { type CallInput, createClient } from "../../../shared/api/client.ts";
import type { AuditLogRpc } from "../../../shared/audit/types.ts";
import { createCryptoProvider } from "../../../shared/crypto/provider.ts";
import { verifyRootChain } from "../../../shared/node/config/root.ts";
import { serveAgentApi } from "../../../workers/agent-api/index.ts";
import { serveApi } from "../../../workers/hub/api.ts";
import type { Bindings } from "../../../workers/platform/env.ts";
import { auditObject } from "../../../workers/platform/objects.ts";
import { answeredBy } from "../../support/objects.ts";
import { type Answer, type HubDoor, newNode, type Sent, type TestNode } from "../../support/test-node.ts";
import { initTrust } from "../../support/trust.ts";
import { bindings, createNetwork } from "../hub/world.ts";
import { applyRegistry } from "../registry.ts";

/** A hub without a network in between, whose parts a test can take away. */
export class World {
  readonly token: string;
  /** What requests are served with. */
  through: Bindings = bindings;
  hub!: HubDoor;
  /** Where the platform says that requests of nodes come from. */
  country: string | null = null;
  readonly admin;

  constructor(token: string) {
    this.token = token;
    this.admin = createClient({
      baseUrl: bindings.hubOrigin,
      token: this.token,
      fetch: (url, init) => serveApi(new Request(url, init), this.through, createExecutionContext()),
    });
  }

  async member(wishes: Partial<CallInput<"enrolmentKeys.create">["body"]> = {}): Promise<TestNode> {
    const node = await newNode(this.hub);
    await node.enrol(await this.key(wishes));
    await node.shakeHands();
    return node;
  }

  async key(wishes: Partial<CallInput<"enrolmentKeys.create">["body"]> = {}): Promise<string> {
    const { data } = await this.admin.call("enrolmentKeys.create", {
      body: { name: "test", segment: "main", maxUses: 1_000, preApproved: true, ...wishes },
    });
    return data.secret;
  }

  /** How often the audit log says that this was done to the target. */
  async recorded(action: string, target: string): Promise<number> {
    const { rows } = await auditObject(bindings).query({ kinds: ["admin", "system", "session"], limit: 200 });
    return rows.filter(
      ({ entry }) => entry.kind !== "decision" && entry.action === action && entry.target === target,
    ).length;
  }
}

/** A network with its root. Call it once, in `beforeAll`. */
export async function openWorld(): Promise<World> {
  await applyRegistry();
  const world = new World(await createNetwork());
  await world.admin.call("segments.create", { body: { name: "main" } });
  await initTrust(world.admin);
  const { data } = await world.admin.call("trust.get");
  const provider = await createCryptoProvider({
    subtle: crypto.subtle,
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
  });
  const chain = await verifyRootChain(provider, data.roots, { hash: data.payloadHash ?? "" }, Date.now());
  if (!chain.ok) throw new Error(chain.error.detail);
  const send = (target: string, sent: Sent = {}) => serve(target, sent, world);
  world.hub = {
    origin: bindings.hubOrigin,
    crypto: provider,
    root: chain.value.at(-1) ?? chain.value[0],
    secrets: new Set(),
    send,
    post: (target, document) => send(target, { method: "POST", body: JSON.stringify(document) }),
  };
  return world;
}

async function serve(
  target: string,
  { method = "GET", headers = {}, body }: Sent,
  { through, country }: World,
): Promise<Answer> {
  const url = new URL(target, bindings.hubOrigin);
  const request = new Request(url, {
    method,
    headers: { ...headers },
    ...(body === undefined ? {} : { body }),
    ...(country === null ? {} : { cf: { country } }),
  });
  const response = await serveAgentApi(request, through);
  const text = await response.text();
  const isProblem = response.headers.get("content-type") === "application/problem+json";
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    text,
    code: isProblem ? (JSON.parse(text) as { code: string }).code : "",
    json: <T>() => JSON.parse(text) as T,
  };
}

/** Bindings whose audit log does not answer. */
export function withoutAudit(): Bindings {
  const append: AuditLogRpc["append"] = () => Promise.reject(new Error("the audit log is away"));
  return { ...bindings, AUDIT_LOG: answeredBy<AuditLogRpc>({ append }) };
}

export const pendingEvents = async (): Promise<number> =>
  Number(await env.DB.prepare("SELECT count(*) AS n FROM pending_events").first("n"));
