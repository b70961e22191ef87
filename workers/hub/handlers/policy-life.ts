import type { PrincipalFacts } from "../../../shared/access/policy/request.ts";
import { policyNameOf } from "../../../shared/access/policy/statement-id.ts";
import type { Flip } from "../../../shared/access/replay.ts";
import { REPLAY_DAYS } from "../../../shared/api/policy-life.ts";
import type { Decider } from "../../../shared/audit/types.ts";
import type { RowOf } from "../../../shared/registry/rows.ts";
import type { policies, policyVersions } from "../../../shared/registry/schema.ts";
import type { SnapshotPolicy } from "../../../shared/registry/snapshot.ts";
import { auditObject, compilerObject, coordinatorObject } from "../../platform/objects.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { snapshotAt } from "../../registry/snapshot.ts";
import type { Call, Handlers } from "../call.ts";
import { lockOutsBy } from "../lock-outs.ts";
import { type HeldPolicy, heldPolicies, statementsWithout } from "../policy-judge.ts";
import { compileSource, findIssues, refuseBulk } from "../policy-source.ts";

const DAY_MS = 86_400_000;
const COVERAGE_DAYS = 30;

/** The drafts as policies. One without a text has no statements. */
async function draftPolicies(call: Call<"policies.replay">): Promise<HeldPolicy[]> {
  const { drafts } = call.body;
  refuseBulk(
    call,
    drafts.map(({ source }) => source ?? ""),
  );
  return Promise.all(
    drafts.map(async ({ name, source }) => ({
      name,
      statements: source === null ? [] : await compileSource(call, source, name),
    })),
  );
}

function callerView(caller: PrincipalFacts) {
  if (caller.type === "Anonymous") return { kind: "anyone" as const, id: null, name: "anyone" };
  return caller.type === "User"
    ? { kind: "user" as const, id: caller.id, name: caller.email }
    : { kind: "serviceToken" as const, id: caller.id, name: caller.name };
}

const flipView = ({ caller, before, after, example, ...rest }: Flip) => ({
  ...rest,
  caller: callerView(caller),
  ...{ before: [...before], after: [...after], example: { ...example } },
});

type PolicyRow = Pick<RowOf<typeof policies>, "id" | "name" | "enabled" | "shadow"> &
  Pick<RowOf<typeof policyVersions>, "number" | "source" | "compiled" | "created_at">;

const SELECT_POLICIES = `SELECT p.id, p.name, p.enabled, p.shadow, v.number, v.source, v.compiled, v.created_at
  FROM policies p JOIN policy_versions v ON v.policy_id = p.id AND v.number = p.current_version`;

/** What a policy decided. One in shadow decides nothing; what it would have decided counts for it. */
function coverageOf(row: PolicyRow, all: readonly Decider[]) {
  const isShadow = row.enabled === 0 && row.shadow === 1;
  const deciders = all.filter((one) => one.isShadow === isShadow);
  const sum = (pick: (one: Decider) => number) => deciders.reduce((total, one) => total + pick(one), 0);
  const statements = JSON.parse(row.compiled) as { id: string; policy: { effect: "permit" | "forbid" } }[];
  return {
    ...{ id: row.id, name: row.name, enabled: row.enabled === 1, shadow: isShadow },
    ...{ currentVersion: row.number, publishedAt: row.created_at },
    decisions: sum(({ decisions }) => decisions),
    changes: sum(({ changes }) => changes),
    lastAt: deciders.length === 0 ? null : Math.max(...deciders.map(({ lastAt }) => lastAt)),
    statements: statements.map(({ id, policy }) => ({
      ...{ id, effect: policy.effect },
      decisions: deciders.find(({ statement }) => statement === id)?.decisions ?? 0,
    })),
  };
}

export const POLICY_LIFE_HANDLERS: Handlers<"policies.review" | "policies.replay" | "policies.coverage"> = {
  "policies.review": async (call) => {
    const { bindings, body } = call;
    const { name, source, tests = [] } = body;
    const row = await bindings.db
      .prepare(`${SELECT_POLICIES} WHERE p.name = ?`)
      .bind(name)
      .first<PolicyRow>();
    const checked = source === null ? null : await findIssues(call, { name, source, tests });
    const statements: readonly SnapshotPolicy[] | null =
      source === null ? [] : checked?.valid ? await compileSource(call, source, name) : null;
    const { sentences } =
      statements === null ? { sentences: [] } : await lockOutsBy(call, { policies: [{ name, statements }] });
    return {
      body: {
        current: row
          ? {
              ...{ version: row.number, source: row.source },
              ...{ enabled: row.enabled === 1, shadow: row.shadow === 1 },
            }
          : null,
        ...{ issues: checked?.issues ?? [], warnings: checked?.warnings ?? [] },
        ...{ tests: tests.length, failures: checked?.failures ?? [] },
        lockOuts: [...sentences],
      },
    };
  },

  "policies.replay": async (call) => {
    const { bindings, body, caller, now } = call;
    const { since = now - REPLAY_DAYS * DAY_MS, until = now } = body;
    if (since >= until) throwRefusal("invalid_input", "`since` must come before `until`.");
    const [inForce, drafts] = [await heldPolicies(bindings.db), await draftPolicies(call)];
    const { registered, apps } = await snapshotAt(bindings, await coordinatorObject(bindings).epoch());
    const others = statementsWithout(inForce, new Set(drafts.map(({ name }) => name)));
    const replayed = await compilerObject(bindings, caller.actor).replay({
      before: statementsWithout(inForce, new Set()),
      after: [...others, ...drafts.flatMap(({ statements }) => statements)],
      ...{ registered, apps, since, until },
    });
    if (!replayed.ok)
      return throwRefusal("rate_limited", "A replay of yours is still running. Try again when it is done.", {
        retryAfterSeconds: replayed.error.retryAfterSeconds,
      });
    const { flips, newlyDenied, newlyAllowed, ...rest } = replayed.value;
    return {
      body: {
        ...{ since, until, ...rest, flips: flips.map(flipView) },
        ...{ newlyDenied: { ...newlyDenied }, newlyAllowed: { ...newlyAllowed } },
      },
    };
  },

  "policies.coverage": async ({ bindings, query, now }) => {
    const since = query.since ?? now - COVERAGE_DAYS * DAY_MS;
    const [{ results }, { countedSince, deciders }] = await Promise.all([
      bindings.db.prepare(`${SELECT_POLICIES} ORDER BY p.name`).all<PolicyRow>(),
      auditObject(bindings).deciders(since),
    ]);
    const byPolicy = Map.groupBy(deciders, ({ statement }) => policyNameOf(statement));
    return {
      body: {
        ...{ since, countedSince },
        policies: results.map((row) => coverageOf(row, byPolicy.get(row.name) ?? [])),
      },
    };
  },
};
