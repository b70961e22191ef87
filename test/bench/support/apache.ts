import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startIdentityProvider } from "../../../scripts/demo/identity-provider.ts";
import { closeServer, freePort } from "../../support/harness.ts";
import { Visitor } from "../../support/visitor.ts";

const APACHE = "/usr/sbin/apache2";
const MODULES = "/usr/lib/apache2/modules";

/** What an Apache with mod_auth_openidc lacks on this machine, or null. Debian has both in `libapache2-mod-auth-openidc`. */
export const whyNoApache = (): string | null =>
  [APACHE, join(MODULES, "mod_auth_openidc.so")].find((path) => !existsSync(path)) ?? null;

/** Apache as an access proxy in front of the same upstream, with somebody signed in at a provider of its own. */
export interface ApacheProxy {
  readonly port: number;
  /** What the signed-in browser sends along. */
  readonly headers: { readonly host: string; readonly cookie: string };
  stop(): Promise<void>;
}

/** Debian's Apache in its default configuration of processes, which checks the session and forwards. */
export async function startApache(upstream: string): Promise<ApacheProxy> {
  const [port, providerPort] = [await freePort(), await freePort()];
  const origin = `http://apache.localhost:${port}`;
  const client = { clientId: "apache", clientSecret: randomBytes(24).toString("base64url") };
  const provider = await startIdentityProvider({ port: providerPort, authOrigin: origin, ...client });
  const directory = mkdtempSync(join(tmpdir(), "rustronaut-apache-"));
  const file = join(directory, "apache.conf");
  writeFileSync(
    file,
    configuration({ directory, port, origin, upstream, issuer: provider.issuer, ...client }),
  );
  const child = spawn(APACHE, ["-f", file, "-DFOREGROUND"], { stdio: ["ignore", "ignore", "inherit"] });
  const visitor = new Visitor();
  const { response } = await untilUp(child, () => visitor.visit(`${origin}/`, "alice"));
  if (response.status !== 200) throw new Error(`Apache answered ${response.status}: ${response.text}`);
  return {
    port,
    headers: { host: new URL(origin).host, cookie: visitor.cookieHeader(origin) },
    stop: async () => {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
      closeServer(provider.server);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function untilUp<T>(child: ChildProcess, ask: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (child.exitCode !== null || tries > 50) throw error;
      await sleep(100);
    }
  }
}

interface Settings {
  readonly directory: string;
  readonly port: number;
  readonly origin: string;
  readonly upstream: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

const configuration = (settings: Settings): string => `
${["mpm_event", "authn_core", "authz_core", "authz_user", "auth_openidc", "proxy", "proxy_http"]
  .map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`)
  .join("\n")}
DefaultRuntimeDir ${settings.directory}
PidFile ${settings.directory}/apache.pid
ErrorLog ${settings.directory}/error.log
${process.getuid?.() === 0 ? "User www-data\nGroup www-data" : ""}
Listen 127.0.0.1:${settings.port}
ServerName ${settings.origin}
UseCanonicalName On
MaxKeepAliveRequests 0
OIDCProviderMetadataURL ${settings.issuer}/.well-known/openid-configuration
OIDCClientID ${settings.clientId}
OIDCClientSecret ${settings.clientSecret}
OIDCRedirectURI ${settings.origin}/.rustronaut/callback
OIDCCryptoPassphrase ${randomBytes(24).toString("base64url")}
OIDCScope "openid email profile groups"
OIDCPKCEMethod S256
<Location />
  AuthType openid-connect
  Require valid-user
  ProxyPass ${settings.upstream}/
</Location>
`;
