import { type Asker, type Assessment, assess } from "../../shared/access/assess.ts";
import { NO_STANDING, type Standing } from "../../shared/access/grade/grade.ts";
import type { CompiledPolicies } from "../../shared/access/policy/index.ts";
import { UNKNOWN_NETWORK, UNKNOWN_SIGN_IN } from "../../shared/access/policy/request.ts";
import { type Asked, type Question, readQuestion } from "../../shared/access/question.ts";
import type { Principal } from "../../shared/access/sessions/types.ts";
import type { Body } from "../../shared/api/endpoints.ts";
import { type Refusal, refusal } from "../../shared/base/errors/catalogue.ts";
import { err, ok, type Result } from "../../shared/base/result.ts";
import type { SnapshotApp, SnapshotPolicy } from "../../shared/registry/snapshot.ts";
import { throwRefusal } from "../platform/refused.ts";
import { loadPrincipal } from "../registry/principals.ts";
import { type App, findApp } from "./handlers/apps.ts";
import { findServiceToken, type ServiceTokenRow } from "./handlers/service-tokens.ts";
import { findUser } from "./handlers/users.ts";
import { notFound } from "./refused.ts";

/** An imagined request, and who sends it. */
export type Supposed = Omit<Body<"policies.test">, "drafts">;

/**
 * Finds the things that an imagined request names. Each function rejects with `Refused` if the thing doesn't
 * exist.
 */
export interface Findings {
  readonly app: (reference: string) => Promise<App>;
  readonly user: (reference: string) => Promise<Principal>;
  readonly serviceToken: (reference: string) => Promise<ServiceTokenRow>;
}

/** Finds the things in the registry. */
export const inRegistry = (d1: D1Database): Findings => ({
  app: (reference) => findApp(d1, reference),
  user: async (reference) => {
    const { id } = await findUser(d1, reference);
    return (await loadPrincipal(d1, id)) ?? notFound("user");
  },
  serviceToken: (reference) => findServiceToken(d1, reference),
});

/** The statements of the policies in force, except the policies with these names. */
export async function heldStatements(d1: D1Database, except: ReadonlySet<string>): Promise<SnapshotPolicy[]> {
  const { results } = await d1
    .prepare(
      `SELECT p.name, v.compiled FROM policies p JOIN policy_versions v
       ON v.policy_id = p.id AND v.number = p.current_version WHERE p.enabled = 1 ORDER BY p.name`,
    )
    .all<{ name: string; compiled: string }>();
  return results
    .filter(({ name }) => !except.has(name))
    .flatMap(({ compiled }) => JSON.parse(compiled) as SnapshotPolicy[]);
}

/** What the gateway would judge, and the result. Or the refusal that comes before the policies. */
export async function judgeSupposed(
  findings: Findings,
  supposed: Supposed,
  policies: CompiledPolicies,
  now: number,
): Promise<Result<Assessment & { question: Question }, Refusal>> {
  const app = await findings.app(supposed.app);
  const asker = await askerOf(findings, supposed, app, now);
  const question = readApp(app, askedBy(supposed), supposed.path);
  if (!question.ok) return question;
  if (!asker.ok) return asker;
  const assessment = assess(question.value, asker.value, policies, supposed.now ?? now);
  return ok({ ...assessment, question: question.value });
}

/** The caller. Or the reason why the gateway refuses such a caller before it asks any policy. */
async function askerOf(
  findings: Findings,
  { principal, authentication, risk }: Supposed,
  app: App,
  now: number,
): Promise<Result<Asker, Refusal>> {
  // The gateway knows no risk of other callers, so nobody can suppose one.
  if (risk !== undefined && principal.kind !== "user" && principal.kind !== "somebody") {
    throwRefusal("invalid_input", "Only people have a risk: leave out `risk`, or say which user asks.");
  }
  const nobody = (detail: string) => err(refusal("unauthenticated", detail));
  const signedIn = over(UNKNOWN_SIGN_IN, authentication);
  const standing = (own: Standing["signals"]): Standing => ({
    signals: risk === undefined ? own : supposedSignals(risk, now),
    unmeasured: [],
    signedIn: {
      amr: signedIn.amr,
      authenticatedAt: now - signedIn.ageSeconds * 1_000,
      beganAt: now - signedIn.ageSeconds * 1_000,
    },
    lasting: null,
  });
  switch (principal.kind) {
    case "anonymous":
      if (!app.settings.anonymous) return nobody("the app lets nobody in without a sign-in");
      return ok({
        principal: { type: "Anonymous" },
        authentication: null,
        standing: NO_STANDING,
      });
    case "somebody": {
      const { groups, email = "somebody@example.invalid" } = principal;
      const somebody = { id: "", email, emailVerified: true, name: "", groups };
      return ok({
        principal: { type: "User", ...somebody },
        authentication: signedIn,
        standing: standing([]),
      });
    }
    case "serviceToken": {
      const token = await findings.serviceToken(principal.serviceToken);
      const { id, name } = token;
      if (!token.enabled || (token.expiresAt !== null && token.expiresAt <= now))
        return err(refusal("invalid_credentials", `the service token ${name} is disabled or has expired`));
      const groups = JSON.parse(token.groups) as string[];
      return ok({
        principal: { type: "ServiceToken", id, name, groups },
        authentication: null,
        standing: NO_STANDING,
      });
    }
    case "user": {
      const user = await findings.user(principal.user);
      const { userId: id, email, emailVerified, name, groups, status } = user;
      if (status !== "active") return nobody(`${email} is disabled and can't sign in`);
      return ok({
        principal: { type: "User", id, email, emailVerified, name, groups },
        authentication: signedIn,
        standing: standing(user.risk ?? []),
      });
    }
  }
}

const supposedSignals = (score: number, at: number): Standing["signals"] =>
  score === 0 ? [] : [{ source: "supposed", kind: "supposed", score, at, halfLifeSeconds: 86_400 }];

/** Takes the values in the body. All other values are unknown. JSON has no member with the value undefined. */
const over = <T extends object>(
  unknown: T,
  said: { readonly [Key in keyof T]?: T[Key] | undefined } | undefined,
): T => ({ ...unknown, ...said }) as T;

/** What the gateway would read from such a request. Values that are not given are unknown. */
function askedBy({ method, headers = [], network, upgrade }: Supposed): Asked {
  const sent = new Headers(headers.map(({ name, value }): [string, string] => [name, value]));
  if (upgrade) sent.set("upgrade", "websocket");
  return { method, headers: sent, network: over(UNKNOWN_NETWORK, network) };
}

function readApp(app: App, asked: Asked, target: string): Result<Question, Refusal> {
  if (!app.enabled) return err(refusal("unknown_host", `the app ${app.name} is disabled`));
  const served: SnapshotApp = { ...app, segmentName: app.segment };
  return readQuestion(asked, served, target);
}
