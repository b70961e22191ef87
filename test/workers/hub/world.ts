import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { NetworkCoordinatorRpc } from "../../../shared/access/sessions/coordinator.ts";
import { serveApi } from "../../../workers/hub/api.ts";
import { newApiToken } from "../../../workers/hub/handlers/api-tokens.ts";
import { type Bindings, checkBindings } from "../../../workers/platform/env.ts";
import { coordinatorObject } from "../../../workers/platform/objects.ts";
import { answeredBy } from "../../support/objects.ts";

export const bindings: Bindings = checkBindings(env);

/** A network of one owner's token, which never expires. */
export async function createNetwork(): Promise<string> {
  const { row, secret } = newApiToken({ name: "root", role: "owner", userId: null, expiresAt: null }, 1);
  await env.DB.batch([
    env.DB.prepare("INSERT INTO networks (id, name, created_at, updated_at) VALUES (1, 'test', 1, 1)"),
    env.DB.prepare(
      "INSERT INTO api_tokens (id, name, secret_hash, role, created_at, updated_at) VALUES (?, ?, ?, 'owner', 1, 1)",
    ).bind(row.id, row.name, row.secretHash),
  ]);
  return secret;
}

/** Bindings in which a part of the coordinator does something else. */
export function withCoordinator(replaced: Partial<NetworkCoordinatorRpc>): Bindings {
  const real = coordinatorObject(bindings);
  const stub = {
    epoch: () => real.epoch(),
    publish: () => real.publish(),
    tell: (...given: Parameters<typeof real.tell>) => real.tell(...given),
    tellMesh: (...given: Parameters<typeof real.tellMesh>) => real.tellMesh(...given),
    endEverywhere: (...given: Parameters<typeof real.endEverywhere>) => real.endEverywhere(...given),
    ...replaced,
  };
  return { ...bindings, NETWORK_COORDINATOR: answeredBy<NetworkCoordinatorRpc>(stub) };
}

/** One call of the API. `ctx` is what goes on after the answer. */
export async function call(
  token: string,
  method: string,
  path: string,
  { body, headers, through = bindings }: { body?: unknown; headers?: HeadersInit; through?: Bindings } = {},
) {
  const ctx = createExecutionContext();
  const request = new Request(`${bindings.hubOrigin}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(headers as Record<string, string>),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const response = await serveApi(request, through, ctx);
  const text = await response.text();
  const json: Record<string, unknown> = text === "" ? {} : JSON.parse(text);
  return { status: response.status, json, pending: response.headers.get("X-Rustronaut-Pending"), ctx };
}
