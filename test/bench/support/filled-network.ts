import { randomBytes } from "node:crypto";
import { globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { buildWorker } from "../../../scripts/build-worker.ts";
import { DEMO_USERS, startIdentityProvider } from "../../../scripts/demo/identity-provider.ts";
import { applyNetwork, createNetwork, localClient } from "../../../scripts/local/admin.ts";
import { startPlatform } from "../../../scripts/local/platform.ts";
import type { Client } from "../../../shared/api/client.ts";
import { buildRecord } from "../../../shared/node/config/build.ts";
import { closeServer, freePort } from "../../support/harness.ts";
import { initTrust } from "../../support/trust.ts";
import { AUDIT_SQL, KEM_KEY, REGISTRY_SQL } from "./filled-network-sql.ts";

export interface FilledNetwork {
  readonly hubOrigin: string;
  readonly admin: Client;
  stop(): Promise<void>;
}

/**
 * A hub that has been in use for long. The small part is made by its API, so that it is what the product makes; the many
 * rows are written into the stopped hub's files, since a million decisions would take an hour to be made.
 */
export async function startFilledNetwork(): Promise<FilledNetwork> {
  await buildWorker();
  const folder = mkdtempSync(join(tmpdir(), "rustronaut-filled-"));
  const [port, providerPort] = [await freePort(), await freePort()];
  const hubOrigin = `http://hub.localhost:${port}`;
  const authOrigin = `http://auth.localhost:${port}`;
  const client = { id: "bench", secret: secret() };
  const bootstrapToken = secret();
  const provider = await startIdentityProvider({
    port: providerPort,
    authOrigin,
    clientId: client.id,
    clientSecret: client.secret,
    users: DEMO_USERS,
  });
  const options = {
    ...{ port, persistTo: folder, authOrigin, hubOrigin, secretKey: secret(), bootstrapToken, quiet: true },
    developmentHosts: [`127.0.0.1:${providerPort}`],
  };
  const empty = await startPlatform(options);
  const token = await createNetwork(hubOrigin, bootstrapToken, "bench", "alice@example.com");
  const admin = localClient(hubOrigin, token);
  await initTrust(admin);
  await applyNetwork(admin, {
    version: 1,
    identityProviders: [
      {
        ...{ name: "main", issuer: provider.issuer, clientId: client.id, clientSecret: client.secret },
        ...{ scopes: "openid email profile groups", allowedDomains: ["example.com"] },
      },
    ],
    segments: [{ name: "segment-0" }],
    groups: [{ name: "team-0" }],
    apps: [
      { name: "app-0", host: "app-0.example.com", segment: "segment-0", upstreams: ["https://example.com"] },
    ],
    policies: [
      {
        name: "app-0",
        source: 'permit (principal in Group::"team-0", action, resource == App::"app-0");',
      },
    ],
  });
  await empty.stop();
  const written = (pattern: string, statements: readonly string[]) => {
    const [file] = globSync(join(folder, pattern));
    if (file === undefined) throw new Error(`the hub left no ${pattern}`);
    const db = new DatabaseSync(file);
    db.function("record_hash", recordHash);
    db.exec("PRAGMA synchronous = OFF; BEGIN");
    for (const statement of statements) db.exec(statement);
    db.exec("COMMIT");
    db.close();
  };
  written("d1/**/[0-9a-f]*.sqlite", REGISTRY_SQL);
  written("**/*AuditLog/[0-9a-f]*.sqlite", AUDIT_SQL);
  const platform = await startPlatform(options);
  // Each segment reads its nodes and signs for them once; in a network that was in use it did so as they joined.
  await admin.call("mesh.map");
  return {
    hubOrigin,
    admin,
    stop: async () => {
      closeServer(provider.server);
      await platform.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What a node's peers are told that its key record is. */
const recordHash = (
  network: SQLInputValue,
  id: SQLInputValue,
  wireguard: SQLInputValue,
  signing: SQLInputValue,
) =>
  buildRecord(String(network), String(id), {
    wireguard: String(wireguard),
    kem: KEM_KEY,
    signing: String(signing),
  }).hash;

const secret = (): string => randomBytes(32).toString("base64url");
