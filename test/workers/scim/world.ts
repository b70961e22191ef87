import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import { newApiToken } from "../../../workers/hub/handlers/api-tokens.ts";
import { serveScim } from "../../../workers/hub/scim/index.ts";
import { auditObject } from "../../../workers/platform/objects.ts";
import { call } from "../hub/world.ts";
import { bindings, type SilentProvider, silentProvider, startNetwork } from "../login/silent-provider.ts";
import { applyRegistry } from "../registry.ts";

type Json = Record<string, unknown>;

/** What the SCIM service answered. */
export interface Answer {
  readonly status: number;
  /** The error's `scimType`, for a short comparison. */
  readonly scimType: unknown;
  readonly code: string | null;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects, and fails where it isn't.
  readonly json: any;
}

/** An identity provider that sends people and groups by SCIM. */
export interface ScimProvider extends SilentProvider {
  readonly secret: string;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** A person whom the provider lets in. */
  person(name: string, more?: Json): Promise<Json & { readonly id: string }>;
}

let admin = "";

/** A network with an owner's token. Call it once, in `beforeAll`. */
export async function startScim(): Promise<void> {
  await applyRegistry();
  await startNetwork();
  const { row, secret } = newApiToken({ name: "root", role: "owner", userId: null, expiresAt: null }, 1);
  await env.DB.prepare(
    "INSERT INTO api_tokens (id, name, secret_hash, role, created_at, updated_at) VALUES (?, 'root', ?, 'owner', 1, 1)",
  )
    .bind(row.id, hashSecret(secret))
    .run();
  admin = secret;
}

/** A call of the administrators' API by an owner. */
export const asOwner = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  call(admin, method, path, { body, headers: headers ?? {} });

export async function scimProvider(): Promise<ScimProvider> {
  const provider = await silentProvider();
  const { json } = await asOwner("POST", `/identity-providers/${provider.id}/scim-token`, {});
  const secret = String(json.secret);
  const send = (method: string, path: string, body?: unknown, headers = {}) =>
    sendWith(secret, method, path, body, headers);
  return Object.assign(provider, {
    secret,
    send,
    async person(name: string, more: Json = {}) {
      const { status, json } = await send("POST", "/Users", personBody(name, more));
      if (status !== 201) throw new Error(JSON.stringify(json));
      return json;
    },
  });
}

export const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
export const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
export const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";

/** As Okta sends a new person. */
export const personBody = (name: string, more: Json = {}): Json => ({
  schemas: [USER],
  userName: `${name}@corp.com`,
  name: { givenName: name, familyName: "Doe" },
  emails: [{ primary: true, value: `${name}@corp.com`, type: "work" }],
  displayName: `${name} Doe`,
  externalId: `ext-${name}`,
  active: true,
  ...more,
});

export const patch = (...operations: readonly Json[]): Json => ({
  schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
  Operations: operations,
});

export async function sendWith(
  secret: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const ctx = createExecutionContext();
  const request = new Request(`${bindings.hubOrigin}/scim/v2${path}`, {
    method,
    headers: {
      authorization: `Bearer ${secret}`,
      ...(body === undefined ? {} : { "content-type": "application/scim+json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const response = await serveScim(request, bindings, ctx);
  const text = await response.text();
  await waitOnExecutionContext(ctx);
  const json = text === "" ? null : JSON.parse(text);
  return {
    status: response.status,
    scimType: json?.scimType,
    code: response.headers.get("X-Rustronaut-Response"),
    headers: response.headers,
    json,
  };
}

/** The user as the registry has it. */
export const userRow = (id: unknown) =>
  env.DB.prepare("SELECT * FROM users WHERE id = ?").bind(id).first<Record<string, unknown>>();

/** What the audit log says was done to a target, with who did it. */
export async function recorded(target: unknown) {
  const { rows } = await auditObject(bindings).query({ kinds: ["admin", "session"], limit: 200 });
  return rows.flatMap(({ entry }) =>
    entry.kind !== "decision" && entry.target === target ? [`${entry.actor} ${entry.action}`] : [],
  );
}
