import { randomBytes, randomInt } from "node:crypto";
import type { Server } from "node:http";
import { createServer } from "node:net";
import { buildWorker } from "../../scripts/build-worker.ts";
import { DEMO_USERS, type DemoUser, startIdentityProvider } from "../../scripts/demo/identity-provider.ts";
import { applyNetwork, createNetwork, localClient } from "../../scripts/local/admin.ts";
import { type Platform, startPlatform } from "../../scripts/local/platform.ts";
import type { Client } from "../../shared/api/client.ts";
import type { NetworkDocument } from "../../shared/api/document.ts";
import { type RecordingUpstream, startUpstream } from "./upstream.ts";

/** The whole system for one test file: workerd, a real identity provider and an application that records what it sees. */
export interface System {
  readonly platform: Platform;
  readonly port: number;
  readonly authOrigin: string;
  readonly hubOrigin: string;
  readonly appOrigin: string;
  readonly otherOrigin: string;
  readonly upstream: RecordingUpstream;
  readonly issuer: string;
  readonly admin: Client;
  readonly adminToken: string;
  readonly bootstrapToken: string;
  readonly secretKey: string;
  /** Every line that the Worker and workerd logged. */
  readonly log: readonly string[];
  stop(): Promise<void>;
}

export interface SystemOptions {
  readonly users?: readonly DemoUser[];
  readonly policies?: NetworkDocument["policies"];
  readonly appSettings?: NonNullable<NonNullable<NetworkDocument["apps"]>[number]["settings"]>;
  /** Other identity providers, already running, whose hosts become reachable. */
  readonly providers?: NetworkDocument["identityProviders"];
  readonly developmentHosts?: readonly string[];
  readonly persistTo?: string;
  /** Of a mailbox (`scripts/demo/mailbox.ts`), whose host is among `developmentHosts`. */
  readonly mailUrl?: string;
  readonly withoutDashboard?: boolean;
}

export const CLIENT = { id: "rustronaut-test", secret: randomBytes(24).toString("base64url") };

/** Alice (engineering) may use both apps; `/admin` of the first is for nobody but Alice; Bob (sales) only the first. */
const POLICIES: NetworkDocument["policies"] = [
  {
    name: "app",
    source: `permit (principal, action, resource == App::"app") when { principal in Group::"engineering" || principal in Group::"sales" };
forbid (principal, action, resource == App::"app") when { context.request.path == "/admin" || context.request.path like "/admin/*" };`,
  },
  { name: "other", source: `permit (principal in Group::"engineering", action, resource == App::"other");` },
];

export async function startSystem(options: SystemOptions = {}): Promise<System> {
  await (process.env.RUSTRONAUT_BUILT ? Promise.resolve() : buildWorker());
  const [port, providerPort] = [await freePort(), await freePort()];
  const authOrigin = `http://auth.localhost:${port}`;
  const hubOrigin = `http://hub.localhost:${port}`;
  const upstream = await startUpstream();
  const provider = await startIdentityProvider({
    port: providerPort,
    authOrigin,
    clientId: CLIENT.id,
    clientSecret: CLIENT.secret,
    users: options.users ?? DEMO_USERS,
  });
  const [bootstrapToken, secretKey] = [freshSecret(), freshSecret()];
  const log: string[] = [];
  const platform = await startPlatform({
    port,
    ...(options.persistTo ? { persistTo: options.persistTo } : {}),
    ...(options.mailUrl ? { mailUrl: options.mailUrl } : {}),
    ...(options.withoutDashboard ? { withoutDashboard: true } : {}),
    authOrigin,
    hubOrigin,
    secretKey,
    bootstrapToken,
    developmentHosts: [
      `127.0.0.1:${providerPort}`,
      `127.0.0.1:${upstream.port}`,
      ...(options.developmentHosts ?? []),
    ],
    quiet: true,
    onLog: (line) => {
      log.push(line);
      console.error(line);
    },
  });
  const adminToken = await createNetwork(hubOrigin, bootstrapToken, "test", "alice@example.com");
  const admin = localClient(hubOrigin, adminToken);
  const app = {
    segment: "main",
    upstreams: [upstream.origin],
    ...(options.appSettings ? { settings: options.appSettings } : {}),
  };
  await applyNetwork(admin, {
    version: 1,
    identityProviders: [
      {
        name: "main",
        issuer: provider.issuer,
        clientId: CLIENT.id,
        clientSecret: CLIENT.secret,
        scopes: "openid email profile groups",
        allowedDomains: ["example.com"],
      },
      ...(options.providers ?? []),
    ],
    segments: [{ name: "main" }],
    groups: [{ name: "engineering" }, { name: "sales" }],
    apps: [
      { name: "app", host: "app.localhost", ...app },
      { name: "other", host: "other.localhost", ...app },
    ],
    policies: options.policies ?? POLICIES,
  });
  return {
    platform,
    port,
    authOrigin,
    hubOrigin,
    appOrigin: `http://app.localhost:${port}`,
    otherOrigin: `http://other.localhost:${port}`,
    upstream,
    issuer: provider.issuer,
    admin,
    adminToken,
    bootstrapToken,
    secretKey,
    log,
    stop: async () => {
      upstream.close();
      closeServer(provider.server);
      await platform.stop();
    },
  };
}

const freshSecret = (): string => randomBytes(32).toString("base64url");

export function closeServer(server: Server): void {
  server.closeAllConnections();
  server.close();
}

/** Outgoing connections take ports from 32768 on (Linux), also one that was free a moment ago. */
const [FIRST_PORT, LAST_PORT] = [12_000, 32_000];

/** A port that was free a moment ago; origins must be known before anything listens. */
export async function freePort(): Promise<number> {
  const port = randomInt(FIRST_PORT, LAST_PORT);
  const server = createServer();
  const isFree = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => resolve(true));
  });
  if (!isFree) return freePort();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
