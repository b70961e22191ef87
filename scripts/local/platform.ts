import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { localBindings, readDeployment } from "./deployment.ts";

/** The Worker, its objects and its database in a local workerd: the same run-time as production. */
export interface Platform {
  /** Where workerd listens; every host name is served there, told apart by the Host header. */
  readonly port: number;
  readonly miniflare: Miniflare;
  stop(): Promise<void>;
}

export interface PlatformOptions {
  readonly port?: number;
  /** Folder for D1 and objects; without it nothing outlives the process. */
  readonly persistTo?: string;
  readonly authOrigin: string;
  readonly hubOrigin: string;
  readonly secretKey: string;
  readonly bootstrapToken: string;
  /** `host:port` pairs on loopback that may be upstreams and identity providers. */
  readonly developmentHosts: readonly string[];
  /** Only public addresses can be reached, as in production, and of this machine the development hosts. */
  readonly publicNetworkOnly?: boolean;
  /** Where mail is handed over, as to Resend. */
  readonly mailUrl?: string;
  readonly quiet?: boolean;
  /** Takes each line that the Worker and workerd log, in place of the console. */
  readonly onLog?: (line: string) => void;
  /** Leaves out the dashboard, and with it the local asset router in front of the Worker. */
  readonly withoutDashboard?: boolean;
}

const ROOT = resolve(import.meta.dirname, "../..");
const WORKER = join(ROOT, "dist/worker");

const LOCAL_MAIL = { MAIL_FROM: "Rustronaut <access@rustronaut.example>", MAIL_TOKEN: "local-mail-token" };

export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const assets = join(ROOT, "dist/dashboard");
  const deployment = readDeployment();
  const { onLog } = options;
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: options.port ?? 0,
      cf: false,
      log: options.quiet ? new Log(LogLevel.NONE) : new Log(LogLevel.WARN),
      ...(onLog ? { handleStructuredLogs: ({ message }) => onLog(message) } : {}),
      ...(options.persistTo ? { resourcePersistencePath: options.persistTo } : {}),
      workers: [
        {
          name: "rustronaut",
          modulesRoot: WORKER,
          modules: workerModules(),
          compatibilityDate: deployment.compatibilityDate,
          compatibilityFlags: [...deployment.compatibilityFlags],
          ...localBindings(deployment),
          bindings: {
            AUTH_ORIGIN: options.authOrigin,
            HUB_ORIGIN: options.hubOrigin,
            SECRET_KEY: options.secretKey,
            BOOTSTRAP_TOKEN: options.bootstrapToken,
            DEVELOPMENT_HOSTS: options.developmentHosts.join(","),
            ...(options.mailUrl ? { MAIL_URL: options.mailUrl, ...LOCAL_MAIL } : {}),
          },
          ...(options.publicNetworkOnly ? { outboundService: PUBLIC_NETWORK } : {}),
          ...(!options.withoutDashboard && existsSync(assets)
            ? {
                assets: {
                  directory: assets,
                  binding: deployment.assets,
                  routerConfig: { invoke_user_worker_ahead_of_assets: true, has_user_worker: true },
                },
              }
            : {}),
        },
        ...(options.publicNetworkOnly ? [publicNetwork(options.developmentHosts)] : []),
      ],
    }),
  );
  const url = await miniflare.ready;
  await applyMigrations(miniflare);
  return { port: Number(url.port), miniflare, stop: () => miniflare.dispose() };
}

const PUBLIC_NETWORK = "public-network";

/**
 * A Worker that dials for the others, and finds no address that is not public: whatever a name resolves to, at each
 * connection. Only what is asked for under the very name of a local host, with its port, may lead to loopback.
 */
export const publicNetwork = (localHosts: readonly string[]) => ({
  name: PUBLIC_NETWORK,
  modules: true as const,
  script: `const LOCAL = new Set(${JSON.stringify(localHosts)});
export default {
  fetch(request, env) {
    const { protocol, hostname, port } = new URL(request.url);
    const host = hostname + ":" + (port || (protocol === "https:" ? "443" : "80"));
    return (LOCAL.has(host) ? env.LOCAL : env.PUBLIC).fetch(request);
  },
};`,
  serviceBindings: {
    PUBLIC: { network: { allow: ["public"], tlsOptions: { trustBrowserCas: true } } },
    LOCAL: { network: { allow: ["local"], tlsOptions: { trustBrowserCas: true } } },
  },
});

/**
 * The entry first, then every module that it may import, at once or lazily. The largest are last: Miniflare copies
 * all that it has written of its configuration with nearly each thing that it adds.
 */
function workerModules() {
  const entry = join(WORKER, "index.js");
  return readdirSync(WORKER, { recursive: true, withFileTypes: true })
    .filter((found) => found.isFile())
    .map((found) => join(found.parentPath, found.name))
    .map((path) => ({ path, rank: path === entry ? 0 : statSync(path).size }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ path }) => ({
      type: path.endsWith(".wasm") ? ("CompiledWasm" as const) : ("ESModule" as const),
      path,
    }));
}

/**
 * Applies what `wrangler d1 migrations apply` would, and keeps the same record of it.
 * A migration is one `exec`, which is one transaction here: to prepare each statement asks workerd each time.
 */
async function applyMigrations(miniflare: Miniflare): Promise<void> {
  const db = await miniflare.getD1Database("DB");
  await db.exec(
    "CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)",
  );
  const done = new Set(
    (await db.prepare("SELECT name FROM d1_migrations").all<{ name: string }>()).results.map(
      (row) => row.name,
    ),
  );
  for (const name of readdirSync(join(ROOT, "migrations"))
    .filter((file) => file.endsWith(".sql"))
    .sort()) {
    if (done.has(name)) continue;
    const statements = readFileSync(join(ROOT, "migrations", name), "utf8").split("--> statement-breakpoint");
    const record = `INSERT INTO d1_migrations (name) VALUES ('${name}')`;
    await db.exec([...statements, record].map(onOneLine).join("\n"));
  }
}

/** `exec` takes one statement a line. */
const onOneLine = (statement: string) => statement.replaceAll(/^\s*--.*$/gm, "").replaceAll(/\s*\n\s*/g, " ");
