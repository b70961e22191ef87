import { type BindingName, OBJECT_CLASSES, type ObjectBindings } from "../../shared/bindings.ts";
import { MAIL_STYLES, type MailStyle } from "../../shared/mail/request.ts";

/** Values that are set with `wrangler secret put`. `DEVELOPMENT_HOSTS` is for local development only. */
type Secret = "SECRET_KEY" | "BOOTSTRAP_TOKEN" | "DEVELOPMENT_HOSTS" | "MAIL_TOKEN";
/** Variables that a deployment may leave out (`docs/deploy.md`). */
type Optional = "MAIL_URL" | "MAIL_FROM" | "MAIL_STYLE";
type Environment = Readonly<Partial<Record<BindingName | Secret | Optional, unknown>>>;

/** The environment after every binding was checked. No other code reads the raw environment. */
export interface Bindings extends ObjectBindings {
  readonly db: D1Database;
  /** Null when no dashboard was built. */
  readonly assets: Fetcher | null;
  /** Origins without a trailing slash, such as `https://auth.example.com`. */
  readonly authOrigin: string;
  readonly hubOrigin: string;
  /** 32 bytes in base64url. This key seals the identity providers' client secrets. */
  readonly secretKey: string;
  /** The one-time secret that creates the network and its first owner. Null after it was removed. */
  readonly bootstrapToken: string | null;
  /** `host:port` pairs on loopback that may be upstreams or identity providers in local development. */
  readonly developmentHosts: readonly string[];
  /** Null when the network sends no mail. */
  readonly mail: MailService | null;
}

/** The service that sends mail for this network. */
export interface MailService {
  readonly url: string;
  readonly from: string;
  readonly style: MailStyle;
  readonly token: string;
}

/** The hosts (without port) of the network itself. The network fetches nothing through these hosts. */
export const networkHosts = ({ authOrigin, hubOrigin }: Bindings): string[] =>
  [authOrigin, hubOrigin].map((origin) => new URL(origin).hostname);

export class ConfigurationError extends Error {}

/** Checks the raw environment. Throws a `ConfigurationError` that names the binding and the remedy. */
export function checkBindings(raw: unknown): Bindings {
  const env = raw as Environment;
  const binding = <T>(name: BindingName): T => {
    const value = env[name];
    if (typeof value !== "object" || value === null) {
      throw new ConfigurationError(
        `The binding ${name} is missing: add it to wrangler.toml as in the repository.`,
      );
    }
    return value as T;
  };
  const authOrigin = origin(env, "AUTH_ORIGIN");
  const hubOrigin = origin(env, "HUB_ORIGIN");
  if (authOrigin === hubOrigin) throw new ConfigurationError("AUTH_ORIGIN and HUB_ORIGIN must be two hosts.");
  const objects = (Object.keys(OBJECT_CLASSES) as BindingName[]).map((name) => [name, binding(name)]);
  const hosts = developmentHosts(env, authOrigin);
  return {
    ...(Object.fromEntries(objects) as ObjectBindings),
    db: binding("DB"),
    assets: (env.ASSETS as Fetcher | undefined) ?? null,
    authOrigin,
    hubOrigin,
    secretKey: secret(env, "SECRET_KEY", 43),
    bootstrapToken: typeof env.BOOTSTRAP_TOKEN === "string" ? secret(env, "BOOTSTRAP_TOKEN", 32) : null,
    developmentHosts: hosts,
    mail: mailService(env, hosts),
  };
}

function mailService(env: Environment, localHosts: readonly string[]): MailService | null {
  if (env.MAIL_URL === undefined) return null;
  const url = typeof env.MAIL_URL === "string" && URL.canParse(env.MAIL_URL) ? new URL(env.MAIL_URL) : null;
  if (!url || (url.protocol !== "https:" && !localHosts.includes(url.host))) {
    throw new ConfigurationError("MAIL_URL must be the https address of a mail service's API.");
  }
  const from = env.MAIL_FROM;
  if (typeof from !== "string" || !/^[^\r\n]*@[^\r\n]*$/.test(from)) {
    throw new ConfigurationError("MAIL_FROM must be an address, such as Rustronaut <access@example.com>.");
  }
  const style = MAIL_STYLES.find((name) => name === (env.MAIL_STYLE ?? "resend"));
  if (!style) throw new ConfigurationError(`MAIL_STYLE must be one of ${MAIL_STYLES.join(", ")}.`);
  return { url: url.href, from, style, token: secret(env, "MAIL_TOKEN", 16) };
}

function origin(env: Environment, name: BindingName): string {
  const text = env[name];
  const url = typeof text === "string" && URL.canParse(text) ? new URL(text) : null;
  const local = url?.hostname.endsWith(".localhost") ?? false;
  if (!url || url.origin !== text || (url.protocol !== "https:" && !local)) {
    throw new ConfigurationError(
      `${name} must be an https origin without a path, such as https://auth.example.com.`,
    );
  }
  return text;
}

function secret(env: Environment, name: Secret, minLength: number): string {
  const text = env[name];
  if (typeof text !== "string" || text.length < minLength || new Set(text).size < 8) {
    throw new ConfigurationError(
      `The secret ${name} is missing or too weak: set ${minLength} or more random characters with \`wrangler secret put ${name}\`.`,
    );
  }
  return text;
}

function developmentHosts(env: Environment, authOrigin: string): string[] {
  const list =
    typeof env.DEVELOPMENT_HOSTS === "string" ? env.DEVELOPMENT_HOSTS.split(",").filter(Boolean) : [];
  if (list.length > 0 && !new URL(authOrigin).hostname.endsWith(".localhost")) {
    throw new ConfigurationError(
      "DEVELOPMENT_HOSTS is for *.localhost only: remove it from a deployed Worker.",
    );
  }
  return list;
}
