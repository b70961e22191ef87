import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { applyRegistry } from "../registry.ts";

test("the registry's migrations apply, twice without harm", async () => {
  await applyRegistry();
  await applyRegistry();
  expect(await env.DB.prepare("SELECT count(*) AS n FROM users").first("n")).toBe(0);
});
