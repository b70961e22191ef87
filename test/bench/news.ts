import type { NetworkDocument } from "../../shared/api/document.ts";
import { signIn } from "../support/attack.ts";
import { type System, startSystem } from "../support/harness.ts";
import { atMost, type BenchResult, median, percentile } from "./support/result.ts";

const APPS = 1_000;
const POLICIES = 1_000;
/** As many as one document carries in reasonable time. */
const AT_ONCE = 250;
const ROUNDS = 60;
const POLICY_ROUNDS = 10;

/**
 * From the administrator's request that changes a user to the first verdict that knows of it, in a network with 1,000 apps
 * and 1,000 policies, and how often the isolate loaded them anew for it: each load is of another policy epoch, which the
 * decisions name. A changed group, which every isolate does load, stands beside it.
 */
export default async function news(): Promise<BenchResult> {
  const system = await startSystem({
    policies: [
      { name: "members", source: `permit (principal in Group::"news", action, resource == App::"app");` },
    ],
  });
  await fill(system);
  await system.admin.call("groups.create", { body: { name: "news" } });
  const join = { group: "news", kind: "user", member: "alice@example.com" };
  await system.admin.call("groups.addMember", { params: join });
  const alice = await signIn(system);

  const expectStatus = async (wanted: number) => {
    const { status } = await alice.send("/", ["Sec-Fetch-Mode: cors"]);
    if (status !== wanted) throw new Error(`a request was answered ${status} instead of ${wanted}`);
  };
  const users: number[] = [];
  const answers: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const removes = round % 2 === 0;
    const changedAt = performance.now();
    await system.admin.call(removes ? "groups.removeMember" : "groups.addMember", { params: join });
    answers.push(performance.now() - changedAt);
    await expectStatus(removes ? 403 : 200);
    users.push(performance.now() - changedAt);
  }
  const reloads = (await epochsDecidedUnder(system)) - 1;

  const groups: number[] = [];
  for (let round = 0; round < POLICY_ROUNDS; round++) {
    const changedAt = performance.now();
    await system.admin.call("groups.create", { body: { name: `group-${round}` } });
    await expectStatus(200);
    groups.push(performance.now() - changedAt);
  }
  await system.stop();
  return {
    metrics: {
      apps: APPS,
      policies: POLICIES,
      user_changes: ROUNDS,
      reloads_by_user_changes: reloads,
      user_change_answered_p50_ms: median(answers),
      user_change_answered_p99_ms: percentile(answers, 0.99),
      user_to_verdict_p50_ms: median(users),
      user_to_verdict_p99_ms: percentile(users, 0.99),
      group_to_verdict_p50_ms: median(groups),
    },
    goals: [
      atMost("reloads of an isolate by changed users", reloads, "loads", 0),
      atMost("changed user to verdict p99", percentile(users, 0.99), "ms", 100),
    ],
  };
}

/** Apps that nobody visits and policies that concern nobody, beside those that the system started with. */
async function fill(system: System): Promise<void> {
  for (let at = 0; at < Math.max(APPS, POLICIES); at += AT_ONCE) {
    const numbers = Array.from({ length: AT_ONCE }, (_, n) => at + n);
    const document: NetworkDocument = {
      version: 1,
      apps: numbers.map((n) => ({
        name: `app-${n}`,
        title: `App ${n}`,
        host: `app-${n}.localhost`,
        segment: "main",
        upstreams: [`https://app-${n}.example.com`],
      })),
      policies: numbers.map((n) => ({
        name: `policy-${n}`,
        source: `permit (principal in Group::"team-${n}", action, resource == App::"app-${n}");`,
      })),
    };
    const { data } = await system.admin.call("network.plan", { body: { document } });
    await system.admin.call("network.apply", { body: { document, baseVersion: data.baseVersion } });
  }
}

/** Policy epochs of the newest decisions, of which each round has one. */
async function epochsDecidedUnder(system: System): Promise<number> {
  const { data } = await system.admin.call("decisions.list", {
    query: { app: "app", limit: String(ROUNDS) },
  });
  if (data.items.length < ROUNDS) throw new Error(`only ${data.items.length} decisions were recorded`);
  return new Set(data.items.map(({ epoch }) => epoch)).size;
}
