import { policyToJson } from "@cedar-policy/cedar-wasm/nodejs";
import { compilePolicies } from "../../shared/access/policy/index.ts";
import { Replay } from "../../shared/access/replay.ts";
import { DEFAULT_APP_SETTINGS } from "../../shared/registry/app-settings.ts";
import { decision } from "../workers/audit/entries.ts";
import { atMost, type BenchResult } from "./support/result.ts";

const DECISIONS = 100_000;
const POLICIES = 1_000;

function statements(last: string) {
  return Array.from({ length: POLICIES }, (_, n) => {
    const source =
      n === POLICIES - 1
        ? last
        : `permit (principal in Group::"g${n}", action, resource == App::"app${n}") when { context.request.path like "/*" };`;
    const json = policyToJson(source);
    if (json.type === "failure") throw new Error(JSON.stringify(json.errors));
    return { id: `p${n}#1`, policy: json.json };
  });
}

/** Seconds to judge 100,000 recorded decisions again, by 1,000 policies and by these with a draft. */
export default async function replay(): Promise<BenchResult> {
  const texts = Array.from({ length: DECISIONS }, (_, n) => {
    const { facts, ...rest } = decision(n);
    const app = `app${n % POLICIES}`;
    return JSON.stringify({
      ...{ ...rest, appName: app },
      facts: {
        ...facts,
        principal: { ...facts.principal, groups: [`g${n % POLICIES}`] },
        resource: { app, segment: "main", tags: [] },
        request: { ...facts.request, path: n % 100 === 0 ? "/admin" : `/page/${n}` },
      },
    });
  });
  const before = statements('forbid (principal, action == Action::"delete", resource);');
  const after = statements('forbid (principal, action, resource) when { context.request.path == "/admin" };');
  const begun = performance.now();
  const again = new Replay(compilePolicies(before), compilePolicies(after), [], DEFAULT_APP_SETTINGS);
  for (const text of texts) again.judge(JSON.parse(text));
  const seconds = (performance.now() - begun) / 1_000;
  const { newlyDenied } = again.report();
  if (newlyDenied.requests === 0) throw new Error("the draft must deny something");
  return {
    metrics: { replay_100000_s: seconds, newly_denied: newlyDenied.requests },
    goals: [atMost("replay of 100000 decisions over 1000 policies", seconds, "s", 20)],
  };
}
