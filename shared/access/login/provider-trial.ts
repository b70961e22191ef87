import { type CheckedSettings, problemsByTopic } from "./provider-check.ts";
import type { JwkLike } from "./signing-keys.ts";

/** The checks when a provider is tried, in the order in which a sign-in depends on them. */
export const TRIAL_STEPS = [
  "discovery",
  "clock",
  "keys",
  "redirect",
  "client",
  "request",
  "claims",
  "mail",
] as const;
export type TrialStep = (typeof TRIAL_STEPS)[number];

/**
 * `bad`: sign-ins fail. `warn`: some sign-ins may fail or contain too little. `unknown`: only a real sign-in
 * can tell.
 */
export type TrialResult = "good" | "warn" | "bad" | "unknown";

export interface TrialCheck {
  readonly step: TrialStep;
  readonly result: TrialResult;
  /** Each text is a sentence, or a clause whose subject is "it", the provider. */
  readonly findings: readonly string[];
}

/** What sign-ins contained so far: when the groups claim was first present, and when it was last missing. */
export interface SeenClaims {
  readonly groupsSeenAt: number | null;
  readonly groupsMissedAt: number | null;
}

/** The stored settings of the provider that a trial uses. */
export interface TriedProvider extends CheckedSettings, SeenClaims {
  readonly issuer: string;
  readonly clientId: string;
}

/** The parts of an HTTP answer that a trial reads. */
export interface TrialAnswer {
  readonly status: number;
  readonly location: string | null;
  /** The member `error` of a JSON answer (RFC 6749 §5.2). */
  readonly error: string | null;
  /**
   * When the provider made the answer, by the provider's clock, in milliseconds. Null if the answer doesn't
   * say.
   */
  readonly madeAt: number | null;
}

/** What was seen of a provider whose metadata could be fetched. */
export interface Seen {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly keys: readonly JwkLike[] | null;
  /** The answer to an authorization request with `prompt=none`, without cookies. */
  readonly authorization: TrialAnswer | null;
  /** The answer to a token request with a code that nobody issued. */
  readonly token: TrialAnswer | null;
  /** Our own clock when the token endpoint answered, in milliseconds. */
  readonly now: number;
}

/** Sign-ins accept an `iat` that is up to this far ahead of our clock, in milliseconds; see `idTokenFault`. */
const CLOCK_AHEAD_MS = 60_000;
const CLOCK_BEHIND_MS = 600_000;
/** The allowed inaccuracy: HTTP dates are whole seconds, and answers take time. */
const CLOCK_NOISE_MS = 5_000;

/**
 * What would not work with a provider, judged by its answers in the trial.
 *
 * @param redirectUri The address that the provider must send people back to.
 */
export function judgeTrial(provider: TriedProvider, redirectUri: string, seen: Seen): TrialCheck[] {
  const topics = problemsByTopic(provider, seen.metadata, seen.keys);
  return [
    check("discovery", topics.endpoints, `it publishes its metadata under the issuer ${provider.issuer}`),
    clockCheck(seen),
    check("keys", topics.keys, "it publishes keys by which its ID tokens can be verified"),
    redirectCheck(provider, redirectUri, seen.authorization),
    clientCheck(provider, topics.client, seen.token),
    // Providers need not advertise everything that they support (OpenID Connect Discovery §3). So metadata
    // that contradicts the settings is no proof.
    check(
      "request",
      topics.request,
      "nothing in its metadata speaks against what a sign-in asks for",
      "warn",
    ),
    claimsCheck(provider, topics.claims),
  ];
}

/** If not even the metadata could be fetched, nothing else can be tried. */
export const failedDiscovery = (problem: string): TrialCheck[] => [
  { step: "discovery", result: "bad", findings: [problem] },
];

/** Whether no check found something that makes sign-ins fail. */
export const trialPassed = (checks: readonly TrialCheck[]): boolean =>
  checks.every(({ result }) => result !== "bad");

function check(
  step: TrialStep,
  problems: readonly string[],
  good: string,
  worst: "bad" | "warn" = "bad",
): TrialCheck {
  return problems.length > 0
    ? { step, result: worst, findings: problems }
    : { step, result: "good", findings: [good] };
}

const one = (step: TrialStep, result: TrialResult, finding: string): TrialCheck => ({
  step,
  result,
  findings: [finding],
});

function clockCheck({ token, now }: Seen): TrialCheck {
  if (!token || token.madeAt === null) return one("clock", "unknown", "it does not say what time it has");
  const ahead = token.madeAt - now;
  const words = `its clock is ${Math.round(Math.abs(ahead) / 1_000)} s ${ahead > 0 ? "ahead of" : "behind"} ours`;
  if (ahead > CLOCK_AHEAD_MS || ahead < -CLOCK_BEHIND_MS) {
    return one("clock", "bad", `${words}: its ID tokens would be refused`);
  }
  return Math.abs(ahead) > CLOCK_NOISE_MS
    ? one("clock", "warn", `${words}: set it right before sign-ins are refused`)
    : one("clock", "good", "its clock and ours agree");
}

/**
 * A provider must not send anybody to an address that is not registered for the client (RFC 6749 §4.1.2.1).
 * With `prompt=none` and nobody signed in, the provider can show no page. So it sends the browser to the
 * redirect address, with an error (OpenID Connect Core §3.1.2.6).
 */
export function redirectCheck(
  { clientId }: Pick<TriedProvider, "clientId">,
  redirectUri: string,
  answer: TrialAnswer | null,
): TrialCheck {
  const register = `Register exactly ${redirectUri} for the client ${clientId}`;
  if (answer === null) {
    return one(
      "redirect",
      "unknown",
      `its authorization endpoint could not be asked from here. ${register}.`,
    );
  }
  if (answer.location !== null && pointsTo(answer.location, redirectUri)) {
    const refused = REFUSED_REQUESTS.get(/[?&]error=(\w+)/.exec(answer.location)?.[1] ?? "");
    return refused
      ? one("redirect", "bad", `it refuses what a sign-in asks for: ${refused}`)
      : one("redirect", "good", `it sends people back to ${redirectUri}`);
  }
  if (answer.location === null && answer.status >= 400 && answer.status < 500) {
    return one(
      "redirect",
      "bad",
      `it refuses the client id or the address that people come back to. ${register}.`,
    );
  }
  if (answer.location !== null && /\berror/i.test(answer.location)) {
    return one("redirect", "bad", `it shows an error instead of a sign-in. ${register}.`);
  }
  return one(
    "redirect",
    "unknown",
    `it shows a page of its own, so whether it knows the address that people come back to is only seen by signing in. ${register}.`,
  );
}

/** Errors of an authorization response that every sign-in would get too (RFC 6749 §4.1.2.1). */
const REFUSED_REQUESTS: ReadonlyMap<string, string> = new Map([
  ["unauthorized_client", "this client may not use the authorization code flow"],
  ["unsupported_response_type", "it does not offer the authorization code flow"],
  ["invalid_scope", "it does not know a scope, or this client may not ask for it"],
  ["invalid_request", "it takes a parameter for wrong or misses one"],
  ["invalid_client", "it does not know the client id"],
]);

function pointsTo(location: string, redirectUri: string): boolean {
  if (!URL.canParse(location)) return false;
  const [at, wanted] = [new URL(location), new URL(redirectUri)];
  return at.origin === wanted.origin && at.pathname === wanted.pathname;
}

/**
 * The provider authenticates the client first. Only then does it refuse the code that nobody issued (RFC 6749
 * §5.2).
 */
function clientCheck(
  { hasClientSecret }: TriedProvider,
  problems: readonly string[],
  answer: TrialAnswer | null,
): TrialCheck {
  if (problems.length > 0) return check("client", problems, "");
  const who = hasClientSecret ? "our client id and secret" : "our client id, which has no secret";
  if (answer === null)
    return one("client", "bad", "its token endpoint can't be reached: every sign-in fails");
  if (answer.error === "invalid_grant") return one("client", "good", `it takes ${who}`);
  if (answer.error === "invalid_client" || answer.status === 401) {
    return one(
      "client",
      "bad",
      `it refuses ${who}: every sign-in fails. Give it a new secret and save that here`,
    );
  }
  if (answer.error === "unauthorized_client" || answer.error === "unsupported_grant_type") {
    return one("client", "bad", "it does not let this client redeem authorization codes");
  }
  return one("client", "unknown", `its token endpoint did not say whether it takes ${who}`);
}

function claimsCheck(provider: TriedProvider, problems: readonly string[]): TrialCheck {
  const { groupsClaim, groupsSeenAt, groupsMissedAt } = provider;
  if (groupsSeenAt !== null) {
    const others = problems.filter((problem) => !problem.includes(`claim ${groupsClaim}:`));
    return check("claims", others, `sign-ins held the claim ${groupsClaim}`, "warn");
  }
  if (groupsMissedAt !== null) {
    return one(
      "claims",
      "warn",
      `no sign-in has ever held the claim ${groupsClaim}: policies see no groups of its people. Check groupsClaim and scopes`,
    );
  }
  return problems.length > 0
    ? check("claims", problems, "", "warn")
    : one("claims", "unknown", "which claims it sends is only seen when somebody signs in");
}
