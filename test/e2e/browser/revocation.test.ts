import type { Server } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startLiveApp } from "../../../scripts/demo/live-app.ts";
import { percentile } from "../../bench/support/result.ts";
import { openBrowser } from "../../support/browser.ts";
import { closeServer, freePort, type System, startSystem } from "../../support/harness.ts";
import { where } from "../../support/needs.ts";
import { drawn } from "../../support/sample.ts";

/** The main job in a real browser: sign in, use streams, be put out within a second. */

const ROUNDS = drawn(8, 50);

where("chromium").describe("a person in Chromium", () => {
  let system: System;
  let live: Server;
  let liveOrigin: string;
  beforeAll(async () => {
    const port = await freePort();
    live = await startLiveApp(port);
    system = await startSystem({ developmentHosts: [`127.0.0.1:${port}`] });
    await system.admin.call("apps.create", {
      body: {
        name: "live",
        title: "Live",
        host: "live.localhost",
        segment: "main",
        upstreams: [`http://127.0.0.1:${port}`],
      },
    });
    await system.admin.call("policies.create", {
      body: {
        name: "live",
        source: `permit (principal in Group::"engineering", action, resource == App::"live");`,
      },
    });
    liveOrigin = `http://live.localhost:${system.port}`;
  });
  afterAll(async () => {
    closeServer(live);
    await system.stop();
  });

  it(`is put out of both streams by a kill, ${ROUNDS} times`, { timeout: 300_000 }, async () => {
    const { context, close } = await openBrowser();
    const page = await context.newPage();
    const cuts: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await page.goto(liveOrigin);
      if (page.url().startsWith(system.issuer)) await page.click("#alice");
      await page.waitForFunction(() =>
        /hello|tick/.test(document.getElementById("socket")?.textContent ?? ""),
      );
      await page.waitForFunction(() => /event \d/.test(document.getElementById("events")?.textContent ?? ""));
      const killedAt = Date.now();
      await system.admin.call("sessions.killMany", { body: { by: "user", user: "alice@example.com" } });
      await page.waitForFunction(() => {
        const { cuts } = window as unknown as { cuts: { socket?: object; events?: object } };
        return cuts.socket !== undefined && cuts.events !== undefined;
      });
      const seen = await page.evaluate(
        () =>
          (window as unknown as { cuts: { socket: { at: number; code: number }; events: { at: number } } })
            .cuts,
      );
      expect(seen.socket.code).toBe(4401);
      cuts.push(Math.max(seen.socket.at, seen.events.at) - killedAt);
      const next = await page.evaluate(() =>
        fetch("/", { headers: { accept: "application/json" } }).then((response) => response.status),
      );
      expect(next).toBe(401);
    }
    await close();
    const [p50, p99] = [percentile(cuts, 0.5), percentile(cuts, 0.99)];
    process.stdout.write(
      `\nkill to cut in Chromium, ${ROUNDS} rounds: p50 ${p50} ms, p99 ${p99} ms, max ${Math.max(...cuts)} ms\n`,
    );
    expect(cuts).toHaveLength(ROUNDS);
  });
});
