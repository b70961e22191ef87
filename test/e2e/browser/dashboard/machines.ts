import { expect, it } from "vitest";
import { isAccessible } from "../page-checks.ts";
import { type Dashboard, screenshot } from "./dashboard.ts";

/** Nodes and how they are added. */
export function machinesTests(on: Dashboard): void {
  it("shows the nodes that joined, and who is connected to whom", async () => {
    const { page, system } = on;
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(`${system.hubOrigin}/#/map`);
    const nodes = page.getByText(/^\d+ of \d+ nodes online/);
    await expect.poll(() => nodes.textContent()).toContain("10 of 10 nodes online in 3 segments; 27 of 27");
    await page.getByRole("button", { name: "web-1 in main, online" }).press("Enter");
    const peers = page.getByText(/^Permitted peers:/);
    await expect.poll(() => peers.textContent()).toContain("Permitted peers: 6");
    // U33: rules are named.
    const rule = page.getByRole("link", { name: "web to databases" });
    expect(await rule.first().getAttribute("href")).toMatch(/#\/mesh-rules\/rul_/);
    expect(await page.locator("main").textContent()).not.toContain("rul_");
    await screenshot(page, "map");
  });

  it("U17: a new enrolment key is what the command line makes: not approved in advance", async () => {
    const { page, system } = on;
    await page.goto(`${system.hubOrigin}/#/enrolment-keys`);
    await page.getByRole("button", { name: "Make a key" }).click();
    await expect.poll(() => page.getByLabel("Its nodes need no approval").isChecked()).toBe(false);
    await page.keyboard.press("Escape");
  });

  it("a node is added where nodes are listed, with the line to run on it", async () => {
    const { page, system } = on;
    await page.goto(`${system.hubOrigin}/#/nodes`);
    await page.getByRole("button", { name: "Add a node" }).press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Segment").selectOption("office");
    await dialog.getByRole("button", { name: "Make the key" }).press("Enter");
    await dialog.getByText(/rustronaut-agent up --hub/).waitFor();
    await isAccessible(page, "the line to run");
    await page.getByRole("button", { name: "Done" }).press("Enter");
    expect(page.url()).toContain("#/nodes");
    const { data } = await system.admin.call("enrolmentKeys.list", {});
    expect(data.items.filter(({ name }) => name.startsWith("node of "))).toMatchObject([
      { segment: "office", maxUses: 1, preApproved: false },
    ]);
  });
}
