import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { serveProofs } from "../../../agent/device/proof-server.ts";
import { CHROMIUM, openBrowser } from "../../support/browser.ts";
import { enrolDevice, hubOf, proofOf, reportPosture } from "../../support/device.ts";
import { type System, startSystem } from "../../support/harness.ts";
import { startModelAgent } from "../../support/model-agent.ts";
import { where } from "../../support/needs.ts";
import type { TestNode } from "../../support/node-client.ts";
import { isAccessible, overflow } from "./page-checks.ts";

/** What only a browser decides: whether a page of the auth host may ask the agent on the loopback interface. */
where("chromium").describe(`a device proves itself to ${CHROMIUM}`, () => {
  let system: System;
  let node: TestNode;
  beforeAll(async () => {
    const needed = "context has device && context.device.claims.age < 300";
    const source = `permit (principal is User, action, resource == App::"app") when { ${needed} };`;
    system = await startSystem({ withoutDashboard: true, policies: [{ name: "app", source }] });
    node = await enrolDevice(system, await hubOf(system));
  });
  afterAll(() => system.stop());

  /** The agent's own server; only what it signs with is the test's. */
  const agent = (origin = system.authOrigin) =>
    serveProofs({ origin: () => origin, sign: (challenge, at) => proofOf(node, challenge, at) });

  it("is let in with an agent, and put out when the agent's last report is too old", async () => {
    const { context, close } = await openBrowser();
    onTestFinished(close);
    const page = await context.newPage();
    await page.goto(`${system.appOrigin}/reports`);
    await page.getByRole("link", { name: /alice/i }).first().click();
    await page.getByRole("heading", { name: "needs a device that runs the Rustronaut agent" }).waitFor();
    await isAccessible(page, "the page that finds no agent");
    expect(system.upstream.hits()).toBe(0);

    // An agent of another network's auth host answers nobody here.
    const foreign = await agent("https://auth.example.com");
    await page.getByRole("link", { name: "Try again" }).click();
    await page.getByRole("heading", { name: "needs a device that runs the Rustronaut agent" }).waitFor();
    await foreign.close();

    const own = await agent();
    await page.getByRole("link", { name: "Try again" }).click();
    await page.waitForURL(`${system.appOrigin}/reports`);
    expect(system.upstream.seen.map(({ url }) => url)).toContain("/reports");
    await page.evaluate(() => {
      const page = window as unknown as { events: EventSource };
      page.events = new EventSource("/events");
    });
    await expect.poll(() => system.upstream.open.has("/events")).toBe(true);

    // The agent has stopped: its last report is this one.
    await own.close();
    await reportPosture(node, {}, 298_500);
    await expect.poll(() => system.upstream.open.has("/events"), { timeout: 10_000 }).toBe(false);
    await page.goto(`${system.appOrigin}/reports`);
    expect(await page.textContent("h1")).toContain("open");
    await page.getByText("does not meet what a policy asks").waitFor();

    // It runs again.
    await reportPosture(node);
    await page.goto(`${system.appOrigin}/reports`);
    expect(page.url()).toBe(`${system.appOrigin}/reports`);
  });

  it("fits a narrow window", async () => {
    const { context, close } = await openBrowser({ width: 390, height: 844 });
    onTestFinished(close);
    const page = await context.newPage();
    await page.emulateMedia({ colorScheme: "dark" });
    await page.goto(`${system.appOrigin}/reports`);
    await page.getByRole("link", { name: /alice/i }).first().click();
    await page.getByRole("heading", { name: "needs a device that runs the Rustronaut agent" }).waitFor();
    expect(await overflow(page)).toBe(0);
    if (process.env.SHOTS)
      await page.screenshot({ path: `${process.env.SHOTS}/device-390.png`, fullPage: true });
  });

  it("is proven by the agent's own process to a browser beside it, until that process ends", async () => {
    const { etag } = await system.admin.call("segments.get", { params: { segment: "main" } });
    await system.admin.call("segments.update", {
      params: { segment: "main" },
      body: { deviceChecks: ["shell = file /bin/sh", "spy = file /opt/spy/spyd"] },
      ifMatch: etag ?? "",
    });
    const checks = 'context.device.claims.checks.containsAll(["shell:present", "spy:absent"])';
    const demand = async (age: number) => {
      const policy = await system.admin.call("policies.get", { params: { policy: "app" } });
      const needed = `context has device && context.device.claims.age < ${age} && ${checks}`;
      const source = `permit (principal is User, action, resource == App::"app") when { ${needed} };`;
      await system.admin.call("policies.publish", {
        params: { policy: "app" },
        body: { source },
        ifMatch: policy.etag ?? "",
      });
    };
    await demand(300);
    const { data } = await system.admin.call("enrolmentKeys.create", {
      body: { name: "laptops", segment: "main", preApproved: true, user: "alice@example.com" },
    });
    const words = ["--hostname", "laptop", "--prove-device", "yes"];
    const agent = startModelAgent(system.hubOrigin, data.secret, words);
    onTestFinished(agent.end);
    const live = async () => (await system.admin.call("nodes.get", { params: { node: "laptop" } })).data.live;
    await expect
      .poll(async () => (await live().catch(() => null))?.checks, { timeout: 30_000 })
      .toEqual([
        { check: "shell = file /bin/sh", result: "present" },
        { check: "spy = file /opt/spy/spyd", result: "absent" },
      ]);

    const [beside, elsewhere] = [await openBrowser(), await openBrowser()];
    onTestFinished(async () => void (await Promise.all([beside.close(), elsewhere.close()])));
    // No agent answers on the machine of this one.
    await elsewhere.context.route(/^http:\/\/127\.0\.0\.1:478\d\d\//, (route) => route.abort());
    const [page, other] = [await beside.context.newPage(), await elsewhere.context.newPage()];
    for (const one of [page, other]) {
      await one.goto(`${system.appOrigin}/reports`);
      await one.getByRole("link", { name: /alice/i }).first().click();
    }
    await page.waitForURL(`${system.appOrigin}/reports`);
    await other.getByRole("heading", { name: "needs a device that runs the Rustronaut agent" }).waitFor();
    await page.evaluate(() => {
      const page = window as unknown as { events: EventSource };
      page.events = new EventSource("/events");
    });
    await expect.poll(() => system.upstream.open.has("/events")).toBe(true);

    await agent.end();
    // Nothing that is reported changes from now on: time alone ends what rests on it.
    const age = Math.floor((Date.now() - ((await live())?.factsAt ?? 0)) / 1_000);
    await demand(age + 4);
    expect(system.upstream.open.has("/events")).toBe(true);
    await expect.poll(() => system.upstream.open.has("/events"), { timeout: 15_000 }).toBe(false);
    await page.goto(`${system.appOrigin}/reports`);
    await page.getByText("does not meet what a policy asks").waitFor();
  });
});
