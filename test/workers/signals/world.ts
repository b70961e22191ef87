import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import worker from "../../../workers/index.ts";
import { auditObject } from "../../../workers/platform/objects.ts";
import { call } from "../hub/world.ts";
import { bindings, type SilentProvider, silentProvider } from "../login/silent-provider.ts";

const CAEP = "https://schemas.openid.net/secevent/caep/event-type/";
const RISC = "https://schemas.openid.net/secevent/risc/event-type/";
export const caep = (name: string, payload: object = {}) => ({ [CAEP + name]: payload });
export const risc = (name: string, payload: object = {}) => ({ [RISC + name]: payload });

let count = 0;

/** A node in the registry. @param userId Its owner, or null. */
export async function deviceOf(
  userId: string | null,
): Promise<{ readonly id: string; readonly name: string }> {
  const n = ++count;
  const [id, name] = [`nod_${String(n).padStart(26, "0")}`, `laptop-${n}`];
  await env.DB.batch([
    env.DB.prepare(
      "INSERT OR IGNORE INTO segments (id, name, created_at, updated_at) VALUES ('seg_00000000000000000000000001', 'desks', 1, 1)",
    ),
    env.DB.prepare(
      "INSERT OR IGNORE INTO mesh_state (id, network_id, ipv6_prefix, created_at) VALUES (1, 'net_1', 'fd00::/48', 1)",
    ),
    env.DB.prepare(
      `INSERT INTO nodes (id, name, status, segment_id, user_id, address_index, hostname, enrolment_key_id, revision,
         created_at, updated_at, wireguard_key, signing_hash, kem_hash, record_hash, signing_key, kem_key)
       VALUES (?1, ?2, 'approved', 'seg_00000000000000000000000001', ?3, ?4, ?2, 'key', 1, 1, 1, ?1, ?1, ?1, ?1, '', '')`,
    ).bind(id, name, userId, n),
  ]);
  return { id, name };
}

/** An identity provider that sends signals about its people. */
export interface SignallingProvider extends SilentProvider {
  readonly transmitterId: string;
  readonly transmitter: string;
  readonly bearer: string | null;
  /** Pushes a token as it is. */
  push(token: string, headers?: Record<string, string>): Promise<{ status: number; err?: string }>;
  /** Signs and pushes a token about the provider's person. */
  send(
    events: Record<string, object>,
    changed?: Record<string, unknown>,
    header?: object,
  ): Promise<{ status: number; err?: string }>;
  /** What the log says was done. */
  received(): Promise<Record<string, unknown>[]>;
}

export async function signallingProvider(
  token: string,
  settings: Record<string, unknown> = {},
): Promise<SignallingProvider> {
  const provider = await silentProvider();
  const name = `transmitter-${++count}`;
  const made = await call(token, "POST", "/signals/transmitters", {
    body: { name, issuer: provider.issuer, provider: provider.id, audience: "us", ...settings },
  });
  if (made.status !== 201) throw new Error(JSON.stringify(made.json));
  const { id, endpoint } = made.json.transmitter as { id: string; endpoint: string };
  const bearer = made.json.token as string | null;
  const push = async (body: string, headers: Record<string, string> = {}) => {
    const ctx = createExecutionContext();
    const request = new Request(endpoint, {
      method: "POST",
      headers: {
        "content-type": "application/secevent+jwt",
        ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
        ...headers,
      },
      body,
    });
    const response = await worker.fetch(request, env, ctx);
    await waitOnExecutionContext(ctx);
    const text = await response.text();
    return {
      status: response.status,
      ...(text === "" ? {} : { err: (JSON.parse(text) as { err: string }).err }),
    };
  };
  return Object.assign(provider, {
    transmitterId: id,
    transmitter: name,
    bearer,
    push,
    send: async (...given: Parameters<SilentProvider["securityEvent"]>) =>
      push(await provider.securityEvent(...given)),
    received: async () => {
      const { rows } = await auditObject(bindings).query({ kinds: ["session"], limit: 200 });
      return rows.flatMap(({ entry }) =>
        entry.kind !== "decision" && entry.action.startsWith("signal.") && entry.detail.transmitter === name
          ? [entry.detail]
          : [],
      );
    },
  });
}
