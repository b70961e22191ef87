import { policyToJson, preparsePolicySet, statefulIsAuthorized } from "@cedar-policy/cedar-wasm/nodejs";
import { newEnforcer, newModelFromString } from "casbin";
import { compilePolicies, decide } from "../../shared/access/policy/index.ts";
import type { RequestFacts } from "../../shared/access/policy/request.ts";
import { UNKNOWN_NETWORK } from "../../shared/access/policy/request.ts";
import { atLeast, atMost, type BenchResult, median } from "./support/result.ts";

const SIZES = [10, 100, 1_000, 10_000];
/** Milliseconds of each sample. */
const SAMPLE_MS = 150;
const SAMPLES = 7;
/** Runs between two looks at the clock, once they are known to be short. */
const MOST_AT_ONCE = 256;

const FACTS: RequestFacts = {
  principal: {
    type: "User",
    id: "u",
    email: "ann@example.com",
    emailVerified: true,
    name: "Ann",
    groups: ["g3"],
  },
  action: "read",
  resource: { app: "app3", segment: "main", tags: [] },
  request: { method: "GET", host: "app3.example.com", path: "/page" },
  network: { ...UNKNOWN_NETWORK, ip: "203.0.113.7", country: "CH", asn: 64_500 },
  authentication: null,
  device: null,
  risk: 0,
  now: 1_790_000_000_000,
};

/** One permit for each app, as a team writes them. */
const statement = (n: number) =>
  `permit (principal in Group::"g${n}", action, resource == App::"app${n}") when { context.request.path like "/*" };`;

/** Nanoseconds of one decision among 10 to 10,000 policies: ours, Cedar's own with a preparsed set, casbin's. */
export default async function policy(): Promise<BenchResult> {
  const metrics: Record<string, number> = {};
  for (const size of SIZES) {
    const texts = Array.from({ length: size }, (_, n) => statement(n));
    metrics[`ours_${size}_ns`] = await ours(texts);
    metrics[`cedar_wasm_${size}_ns`] = await cedar(texts);
    if (size <= 1_000) metrics[`casbin_${size}_ns`] = await casbin(size);
  }
  const ratio = (a: string, b: string) => (metrics[a] ?? Number.NaN) / (metrics[b] ?? Number.NaN);
  return {
    metrics,
    goals: [
      atLeast(
        "policy 1000 vs cedar-wasm ratio",
        ratio("cedar_wasm_1000_ns", "ours_1000_ns"),
        "times faster",
        50,
      ),
      atLeast("policy 1000 vs casbin ratio", ratio("casbin_1000_ns", "ours_1000_ns"), "times faster", 4),
      atMost("policy 10000 decision", (metrics.ours_10000_ns ?? Number.NaN) / 1_000, "µs", 1.2),
      atMost("policy 10000 vs 10 of other apps", ratio("ours_10000_ns", "ours_10_ns"), "ratio", 1.5),
    ],
  };
}

async function ours(texts: readonly string[]): Promise<number> {
  const statements = texts.map((text, n) => {
    const json = policyToJson(text);
    if (json.type === "failure") throw new Error(JSON.stringify(json.errors));
    return { id: `p${n}`, policy: json.json };
  });
  const compiled = compilePolicies(statements);
  return nanoseconds(() => decide(compiled, FACTS).decision === "allow");
}

async function cedar(texts: readonly string[]): Promise<number> {
  const parsed = preparsePolicySet("bench", { staticPolicies: texts.join("\n") });
  if (parsed.type === "failure") throw new Error(JSON.stringify(parsed.errors));
  const call = {
    principal: { type: "User", id: "ann@example.com" },
    action: { type: "Action", id: "read" },
    resource: { type: "App", id: "app3" },
    context: { request: { path: "/page" } },
    preparsedPolicySetId: "bench",
    entities: [
      { uid: { type: "User", id: "ann@example.com" }, attrs: {}, parents: [{ type: "Group", id: "g3" }] },
    ],
  };
  return nanoseconds(() => {
    const answer = statefulIsAuthorized(call as unknown as Parameters<typeof statefulIsAuthorized>[0]);
    return answer.type === "success" && answer.response.decision === "allow";
  });
}

async function casbin(size: number): Promise<number> {
  const enforcer = await newEnforcer(
    newModelFromString(`[request_definition]
r = sub, obj, path
[policy_definition]
p = sub, obj, path
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub) && r.obj == p.obj && keyMatch(r.path, p.path)`),
  );
  await enforcer.addPolicies(Array.from({ length: size }, (_, n) => [`g${n}`, `app${n}`, "/*"]));
  await enforcer.addGroupingPolicy("ann@example.com", "g3");
  return nanoseconds(() => enforcer.enforceSync("ann@example.com", "app3", "/page"));
}

/** Median nanoseconds of one run, which must allow. */
function nanoseconds(run: () => boolean): number {
  const samples: number[] = [];
  for (let sample = 0; sample <= SAMPLES; sample++) {
    const begin = busyMs();
    let count = 0;
    // Asked in growing batches: to ask the clock costs as much as a decision.
    for (let batch = 1; busyMs() - begin < SAMPLE_MS; batch = isShort(begin, count) ? MOST_AT_ONCE : 1) {
      for (let n = 0; n < batch; n++) if (!run()) throw new Error("the request must be allowed");
      count += batch;
    }
    if (sample > 0) samples.push(((busyMs() - begin) * 1_000_000) / count);
  }
  return median(samples);
}

/** Whether so many of them would be over soon. */
const isShort = (begin: number, count: number): boolean =>
  ((busyMs() - begin) / count) * MOST_AT_ONCE < SAMPLE_MS / 10;

/** Milliseconds for which this thread had a processor: what else the machine does is not counted. */
function busyMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
