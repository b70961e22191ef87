import {
  type Asker,
  type Assessment,
  assess,
  type Reading,
  reasonOf,
} from "../../../shared/access/assess.ts";
import { type CompiledPolicies, compilePolicies } from "../../../shared/access/policy/index.ts";
import { actionOf, UNKNOWN_NETWORK, UNKNOWN_SIGN_IN } from "../../../shared/access/policy/request.ts";
import { type Asked, type Question, readQuestion } from "../../../shared/access/question.ts";
import { type Refusal, refusal } from "../../../shared/base/errors/catalogue.ts";
import { err, ok, type Result } from "../../../shared/base/result.ts";
import type { SnapshotApp, SnapshotPolicy } from "../../../shared/registry/snapshot.ts";
import { coordinatorObject } from "../../platform/objects.ts";
import { loadPrincipal } from "../../registry/principals.ts";
import { type Snapshot, snapshotAt } from "../../registry/snapshot.ts";
import type { Call, Handlers } from "../call.ts";
import { citedPolicies, readingsInWords, reasonsOf } from "../explain.ts";
import { compileSource, refuseBulk } from "../policy-source.ts";
import { notFound } from "../refused.ts";
import { type App, findApp } from "./apps.ts";
import { findServiceToken } from "./service-tokens.ts";
import { findUser } from "./users.ts";

type TestCall = Call<"policies.test">;

/** The statements that hold now, with drafts in place of the policies of their names. */
async function statementsOf(
  call: TestCall,
  drafts: NonNullable<TestCall["body"]["drafts"]>,
): Promise<SnapshotPolicy[]> {
  const { results } = await call.bindings.db
    .prepare(
      `SELECT p.name, v.compiled FROM policies p JOIN policy_versions v
       ON v.policy_id = p.id AND v.number = p.current_version WHERE p.enabled = 1 ORDER BY p.name`,
    )
    .all<{ name: string; compiled: string }>();
  const stored = results.filter(({ name }) => !drafts.some((draft) => draft.name === name));
  refuseBulk(
    call,
    drafts.map(({ source }) => source),
  );
  const written = await Promise.all(drafts.map(({ source, name }) => compileSource(call, source, name)));
  return [...stored.flatMap((row) => JSON.parse(row.compiled) as SnapshotPolicy[]), ...written.flat()];
}

/** What the gateway decides by now; with drafts, what it would decide by if they were published. */
async function policiesOf(call: TestCall, snapshot: Snapshot): Promise<CompiledPolicies> {
  const drafts = call.body.drafts ?? [];
  return drafts.length === 0
    ? snapshot.policies
    : compilePolicies(await statementsOf(call, drafts), snapshot.registered);
}

/** Who asks; or why the gateway turns such a caller away before it asks any policy. */
async function askerOf({ bindings, body, now }: TestCall, app: App): Promise<Result<Asker, Refusal>> {
  const { principal, authentication } = body;
  const nobody = (detail: string) => err(refusal("unauthenticated", detail));
  switch (principal.kind) {
    case "anonymous":
      if (!app.settings.anonymous) return nobody("the app lets nobody in without a sign-in");
      return ok({ principal: { type: "Anonymous" }, authentication: null });
    case "serviceToken": {
      const token = await findServiceToken(bindings.db, principal.serviceToken);
      const { id, name } = token;
      if (!token.enabled || (token.expiresAt !== null && token.expiresAt <= now))
        return err(refusal("invalid_credentials", `the service token ${name} is disabled or has expired`));
      const groups = JSON.parse(token.groups) as string[];
      return ok({ principal: { type: "ServiceToken", id, name, groups }, authentication: null });
    }
    case "user": {
      const { id } = await findUser(bindings.db, principal.user);
      const user = (await loadPrincipal(bindings.db, id)) ?? notFound("user");
      const { email, emailVerified, name, groups, status } = user;
      if (status !== "active") return nobody(`${email} is disabled and can't sign in`);
      return ok({
        principal: { type: "User", id, email, emailVerified, name, groups },
        authentication: over(UNKNOWN_SIGN_IN, authentication),
      });
    }
  }
}

/** What the body says, and for the rest that it is not known. JSON has no member that is there and undefined. */
const over = <T extends object>(
  unknown: T,
  said: { readonly [Key in keyof T]?: T[Key] | undefined } | undefined,
): T => ({ ...unknown, ...said }) as T;

/** What the gateway would read off such a request; what the body leaves out is not known. */
function askedBy({ body }: TestCall): Asked {
  const { method, headers = [], network } = body;
  const sent = new Headers(headers.map(({ name, value }): [string, string] => [name, value]));
  if (body.upgrade) sent.set("upgrade", "websocket");
  return {
    method,
    headers: sent,
    network: over(UNKNOWN_NETWORK, network),
  };
}

function readApp(app: App, asked: Asked, target: string): Result<Question, Refusal> {
  if (!app.enabled) return err(refusal("unknown_host", `the app ${app.name} is disabled`));
  const served: SnapshotApp = { ...app, segmentName: app.segment };
  return readQuestion(asked, served, target);
}

/** What the gateway would judge and how, or the refusal before it. */
async function verdictOf(
  call: TestCall,
  snapshot: Snapshot,
): Promise<Result<Assessment & { question: Question }, Refusal>> {
  const { bindings, body, now } = call;
  const app = await findApp(bindings.db, body.app);
  const [asker, policies] = await Promise.all([askerOf(call, app), policiesOf(call, snapshot)]);
  const question = readApp(app, askedBy(call), body.path);
  if (!question.ok) return question;
  if (!asker.ok) return asker;
  const assessment = assess(question.value, asker.value, policies, body.now ?? now);
  return ok({ ...assessment, question: question.value });
}

export const POLICY_TEST_HANDLERS: Handlers<"policies.test"> = {
  "policies.test": async (call) => {
    const { bindings, body } = call;
    const snapshot = await snapshotAt(bindings, await coordinatorObject(bindings).epoch());
    const { epoch } = snapshot;
    const verdict = await verdictOf(call, snapshot);
    if (!verdict.ok)
      return {
        body: { ...unasked(verdict.error), action: actionOf(body.method, body.upgrade ?? false), epoch },
      };
    const { question, decision, facts, readings } = verdict.value;
    const { path, query } = question.target;
    return {
      body: {
        decision: decision.decision,
        reason: reasonOf(decision),
        action: facts.action,
        forwarded: decision.decision === "allow" ? path + query : null,
        readings: readings.map(readingView),
        determining: await citedPolicies(bindings.db, decision.determining),
        erroring: decision.erroring.map(({ id, message }) => ({ id, message })),
        reasons: [...reasonsOf({ ...decision, facts }), ...readingsInWords(readings)],
        facts: { ...facts },
        epoch,
      },
    };
  },
};

const readingView = ({ action, path, isAlias, decision }: Reading) => ({
  ...{ action, path, isAlias, decision: decision.decision },
  determining: [...decision.determining],
});

/** The answer where the gateway refuses by itself. */
const unasked = ({ code, detail }: Refusal) => ({
  decision: "deny" as const,
  reason: code,
  reasons: [`The gateway refuses this before it asks any policy (${code}): ${detail}`],
  ...{ determining: [], erroring: [], readings: [], forwarded: null, facts: null },
});
