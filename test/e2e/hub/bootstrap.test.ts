import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { localRequest } from "../../../scripts/local/http.ts";
import { type Platform, startPlatform } from "../../../scripts/local/platform.ts";
import { freePort } from "../../support/harness.ts";

const BOOTSTRAP_TOKEN = randomBytes(32).toString("base64url");
const KEYS = Array.from({ length: 20 }, (_, at) => ({ "idempotency-key": `bootstrap-${at}` }));

let platform: Platform;
let hubOrigin: string;
beforeAll(async () => {
  const port = await freePort();
  hubOrigin = `http://hub.localhost:${port}`;
  platform = await startPlatform({
    port,
    authOrigin: `http://auth.localhost:${port}`,
    hubOrigin,
    secretKey: randomBytes(32).toString("base64url"),
    bootstrapToken: BOOTSTRAP_TOKEN,
    developmentHosts: [],
    quiet: true,
    withoutDashboard: true,
  });
});
afterAll(() => platform.stop());

async function bootstrap(token: string | null, headers: Record<string, string> = {}) {
  const { status, text } = await localRequest(`${hubOrigin}/api/v1/bootstrap`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: JSON.stringify({ name: "once", ownerEmail: "first@example.com" }),
  });
  return { status, ...(JSON.parse(text) as { code?: string; secret?: string }) };
}

it.each([
  ["no bearer", null],
  ["an empty one", ""],
  ["a wrong one", "x"],
  ["one that lacks a character", BOOTSTRAP_TOKEN.slice(1)],
  ["one that is longer", `${BOOTSTRAP_TOKEN}x`],
])("%s creates nothing", async (_what, token) => {
  expect(await bootstrap(token)).toMatchObject({ status: 401, code: "invalid_credentials" });
});

it("20 calls at the same time create one network, one owner and one token", async () => {
  const answers = await Promise.all(KEYS.map((key) => bootstrap(BOOTSTRAP_TOKEN, key)));
  const secrets = new Set(answers.flatMap(({ secret }) => secret ?? []));
  expect(secrets.size).toBe(1);
  for (const { status, code } of answers)
    if (status !== 201) expect([status, code]).toEqual([409, "conflict"]);
  const db = await platform.miniflare.getD1Database("DB");
  for (const table of ["networks", "users", "api_tokens"]) {
    expect(await db.prepare(`SELECT count(*) AS n FROM ${table}`).first("n")).toBe(1);
  }
  const [secret = ""] = secrets;
  const me = await localRequest(`${hubOrigin}/api/v1/me`, { headers: { authorization: `Bearer ${secret}` } });
  expect([me.status, JSON.parse(me.text).role]).toEqual([200, "owner"]);
});

it("a second network is refused, and no key of an earlier call opens its answer to others", async () => {
  expect(await bootstrap(BOOTSTRAP_TOKEN)).toMatchObject({ status: 409, code: "conflict" });
  for (const token of [null, "guess"]) {
    for (const key of KEYS) {
      const { status, secret } = await bootstrap(token, key);
      expect([status, secret]).toEqual([401, undefined]);
    }
  }
});
