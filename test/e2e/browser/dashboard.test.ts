import type { Server } from "node:http";
import type { Dialog } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { startEchoApp } from "../../../scripts/demo/echo-app.ts";
import { openBrowser } from "../../support/browser.ts";
import { closeServer, freePort, startSystem } from "../../support/harness.ts";
import { where } from "../../support/needs.ts";
import { accessTests } from "./dashboard/access.ts";
import { appSettingsTests } from "./dashboard/app-settings.ts";
import { type Dashboard, screenshot } from "./dashboard/dashboard.ts";
import { findTests } from "./dashboard/find.ts";
import { grantsTests } from "./dashboard/grants.ts";
import { machinesTests } from "./dashboard/machines.ts";
import { pagesTests } from "./dashboard/pages.ts";
import { peopleTests } from "./dashboard/people.ts";
import { policiesTests } from "./dashboard/policies.ts";
import { visitorsTests } from "./dashboard/visitors.ts";
import { joinNodes } from "./joined-nodes.ts";

/**
 * The dashboard and the pages that people see, in Chromium. One system and one browser serve all tests, which stand in
 * `dashboard/` by what they are about and follow each other. `npm run screenshots` takes a picture of every page.
 */
where("chromium").describe("in Chromium", () => {
  const on = {} as Dashboard;
  let echo: Server;
  beforeAll(async () => {
    const port = await freePort();
    echo = await startEchoApp(port);
    on.system = await startSystem({ developmentHosts: [`127.0.0.1:${port}`] });
    await on.system.admin.call("apps.create", {
      body: {
        name: "echo",
        title: "Echo",
        host: "echo.localhost",
        segment: "main",
        upstreams: [`http://127.0.0.1:${port}`],
      },
    });
    await on.system.admin.call("policies.create", {
      body: {
        name: "echo",
        source: `permit (principal in Group::"engineering", action, resource == App::"echo");
forbid (principal, action, resource == App::"echo") when { context.request.path like "/admin*" };`,
      },
    });
    await on.system.admin.call("transmitters.create", {
      body: { name: "okta", issuer: "https://acme.okta.example", provider: "main" },
    });
    await on.system.admin.call("receivers.create", {
      body: { name: "soc", target: "https://soc.example/events", audience: "https://soc.example" },
    });
    await joinNodes(on.system);
    on.browser = await openBrowser();
    on.page = await on.browser.context.newPage();
    await on.page.goto(`http://echo.localhost:${on.system.port}/`);
    await on.page.click("#alice");
    await on.page.waitForSelector("#request");
    await screenshot(on.page, "echo");
    await on.page.evaluate(async () => {
      for (let n = 0; n < 24; n++) await fetch(n % 4 === 0 ? "/admin/users" : `/reports/${n}`);
    });
  });
  afterAll(async () => {
    await on.browser?.close();
    closeServer(echo);
    await on.system.stop();
  });

  // What a test wrote and did not save would keep the next one from its page.
  afterEach(async () => {
    const leave = (asked: Dialog) => asked.accept();
    on.page.on("dialog", leave);
    await on.page.goto(`${on.system.hubOrigin}/#/nothing`);
    await on.page.getByRole("heading", { name: "Nothing is here" }).waitFor();
    on.page.off("dialog", leave);
  });

  it("shows what the application was told", async () => {
    expect(await on.page.textContent("#request")).toContain("x-rustronaut-jwt-assertion");
  });

  grantsTests(on);
  pagesTests(on);
  findTests(on);
  policiesTests(on);
  machinesTests(on);
  peopleTests(on);
  accessTests(on);
  appSettingsTests(on);
  visitorsTests(on);
});
