import { compilePolicies, decide } from "../../../shared/policy/index.ts";
import { actionOf, type PrincipalFacts, type RequestFacts } from "../../../shared/policy/request.ts";
import type { SnapshotPolicy } from "../../../shared/registry/snapshot.ts";
import { coordinatorObject } from "../../objects.ts";
import { loadPrincipal } from "../../registry/principals.ts";
import type { Call, Handlers } from "../call.ts";
import { citedPolicies, reasonsOf } from "../explain.ts";
import { compileSource } from "../policy-source.ts";
import { notFound } from "../refused.ts";
import { findApp } from "./apps.ts";
import { findServiceToken } from "./service-tokens.ts";
import { findUser } from "./users.ts";

type TestCall = Call<"policies.test">;

/** The statements that hold now, with drafts in place of the policies of their names. */
async function statementsOf({ bindings, body }: TestCall): Promise<SnapshotPolicy[]> {
  const { results } = await bindings.db
    .prepare(
      `SELECT p.name, v.compiled FROM policies p JOIN policy_versions v
       ON v.policy_id = p.id AND v.number = p.current_version WHERE p.enabled = 1 ORDER BY p.name`,
    )
    .all<{ name: string; compiled: string }>();
  const drafts = body.drafts ?? [];
  const stored = results.filter(({ name }) => !drafts.some((draft) => draft.name === name));
  const written = await Promise.all(drafts.map(({ source, name }) => compileSource(source, name)));
  return [...stored.flatMap((row) => JSON.parse(row.compiled) as SnapshotPolicy[]), ...written.flat()];
}

/** Group name to the names of the groups it is directly a member of. */
async function groupParents(d1: D1Database): Promise<Record<string, string[]>> {
  const { results } = await d1
    .prepare(
      `SELECT child.name AS child, parent.name AS parent FROM group_members m
       JOIN groups child ON child.id = m.member_id JOIN groups parent ON parent.id = m.group_id
       WHERE m.member_kind = 'group'`,
    )
    .all<{ child: string; parent: string }>();
  const parents = new Map<string, string[]>();
  for (const { child, parent } of results) parents.set(child, [...(parents.get(child) ?? []), parent]);
  return Object.fromEntries(parents);
}

async function principalOf({ bindings, body }: TestCall): Promise<PrincipalFacts> {
  const { principal } = body;
  switch (principal.kind) {
    case "anonymous":
      return { type: "Anonymous" };
    case "serviceToken": {
      const token = await findServiceToken(bindings.db, principal.serviceToken);
      return { type: "ServiceToken", id: token.id, name: token.name, groups: JSON.parse(token.groups) };
    }
    case "user": {
      const { id } = await findUser(bindings.db, principal.user);
      const user = (await loadPrincipal(bindings.db, id)) ?? notFound("user");
      const { email, name, groups } = user;
      return { type: "User", id, email, emailVerified: user.emailVerified, name, groups };
    }
  }
}

/** What the gateway would know about such a request; what the body leaves out is not known. */
async function factsOf(call: TestCall): Promise<RequestFacts> {
  const { bindings, body, now } = call;
  const app = await findApp(bindings.db, body.app);
  const { authentication, network } = body;
  return {
    principal: await principalOf(call),
    action: actionOf(body.method, body.upgrade ?? false),
    resource: { app: app.name, segment: app.segment, tags: app.tags },
    request: { method: body.method, host: app.host, path: body.path },
    network: { ip: network?.ip ?? null, country: network?.country ?? null, asn: network?.asn ?? null },
    authentication: authentication
      ? {
          provider: authentication.provider ?? "",
          acr: authentication.acr ?? null,
          amr: authentication.amr ?? [],
          ageSeconds: authentication.ageSeconds ?? 0,
        }
      : null,
    device: body.device ?? null,
    risk: body.risk ?? 0,
    now: body.now ?? now,
  };
}

export const POLICY_TEST_HANDLERS: Handlers<"policies.test"> = {
  "policies.test": async (call) => {
    const { bindings } = call;
    const [facts, statements, parents, epoch] = await Promise.all([
      factsOf(call),
      statementsOf(call),
      groupParents(bindings.db),
      coordinatorObject(bindings).epoch(),
    ]);
    const decision = decide(compilePolicies(statements, parents), facts);
    return {
      body: {
        decision: decision.decision,
        action: facts.action,
        determining: await citedPolicies(bindings.db, decision.determining),
        erroring: decision.erroring.map(({ id, message }) => ({ id, message })),
        reasons: reasonsOf({ ...decision, facts }),
        facts: { ...facts },
        epoch,
      },
    };
  },
};
