import { describe, expect, it } from "vitest";
import { compilePolicies } from "../../../shared/access/policy/index.ts";
import { readQuestion } from "../../../shared/access/question.ts";
import type { RiskSignal } from "../../../shared/access/risk/signal.ts";
import type { Session } from "../../../shared/access/sessions/types.ts";
import { DEFAULT_APP_SETTINGS } from "../../../shared/registry/app-settings.ts";
import type { SnapshotApp } from "../../../shared/registry/snapshot.ts";
import { judge } from "../../../workers/gateway/judge.ts";
import { NEW_SIGN_IN_MS, stepUpFor } from "../../../workers/gateway/step-up.ts";
import { jsonOf } from "../access/policy/support.ts";
import { createSession, principal } from "../access/sessions/fixtures.ts";

const NOW = 1_800_000_000_000;
const snapshotOf = (source: string) =>
  ({
    policies: compilePolicies(
      source.split(/(?<=;) (?=@)/).map((text, i) => ({ id: `p#${i + 1}`, policy: jsonOf(text) })),
    ),
  }) as Parameters<typeof stepUpFor>[2];

function askedBy(
  signals: readonly RiskSignal[],
  own: readonly RiskSignal[],
  signedInAgoMs: number,
  source = OPEN,
) {
  const app: SnapshotApp = {
    ...{
      id: "app_1",
      name: "wiki",
      title: "Wiki",
      host: "wiki.example",
      hosts: ["wiki.example"],
      upstreams: [],
    },
    ...{ segmentId: "seg_1", segmentName: "main", tags: [], settings: DEFAULT_APP_SETTINGS, through: [] },
  };
  const question = readQuestion(
    { method: "POST", headers: { get: () => null }, network: { ip: null, country: null, asn: null } },
    app,
    "/",
  );
  if (!question.ok) throw new Error("it is forwarded");
  const at = NOW - signedInAgoMs;
  const { lifetime: _, secretHash: __, maxPerUser: ___, ...made } = createSession();
  const session: Session = {
    ...made,
    ...{ createdAt: at, lastSeenAt: NOW, expiresAt: NOW + 1_000_000 },
    principal: principal({ risk: signals }),
    authentication: { ...made.authentication, authTime: at / 1_000 },
    risk: { signals: own, whereabouts: null, version: 1 },
  };
  const caller = { kind: "user", session, owner: "o", epoch: 1 } as const;
  const snapshot = snapshotOf(source);
  const stepUp = stepUpFor(question.value, caller, snapshot, NOW);
  return {
    grade: judge(question.value, caller, snapshot, NOW).access.grade,
    helps: stepUp !== null,
    stepUp,
  };
}

const OPEN = "permit (principal, action, resource);";
const signal = (score: number): RiskSignal => ({
  ...{ source: "s", kind: "k", score, at: NOW - 1_000, halfLifeSeconds: 86_400 },
});

describe("a new sign-in is offered", () => {
  it("where it would lift what the risk of the person or of the session refuses", () => {
    expect(askedBy([signal(80)], [], 3_600_000)).toMatchObject({ grade: "pause", helps: true });
    expect(askedBy([], [signal(60)], 3_600_000)).toMatchObject({ grade: "read_only", helps: true });
  });
  it("not where the risk is above what is allowed, nor where permits ask for what excludes each other", () => {
    expect(askedBy([signal(95)], [], 3_600_000)).toMatchObject({ grade: "cut", helps: false });
    const both = `@acr("gold") ${OPEN} @acr("silver") ${OPEN}`;
    expect(askedBy([], [], 3_600_000, both)).toMatchObject({ grade: "pause", helps: false });
    expect(askedBy([], [], 3_600_000, `@verify("approval") ${OPEN}`)).toMatchObject({ helps: false });
  });
  it("where a permit asks for more than the sign-in showed, also right after it", () => {
    for (const [terms, need] of [
      [`@verify("second_factor")`, { verification: "second_factor" }],
      [`@acr("gold silver")`, { acr: ["gold", "silver"] }],
      [`@amr("hwk")`, { amr: ["hwk"] }],
    ] as const) {
      const asked = askedBy([], [], 1_000, `${terms} ${OPEN}`);
      expect(asked).toMatchObject({ grade: "pause", stepUp: { signInAfter: null, need } });
    }
  });
  it("not within a minute of the last one, which would lead in a circle where the provider's clock is behind", () => {
    expect(askedBy([signal(80)], [], NEW_SIGN_IN_MS - 1_000)).toMatchObject({ grade: "pause", helps: false });
  });
});
