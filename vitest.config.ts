import { randomInt } from "node:crypto";
import { availableParallelism } from "node:os";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { localBindings, readDeployment } from "./scripts/local/deployment.ts";
import { SplitFirst } from "./test/support/split-first.ts";

const deployment = readDeployment();

const common = {
  /** Every file may run beside every other, of whatever project: one number for all makes them one queue. */
  maxWorkers: Math.max(2, availableParallelism()),
  /** Files that follow each other share a process: to load everything anew costs more than most of them take. */
  isolate: false,
  /** A test that looks at nothing can't fail. */
  expect: { requireAssertions: true, poll: { timeout: 20_000 } },
};

/** What `test/support/sample.ts` draws from: new in each run, unless it is given to repeat one. */
process.env.RUSTRONAUT_SEED ??= String(randomInt(2 ** 31));

export default defineConfig({
  test: {
    sequence: { sequencer: SplitFirst },
    projects: [
      { test: { ...common, name: "node", include: ["test/unit/**/*.test.ts"], testTimeout: 60_000 } },
      {
        test: {
          ...common,
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: ["test/support/build-once.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        plugins: [
          cloudflareTest({
            main: "./workers/index.ts",
            miniflare: {
              compatibilityDate: deployment.compatibilityDate,
              // The test runner in workerd needs Node's API.
              compatibilityFlags: [...deployment.compatibilityFlags, "nodejs_compat"],
              modulesRules: [{ type: "CompiledWasm", include: ["**/*.wasm"] }],
              ...localBindings(deployment),
              bindings: {
                AUTH_ORIGIN: "http://auth.localhost",
                HUB_ORIGIN: "http://hub.localhost",
                SECRET_KEY: "dGVzdC1vbmx5LWtleS1vZi10aGlydHktdHdvLWJ5dGU",
                BOOTSTRAP_TOKEN: "test-only-bootstrap-token-0123456789-abcdefghijk",
              },
            },
          }),
        ],
        test: {
          ...common,
          isolate: true,
          // workerd's own environment has nothing of this process's.
          env: {
            RUSTRONAUT_SEED: process.env.RUSTRONAUT_SEED,
            RUSTRONAUT_SOAK: process.env.RUSTRONAUT_SOAK ?? "",
          },
          name: "workerd",
          include: ["test/workers/**/*.test.ts"],
          testTimeout: 60_000,
        },
      },
    ],
  },
});
