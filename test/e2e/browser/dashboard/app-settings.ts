import { expect, it } from "vitest";
import { type Dashboard, screenshot } from "./dashboard.ts";

/** How the gateway treats an app, as its form shows and takes it. */
export function appSettingsTests(on: Dashboard): void {
  it("the form of an app holds what it is set to, and says what the hub finds wrong", async () => {
    const { page, system } = on;
    const stored = async () => (await system.admin.call("apps.get", { params: { app: "echo" } })).data;
    const { id, settings: before } = await stored();
    await page.goto(`${system.hubOrigin}/#/apps/${id}`);
    await page.getByText("Headers and paths").first().waitFor();
    const openAll = () =>
      page.evaluate(() => {
        for (const details of document.querySelectorAll("form details")) details.setAttribute("open", "");
      });
    await openAll();
    const fill = async (fields: Readonly<Record<string, string>>) => {
      for (const [name, value] of Object.entries(fields)) await page.fill(`[name="${name}"]`, value);
    };
    const save = () => page.getByRole("button", { name: "Save" }).click();
    await fill({ requestHeaders: "set x-forwarded-for: 192.0.2.1" });
    await save();
    await expect.poll(() => page.textContent("form .wrong")).toContain("The header x-forwarded-for");
    await fill({
      requestHeaders: "set x-webauth-user: {user.email}\nremove referer",
      responseHeaders: "add x-frame-options: DENY",
      allowedOrigins: "https://spa.example.com",
      corsMethods: "GET\nput",
      upstreamWeights: "5, 1",
      maintenanceText: "We move to a new server.",
      "page-denied-title": "Ask the team",
      "page-denied-text": "You need **staff**.",
      callerRequestsPerMinute: "600",
    });
    await page.check('[name="anonymous"]');
    await page.selectOption('[name="corsAnswers"]', "gateway");
    await page.selectOption('[name="upstreamChoice"]', "sticky");
    await save();
    await page.getByText("Saved as version").waitFor();
    expect((await stored()).settings).toEqual({
      ...before,
      requestHeaders: [
        { action: "set", name: "x-webauth-user", value: "{user.email}" },
        { action: "remove", name: "referer" },
      ],
      responseHeaders: [{ action: "add", name: "x-frame-options", value: "DENY" }],
      allowedOrigins: ["https://spa.example.com"],
      corsMethods: ["GET", "PUT"],
      corsAnswers: "gateway",
      upstreamChoice: "sticky",
      upstreamWeights: [5, 1],
      maintenanceText: "We move to a new server.",
      pages: [{ reason: "denied", title: "Ask the team", text: "You need **staff**.", contact: "" }],
      callerRequestsPerMinute: 600,
      anonymous: true,
    });
    expect(await page.textContent("main")).toContain("Requests without a sign-in reach the policies.");
    await openAll();
    await screenshot(page, "app-settings");
    const { version } = await stored();
    await system.admin.call("apps.update", {
      params: { app: id },
      body: { settings: before },
      ifMatch: `"${version}"`,
    });
  });
}
