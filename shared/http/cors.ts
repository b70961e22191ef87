import type { HeaderList } from "./headers.ts";

/** What scripts of other origins may do with an app (Fetch standard §3.2, "CORS protocol"). */
export interface CorsSettings {
  /** Origins besides the app's own, each spelt out. They may also open WebSockets. */
  readonly allowedOrigins: readonly string[];
  /** The methods that a preflight allows. Empty: the one that it asks for. */
  readonly corsMethods: readonly string[];
  /** The request headers that a preflight allows, in lower case. Empty: those that it asks for. */
  readonly corsHeaders: readonly string[];
  /** Headers of answers that scripts may read, in lower case, besides those that every script may read. */
  readonly corsExposedHeaders: readonly string[];
  /** Whether scripts may send the person's cookies, and read what comes back. */
  readonly corsCredentials: boolean;
  /** Seconds for which a browser may remember a preflight. */
  readonly corsMaxAgeSeconds: number;
  /** Who answers preflights: the gateway, or the app. The app then gets them from anybody, without a sign-in. */
  readonly corsPreflights: "gateway" | "app";
  /** Whose headers say what scripts may read of the app's answers. */
  readonly corsAnswers: "app" | "gateway";
}

export const DEFAULT_CORS_SETTINGS: CorsSettings = {
  allowedOrigins: [],
  corsMethods: [],
  corsHeaders: [],
  corsExposedHeaders: [],
  corsCredentials: true,
  corsMaxAgeSeconds: 600,
  corsPreflights: "gateway",
  corsAnswers: "app",
};

type Fields = readonly (readonly [string, string])[];

/** Headers of our own refusals that scripts need to go on. */
const OF_REFUSALS = ["x-rustronaut-response", "www-authenticate", "retry-after"] as const;

/**
 * A preflight is an OPTIONS request with an Origin and a requested method (Fetch standard §3.2.2). Both must
 * be present.
 */
export function isPreflight(method: string, origin: string | null, requestedMethod: string | null): boolean {
  return (
    method === "OPTIONS" &&
    origin !== null &&
    requestedMethod !== null &&
    /^[A-Za-z]{1,20}$/.test(requestedMethod)
  );
}

/** Whether scripts of this origin may read across sites. The app's own origin needs no leave. */
export const isForeignAllowed = (origin: string | null, ownOrigin: string, cors: CorsSettings): boolean =>
  origin !== null && origin !== ownOrigin && cors.allowedOrigins.includes(origin);

/**
 * Lets scripts of an allowed origin read our refusals. Without these headers a script sees only a network
 * error. No cache may give the answer for one origin to another.
 */
export function corsHeaders(origin: string | null, ownOrigin: string, cors: CorsSettings): Fields {
  return cors.allowedOrigins.length === 0 ? [] : readable(origin, ownOrigin, cors, OF_REFUSALS);
}

/**
 * The headers of an app's answer, where the gateway says for the app what scripts may read. What the app
 * itself says about it is left out.
 */
export function withCors(
  answer: HeaderList,
  origin: string | null,
  ownOrigin: string,
  cors: CorsSettings,
): HeaderList {
  if (cors.corsAnswers === "app") return answer;
  const others = answer.filter(([name]) => name !== "vary" && !name.startsWith("access-control-"));
  const varies = answer.filter(([name]) => name === "vary").map(([, value]) => value);
  const ours = readable(origin, ownOrigin, cors, cors.corsExposedHeaders);
  return [...others, ...ours.filter(([name]) => name !== "vary"), ["vary", [...varies, "Origin"].join(", ")]];
}

function readable(
  origin: string | null,
  ownOrigin: string,
  cors: CorsSettings,
  exposed: readonly string[],
): Fields {
  const vary = ["vary", "Origin"] as const;
  if (origin === null || !isForeignAllowed(origin, ownOrigin, cors)) return [vary];
  return [
    ["access-control-allow-origin", origin],
    ...credentials(cors),
    ...(exposed.length > 0 ? [["access-control-expose-headers", exposed.join(", ")] as const] : []),
    vary,
  ];
}

/** Our answer to an allowed preflight. The policies decide later, when the real request comes. */
export function preflightHeaders(
  origin: string,
  requestedMethod: string,
  requestedHeaders: string | null,
  cors: CorsSettings,
): Fields {
  const methods = cors.corsMethods.length > 0 ? cors.corsMethods.join(", ") : requestedMethod;
  const asked =
    requestedHeaders !== null && /^[A-Za-z0-9_, -]{1,2000}$/.test(requestedHeaders) ? requestedHeaders : "";
  const headers = cors.corsHeaders.length > 0 ? cors.corsHeaders.join(", ") : asked;
  return [
    ["access-control-allow-origin", origin],
    ...credentials(cors),
    ["access-control-allow-methods", methods],
    ["access-control-max-age", String(cors.corsMaxAgeSeconds)],
    ["vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"],
    ...(headers === "" ? [] : [["access-control-allow-headers", headers] as const]),
  ];
}

const credentials = (cors: CorsSettings): Fields =>
  cors.corsCredentials ? [["access-control-allow-credentials", "true"]] : [];
