import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { localBindings, readDeployment } from "./deployment.ts";

/** The Worker, its objects and its database in a local workerd, which is the same run-time as in production. */
export interface Platform {
  /** The port of workerd. All host names are served there, and the Host header distinguishes them. */
  readonly port: number;
  readonly miniflare: Miniflare;
  stop(): Promise<void>;
}

export interface PlatformOptions {
  readonly port?: number;
  /** The folder for D1 and objects. Without it, all data is lost when the process ends. */
  readonly persistTo?: string;
  readonly authOrigin: string;
  readonly hubOrigin: string;
  readonly secretKey: string;
  readonly bootstrapToken: string;
  /** `host:port` pairs on loopback that upstreams and identity providers may use. */
  readonly developmentHosts: readonly string[];
  /**
   * Only public addresses can be reached, as in production. On this machine, only the development hosts can
   * be reached.
   */
  readonly publicNetworkOnly?: boolean;
  /** The URL for sending mail, with the same interface as Resend. */
  readonly mailUrl?: string;
  readonly quiet?: boolean;
  /** Gets each line that the Worker and workerd log. Then nothing is printed to the console. */
  readonly onLog?: (line: string) => void;
  /** Leaves out the dashboard, and so also the local asset router before the Worker. */
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
 * A Worker that connects for the other Workers, and refuses addresses that are not public. It checks the
 * address that a name resolves to at each connection. Only a request to the exact name and port of a local
 * host may reach loopback.
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
 * First the entry, then every module that the entry may import, directly or lazily. The largest modules come
 * last, because Miniflare copies its whole configuration so far with nearly each item that it adds.
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
 * Applies the same migrations as `wrangler d1 migrations apply` and keeps the same record of them. Each
 * migration is one `exec`, which is one transaction here. Preparing each statement would call workerd each
 * time.
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

/** `exec` expects one statement per line. */
const onOneLine = (statement: string) => statement.replaceAll(/^\s*--.*$/gm, "").replaceAll(/\s*\n\s*/g, " ");
