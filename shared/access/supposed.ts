import type { PolicyTestCase } from "../api/policies.ts";
import { type Refusal, refusal } from "../base/errors/catalogue.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { serviceTokens } from "../registry/schema.ts";
import type { SnapshotApp } from "../registry/snapshot.ts";
import { type Asker, type Assessment, assess } from "./assess.ts";
import { versionOf } from "./device/device.ts";
import { NO_STANDING, type Standing } from "./grade/grade.ts";
import type { CompiledPolicies } from "./policy/index.ts";
import { type DeviceFacts, type RequestFacts, UNKNOWN_NETWORK, UNKNOWN_SIGN_IN } from "./policy/request.ts";
import { type Asked, type Question, readQuestion } from "./question.ts";
import type { Principal } from "./sessions/types.ts";

/** An imagined request, and who sends it. */
export type Supposed = Omit<PolicyTestCase, "name" | "expect">;

export type SupposedApp = Omit<SnapshotApp, "segmentName" | "hosts"> & {
  readonly otherHosts: readonly string[];
  /** The segment's name. */
  readonly segment: string;
  readonly enabled: boolean;
};

/**
 * Finds the things that an imagined request names. Each function rejects if the thing doesn't exist.
 */
export interface Findings {
  readonly app: (reference: string) => Promise<SupposedApp>;
  readonly user: (reference: string) => Promise<Omit<Principal, "version">>;
  readonly serviceToken: (
    reference: string,
  ) => Promise<Pick<typeof serviceTokens.$inferSelect, "id" | "name" | "groups" | "enabled" | "expiresAt">>;
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
  const read = readApp(app, supposed);
  if (!read.ok) return read;
  if (!asker.ok) return asker;
  const question = { ...read.value, mcp: supposedMessage(supposed.mcp) };
  return ok({ ...assess(question, asker.value, policies, supposed.now ?? now), question });
}

/** The caller. Or the reason why the gateway refuses such a caller before it asks any policy. */
async function askerOf(
  findings: Findings,
  { principal, authentication, device: stated, client: held, risk }: Supposed,
  app: SupposedApp,
  now: number,
): Promise<Result<Asker, Refusal>> {
  const nobody = (detail: string) => err(refusal("unauthenticated", detail));
  const device = supposedDevice(stated);
  const client = held ?? null;
  const signedIn = over(UNKNOWN_SIGN_IN, authentication);
  const standing = (own: Standing["signals"]): Standing => ({
    signals: risk === undefined ? own : supposedSignals(risk, now),
    unmeasured: [],
    signedIn: {
      proofs: [{ acr: signedIn.acr, amr: signedIn.amr, at: now - signedIn.ageSeconds * 1_000 }],
    },
    lasting: null,
  });
  switch (principal.kind) {
    case "anonymous":
      if (!app.settings.anonymous) return nobody("the app lets nobody in without a sign-in");
      return ok({
        principal: { type: "Anonymous" },
        authentication: null,
        device: null,
        standing: NO_STANDING,
      });
    case "somebody": {
      const { groups, email = "somebody@example.invalid" } = principal;
      const somebody = { id: "", email, emailVerified: true, name: "", groups };
      return ok({
        principal: { type: "User", ...somebody },
        authentication: signedIn,
        device,
        client,
        standing: standing([]),
      });
    }
    case "serviceToken": {
      const token = await findings.serviceToken(principal.serviceToken);
      const { id, name } = token;
      const { claims } = principal;
      if (!token.enabled || (token.expiresAt !== null && token.expiresAt <= now))
        return err(refusal("invalid_credentials", `the service token ${name} is disabled or has expired`));
      const groups = JSON.parse(token.groups) as string[];
      return ok({
        principal: { type: "ServiceToken", id, name, groups, ...(claims ? { claims } : {}) },
        authentication: null,
        device: null,
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
        device,
        client,
        standing: standing(user.risk ?? []),
      });
    }
  }
}

const supposedMessage = (said: Supposed["mcp"]): NonNullable<RequestFacts["mcp"]> | null =>
  said ? { method: said.method, tool: said.tool ?? null } : null;

const supposedSignals = (score: number, at: number): Standing["signals"] =>
  score === 0 ? [] : [{ source: "supposed", kind: "supposed", score, at, halfLifeSeconds: 86_400 }];

/** The device that is imagined. What is not said of it is unknown, and so not true. */
function supposedDevice(said: Supposed["device"]): DeviceFacts | null {
  if (!said) return null;
  const { osVersion = "", agentVersion = "", ...rest } = said;
  return {
    id: "",
    name: rest.name ?? "",
    isOwned: rest.isOwned ?? false,
    proofAgeSeconds: rest.proofAgeSeconds ?? 0,
    sameAddress: rest.sameAddress ?? false,
    claims: {
      ageSeconds: rest.ageSeconds ?? 0,
      os: rest.os ?? "",
      osVersion: versionOf(osVersion),
      agentVersion: versionOf(agentVersion),
      diskEncrypted: rest.diskEncrypted ?? false,
      firewallEnabled: rest.firewallEnabled ?? false,
      screenLock: rest.screenLock ?? false,
      checks: rest.checks ?? [],
    },
    stated: rest.stated ?? [],
  };
}

/** Takes the values in the body. All other values are unknown. JSON has no member with the value undefined. */
const over = <T extends object>(
  unknown: T,
  said: { readonly [Key in keyof T]?: T[Key] | undefined } | undefined,
): T => ({ ...unknown, ...said }) as T;

/** What the gateway would read from such a request. Values that are not given are unknown. */
function askedBy({ method, headers = [], network, upgrade }: Supposed): Asked {
  const sent = headers.map(({ name, value }) => ({ name: name.toLowerCase(), value: value.trim() }));
  if (upgrade) sent.push({ name: "upgrade", value: "websocket" });
  const values = Map.groupBy(sent, ({ name }) => name);
  const get = (name: string): string | null =>
    values
      .get(name.toLowerCase())
      ?.map(({ value }) => value)
      .join(", ") ?? null;
  return { method, headers: { get }, network: over(UNKNOWN_NETWORK, network) };
}

function readApp(app: SupposedApp, supposed: Supposed): Result<Question, Refusal> {
  if (!app.enabled) return err(refusal("unknown_host", `the app ${app.name} is disabled`));
  const hosts = [app.host, ...app.otherHosts];
  const { host = app.host, path } = supposed;
  if (!hosts.includes(host)) return err(refusal("unknown_host", `the app ${app.name} has no host ${host}`));
  const served: SnapshotApp = { ...app, segmentName: app.segment, host, hosts };
  return readQuestion(askedBy(supposed), served, path);
}
