import { DEFAULT_RISK_SETTINGS, type RiskSettings } from "../access/grade/settings.ts";
import { type GrantSettings, NO_GRANTS } from "../access/grants/settings.ts";
import { DEFAULT_OAUTH_SETTINGS, type OAuthSettings } from "../access/oauth/settings.ts";
import { DEFAULT_QUOTA_SETTINGS, type QuotaSettings } from "../access/quota.ts";
import { type CorsSettings, DEFAULT_CORS_SETTINGS } from "../http/cors.ts";
import type { HeaderRule } from "../http/header-rules.ts";
import { DEFAULT_PATH_SETTINGS, type PathSettings } from "../http/path-rewrite.ts";
import { type BalanceSettings, DEFAULT_BALANCE_SETTINGS } from "../http/upstream-order.ts";
import type { AppPage } from "./app-pages.ts";
import { DEFAULT_MAINTENANCE_SETTINGS, type MaintenanceSettings } from "./maintenance.ts";

/** How the gateway treats one app. */
export interface AppSettings
  extends RiskSettings,
    CorsSettings,
    PathSettings,
    MaintenanceSettings,
    QuotaSettings,
    BalanceSettings,
    GrantSettings,
    OAuthSettings {
  /** Seconds without traffic after which a session of this app ends. */
  readonly idleSeconds: number;
  /** Seconds after which a session of this app always ends. */
  readonly absoluteSeconds: number;
  /** Lets requests without any credential reach the policies as `Anonymous::"anyone"`. */
  readonly anonymous: boolean;
  /** Judges paths in lower case, for upstreams that ignore case. */
  readonly caseInsensitivePaths: boolean;
  /** Forwards `%2F` and `%5C` unchanged and judges both readings. Without this setting they are refused. */
  readonly encodedSlashes: boolean;
  /** Also sends the assertion in the header of this product, so that an app can migrate by changing two URLs. */
  readonly compatibility: "none" | "cloudflare" | "pomerium";
  /** The algorithm of the assertion. ES256 has the widest support, EdDSA is the cheapest. */
  readonly assertionAlgorithm: "ES256" | "EdDSA";
  /** Lets a client choose another method by header (`X-HTTP-Method-Override`). */
  readonly methodOverride: boolean;
  /**
   * Judges a POST that may name another method in a field `_method` for each action that the POST could
   * become.
   */
  readonly methodField: boolean;
  /** Lets policies ask for the certificate that a client showed in the TLS handshake, where the platform verified it. */
  readonly clientCertificates: boolean;
  /**
   * Headers that say who calls or from where, and that this app accepts from its clients although any client
   * can write them. The names are in lower case; a `*` at the end stands for a family. All other headers of
   * that kind are removed.
   */
  readonly clientHeaders: readonly string[];
  /**
   * Further headers, in lower case, in which programs may send a service token or an access token. They never reach the
   * app.
   */
  readonly tokenHeaders: readonly string[];
  /**
   * Allows a service worker to control the whole host. Such a worker sees every navigation on the host,
   * including the one that brings a sign-in code. So anybody who can run a script on the app's pages can take
   * over the sign-ins of its users.
   */
  readonly rootServiceWorker: boolean;
  /** What is changed in the headers of requests, before the gateway adds its own. */
  readonly requestHeaders: readonly HeaderRule[];
  /** What is changed in the headers of the app's answers, before the gateway looks at them. */
  readonly responseHeaders: readonly HeaderRule[];
  /**
   * For which host an agent asks a private app: the `upstream`'s, the `public` one that people know, or the one
   * that is written here. The edge can only ask for the upstream's.
   */
  readonly upstreamHost: string;
  /** What people read in place of our own words, at most one for each reason. */
  readonly pages: readonly AppPage[];
  /** Whether the list of apps names the app to people who may not open it: as the `network` says, or in any case. */
  readonly listedWhenClosed: "network" | "always" | "never";
  /** Milliseconds to wait for the upstream's response headers, counted from the last byte of the request. */
  readonly upstreamTimeoutMs: number;
  /** Milliseconds, at most 1000, for which an isolate may reuse an "allow" for GET/HEAD sub-resources. */
  readonly leaseMs: number;
}

export const DEFAULT_APP_SETTINGS: AppSettings = {
  idleSeconds: 3_600,
  absoluteSeconds: 43_200,
  anonymous: false,
  caseInsensitivePaths: false,
  encodedSlashes: false,
  compatibility: "none",
  assertionAlgorithm: "ES256",
  methodOverride: false,
  methodField: false,
  clientCertificates: false,
  clientHeaders: [],
  tokenHeaders: [],
  rootServiceWorker: false,
  requestHeaders: [],
  responseHeaders: [],
  upstreamHost: "upstream",
  pages: [],
  listedWhenClosed: "network",
  upstreamTimeoutMs: 30_000,
  leaseMs: 1_000,
  ...DEFAULT_PATH_SETTINGS,
  ...DEFAULT_MAINTENANCE_SETTINGS,
  ...DEFAULT_QUOTA_SETTINGS,
  ...DEFAULT_BALANCE_SETTINGS,
  ...DEFAULT_CORS_SETTINGS,
  ...DEFAULT_RISK_SETTINGS,
  ...NO_GRANTS,
  ...DEFAULT_OAUTH_SETTINGS,
};

/**
 * The effective settings for stored settings. A missing setting gets its default, and a setting that no
 * longer exists is left out.
 */
export function appSettings(stored: Partial<AppSettings>): AppSettings {
  const known = Object.entries(stored).filter(([name]) => name in DEFAULT_APP_SETTINGS);
  return { ...DEFAULT_APP_SETTINGS, ...Object.fromEntries(known) };
}
