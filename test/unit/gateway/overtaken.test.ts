import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Bindings } from "../../../workers/platform/env.ts";
import { answeredBy } from "../../support/objects.ts";

const SEGMENT = "seg_00000000000000000000000000";
const APP = {
  ...{
    id: "app_1",
    name: "wiki",
    title: "Wiki",
    host: "wiki.example.com",
    other_hosts: "[]",
    tags: "[]",
    through: "[]",
    settings: "{}",
  },
  ...{ segment_id: SEGMENT, segment_name: "main" },
};
const request = () =>
  new Request("https://wiki.example.com/", {
    headers: { cookie: `__Host-rn_s=${SEGMENT}.weur.3.${"A".repeat(43)}` },
  });

/** A gateway of its own, and a session whose owner knows of a newer epoch each time, so often. */
async function gateway(changes: number) {
  vi.resetModules();
  const { serveGateway } = await import("../../../workers/gateway/index.ts");
  let epoch = 1;
  let asked = 0;
  const verify = async () => {
    asked++;
    if (epoch <= changes) epoch++;
    return { ok: true, session: { expiresAt: Date.now() + 60_000 }, epoch };
  };
  const bindings = {
    authOrigin: "https://auth.example.com",
    hubOrigin: "https://hub.example.com",
    developmentHosts: [],
    NETWORK_COORDINATOR: answeredBy({ epoch: async () => epoch }),
    SEGMENT_SESSIONS: answeredBy({ verify }),
    db: {
      prepare: (query: string) => query,
      batch: async (queries: readonly string[]) =>
        queries.map((query) => ({ results: query.includes("FROM apps a") ? [APP] : [] })),
    },
  } as unknown as Bindings;
  const ctx = { waitUntil: () => {} } as unknown as ExecutionContext;
  const answer = await serveGateway(request(), bindings, ctx, () => []);
  return { status: answer.status, asked };
}

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  return () => vi.restoreAllMocks();
});

describe("a request that a change of the apps overtakes", () => {
  it("is begun anew until one attempt is not overtaken", async () => {
    expect((await gateway(2)).asked).toBe(3);
  });

  it("is given up after five, not begun for ever", async () => {
    expect(await gateway(1_000)).toEqual({ status: 503, asked: 5 });
  });
});
