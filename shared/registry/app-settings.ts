/** How the gateway treats one app. */
export interface AppSettings {
  /** Seconds without traffic after which a session of this app ends. */
  readonly idleSeconds: number;
  /** Seconds after which a session of this app ends whatever happens. */
  readonly absoluteSeconds: number;
  /** Lets requests without any credential reach the policies as `Anonymous::"anyone"`. */
  readonly anonymous: boolean;
  /** Judges paths in lower case, for upstreams that ignore case. */
  readonly caseInsensitivePaths: boolean;
  /** Forwards `%2F` and `%5C` byte for byte and judges both readings; otherwise they are refused. */
  readonly encodedSlashes: boolean;
  /** Origins besides the app's own that may open WebSockets and read our refusals across sites. */
  readonly allowedOrigins: readonly string[];
  /** Also sends the assertion under this product's header, so that an app migrates by changing two URLs. */
  readonly compatibility: "none" | "cloudflare" | "pomerium";
  /** Algorithm of the assertion: ES256 is best supported, EdDSA is cheapest. */
  readonly assertionAlgorithm: "ES256" | "EdDSA";
  /** Lets a client choose another method by header (`X-HTTP-Method-Override`). */
  readonly methodOverride: boolean;
  /** Judges a POST that may name another method in a field `_method` for each action that it could come to. */
  readonly methodField: boolean;
  /**
   * Headers that say who calls or from where, which this app takes from its clients although anybody may write them:
   * lower-case names, `*` at the end for a family. All others of that kind are removed.
   */
  readonly clientHeaders: readonly string[];
  /**
   * Lets a service worker watch over the whole host. It sees every navigation there, also the one that brings a sign-in
   * code: whoever can run script on the app's pages can then take over its users' sign-ins.
   */
  readonly rootServiceWorker: boolean;
  /** Milliseconds to wait for the upstream's response headers, from the last byte of the request. */
  readonly upstreamTimeoutMs: number;
  /** Milliseconds, at most 1000, for which an isolate may reuse an allow for GET/HEAD sub-resources. */
  readonly leaseMs: number;
}

export const DEFAULT_APP_SETTINGS: AppSettings = {
  idleSeconds: 3_600,
  absoluteSeconds: 43_200,
  anonymous: false,
  caseInsensitivePaths: false,
  encodedSlashes: false,
  allowedOrigins: [],
  compatibility: "none",
  assertionAlgorithm: "ES256",
  methodOverride: false,
  methodField: false,
  clientHeaders: [],
  rootServiceWorker: false,
  upstreamTimeoutMs: 30_000,
  leaseMs: 1_000,
};

/** Settings as they hold, from those in storage: what is absent takes its default, what no longer exists is left out. */
export function appSettings(stored: Partial<AppSettings>): AppSettings {
  const known = Object.entries(stored).filter(([name]) => name in DEFAULT_APP_SETTINGS);
  return { ...DEFAULT_APP_SETTINGS, ...Object.fromEntries(known) };
}
