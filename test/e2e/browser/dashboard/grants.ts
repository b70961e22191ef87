import { expect, it, onTestFinished } from "vitest";
import { openBrowser } from "../../../support/browser.ts";
import { isAccessible, overflow } from "../page-checks.ts";
import { type Dashboard, screenshot } from "./dashboard.ts";

/** Access that is requested in one browser and approved in another. */
export function grantsTests(on: Dashboard): void {
  it("a grant approved in one browser opens the tab that waits in another, and an emergency is reviewed", async () => {
    const { page, system } = on;
    const upstreams = [system.upstream.origin];
    const settings = {
      grantAskers: ["group:sales"],
      grantApprovers: ["group:engineering"],
      emergencyAskers: ["user:bob@example.com"],
    };
    await system.admin.call("apps.create", {
      body: {
        name: "console",
        title: "Console",
        host: "console.localhost",
        segment: "main",
        upstreams,
        settings,
      },
    });
    const { context, close } = await openBrowser({ width: 390, height: 844 });
    onTestFinished(close);
    const bob = await context.newPage();
    const look = async (what: string) => {
      await isAccessible(bob, what);
      expect(await overflow(bob), what).toBe(0);
      await screenshot(bob, `grants/${what}-light`);
      await bob.emulateMedia({ colorScheme: "dark" });
      await screenshot(bob, `grants/${what}-dark`);
      await bob.emulateMedia({ colorScheme: "light" });
    };
    const origin = `http://console.localhost:${system.port}`;
    await bob.goto(`${origin}/reports?q=1`);
    await bob.click("#bob");
    await bob.getByRole("link", { name: "Request access" }).waitFor();
    await look("denied");
    await bob.getByRole("link", { name: "Request access" }).click();
    await bob.getByLabel("Why do you need it?").first().fill("The nightly report is broken");
    await look("ask");
    await bob.getByRole("button", { name: "Request access" }).click();
    await bob.getByRole("heading", { name: "Waiting for approval" }).waitFor();
    await look("waiting");

    await page.goto(`${system.hubOrigin}/#/grants`);
    await page.getByRole("link", { name: "bob@example.com" }).click();
    await page.getByText("The nightly report is broken").waitFor();
    await screenshot(page, "grants/to-approve");
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Approve" }).click();
    await bob.waitForURL(`${origin}/reports?q=1`);
    expect(system.upstream.seen.map(({ url }) => url)).toContain("/reports?q=1");

    // The same page without an administrator: an approver answers at the auth host.
    const [grant] = (await system.admin.call("grants.list", {})).data.items;
    await page.goto(`${system.authOrigin}/.rustronaut/grants/${grant?.id}`);
    await isAccessible(page, "a grant of another");
    await screenshot(page, "grants/of-another");
    await page.getByRole("button", { name: "Revoke now" }).click();
    await page.getByText("revoked").waitFor();
    await bob.goto(`${origin}/`);
    await bob.getByRole("link", { name: "Request access" }).click();
    await bob.getByLabel("Why do you need it?").last().fill("Customers can't pay");
    await bob.getByRole("button", { name: "Let me in now" }).click();
    await bob.waitForURL(`${origin}/`);

    await page.goto(`${system.hubOrigin}/#/grants`);
    const bar = page.getByText("let themselves into Console in an emergency");
    await bar.waitFor();
    await screenshot(page, "grants/emergency");
    await page.getByRole("link", { name: "Review", exact: true }).click();
    await page.getByRole("button", { name: "Acknowledge" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Acknowledge" }).click();
    await page.getByText("Reviewed by alice@example.com").waitFor();
    await bar.waitFor({ state: "detached" });
  });
}
