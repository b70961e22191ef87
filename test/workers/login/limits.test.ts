import { createExecutionContext, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import {
  limitedNetwork,
  type Rate,
  SIGN_INS_PER_NETWORK,
  TOKENS_PER_NETWORK,
} from "../../../shared/access/login/rate.ts";
import { hashSecret } from "../../../shared/access/login/secret-hash.ts";
import worker from "../../../workers/index.ts";
import { attemptsObject } from "../../../workers/platform/objects.ts";
import { applyRegistry } from "../registry.ts";
import { bindings, silentProvider, startNetwork } from "./silent-provider.ts";

beforeAll(async () => {
  await applyRegistry();
  await startNetwork();
  await silentProvider();
});

const NAVIGATION = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "none" };

const from = (address: string, url: string, init: RequestInit = {}) =>
  new Request(url, { redirect: "manual", ...init, headers: { ...NAVIGATION, "CF-Connecting-IP": address } });

/** Counts as many events as are allowed, a moment ago. */
async function useUp(network: string, kind: string, { limit }: Rate): Promise<void> {
  const key = hashSecret(`${kind}:network:${network}`);
  // Only a real object runs code of a test.
  const object = attemptsObject(bindings, key) as unknown as DurableObjectStub;
  const now = Date.now();
  await runInDurableObject(object, (_, state) => {
    for (let n = 0; n < limit; n++)
      state.storage.sql.exec(
        "INSERT INTO admissions (key, at, expires_at) VALUES (?, ?, ?)",
        ...[key, now, now + 60_000],
      );
  });
}

async function send(request: Request) {
  const response = await worker.fetch(request, env, createExecutionContext());
  await response.body?.cancel();
  return { status: response.status, wait: Number(response.headers.get("retry-after") ?? 0) };
}

describe("one client network can't begin sign-ins without end", () => {
  it.each([
    ["at a provider", "sign-in:provider", "http://auth.localhost/", 403],
    [
      "of a command line",
      "sign-in:client",
      "http://hub.localhost/oauth/authorize?client_id=rustronaut&redirect_uri=http://127.0.0.1:9/callback&response_type=code&code_challenge_method=S256&code_challenge=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&state=0123456789abcdef&machine=m",
      303,
    ],
    ["for the hub", "sign-in:app", "http://hub.localhost/.rustronaut/sign-in", 302],
  ])("%s", async (_where, kind, url, otherwise) => {
    await useUp("192.0.2.1", kind, SIGN_INS_PER_NETWORK);
    const refused = await send(from("192.0.2.1", url));
    expect(refused.status).toBe(429);
    expect(refused.wait).toBeGreaterThan(0);
    expect((await send(from("192.0.2.2", url))).status).toBe(otherwise);
  });
  it("counts a whole site of IPv6 as one", async () => {
    await useUp(limitedNetwork("2001:db8:1:2::1"), "sign-in:app", SIGN_INS_PER_NETWORK);
    const url = "http://hub.localhost/.rustronaut/sign-in";
    expect((await send(from("2001:db8:1:ffff::9", url))).status).toBe(429);
    expect((await send(from("2001:db8:2::1", url))).status).toBe(302);
  });
});

it("one client network can't ask for tokens without end", async () => {
  await useUp("192.0.2.1", "token", TOKENS_PER_NETWORK);
  const ask = (address: string) =>
    send(
      from(address, "http://auth.localhost/oauth/token", {
        method: "POST",
        body: new URLSearchParams({ grant_type: "x" }),
      }),
    );
  expect((await ask("192.0.2.1")).status).toBe(429);
  expect((await ask("192.0.2.2")).status).toBe(400);
});
