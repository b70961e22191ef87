import { mkdirSync } from "node:fs";
import type { BrowserContext, Dialog, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { openBrowser } from "../../support/browser.ts";
import { where } from "../../support/needs.ts";
import { isAccessible, layoutShift, overflow, watchLayout } from "./page-checks.ts";
import { type StubHub, startStubHub } from "./stub-hub.ts";
import { stubNetwork, stubNode } from "./stub-network.ts";

/** The pages for nodes over answers that the test gives, so that every state and size can be shown. */

const PAGE_IDS = [
  "nodes",
  `nodes/${stubNode(0).id}`,
  `nodes/${stubNode(11).id}`,
  "nodes/holds",
  "map",
  "mesh-health",
  `mesh-health/${stubNode(0).id}/${stubNode(1).id}`,
  "mesh-rules",
  "mesh-rules/new",
  "mesh-rules/rule_1",
  "mesh-reach",
  "enrolment-keys",
  "overview",
];

where("chromium").describe("the pages for nodes", () => {
  let browser: { context: BrowserContext; close(): Promise<void> };
  let page: Page;
  let hub: StubHub | undefined;
  beforeAll(async () => {
    browser = await openBrowser();
    page = await browser.context.newPage();
    await watchLayout(page);
  });
  afterEach(() => hub?.close());
  afterAll(() => browser?.close());

  const openHub = async (count: number, role: "owner" | "admin" | "auditor" = "owner") => {
    const network = stubNetwork(count, role);
    hub = await startStubHub(network.stubs);
    return { ...network, hub };
  };
  const enter = async (id: string) => {
    // A full load, so that the layout is judged from the first paint.
    await page.goto("about:blank");
    await page.goto(`${hub?.origin}/#/${id}`);
    await page.waitForSelector("main h1");
    await page.waitForFunction(() => !document.querySelector(".skeleton"));
  };

  it.each([
    [1440, "light"],
    [390, "dark"],
  ] as const)("are accessible and still at %i px in %s", async (width, colorScheme) => {
    await openHub(24);
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => /Content Security/.test(message.text()) && errors.push(message.text()));
    for (const id of PAGE_IDS) {
      await enter(id);
      await isAccessible(page, `${id} at ${width}`);
      expect(await overflow(page), `${id} at ${width} overflows`).toBeLessThanOrEqual(0);
      expect(await layoutShift(page), `${id} at ${width} moves`).toBeLessThan(0.1);
      await picture(page, `${id.replaceAll("/", "-")}-${width}`);
    }
    expect(errors).toEqual([]);
  });

  it("a node is found by its tag, and a page later", async () => {
    await openHub(120);
    await page.setViewportSize({ width: 1440, height: 900 });
    await enter("nodes");
    const rows = page.locator("main tbody tr");
    expect(await rows.count()).toBe(50);
    await page.getByRole("button", { name: "Show more" }).click();
    await expect.poll(() => rows.count()).toBe(100);
    await page.getByLabel("Search", { exact: true }).fill("web-1 http");
    await expect.poll(() => rows.count()).toBeLessThan(20);
    await page.getByLabel("Search", { exact: true }).fill("");
    await page.getByLabel("Status").selectOption("pending");
    await expect.poll(() => rows.count()).toBe(1);
  });

  it("a node is revoked, and the page follows until the last peer dropped it", async () => {
    const { acknowledge } = await openHub(24);
    await enter(`nodes/${stubNode(0).id}`);
    await page.getByRole("button", { name: "Revoke" }).click();
    await page.locator("dialog[open]").getByRole("button", { name: "Revoke" }).click();
    const progress = page.getByText("Gone on 4 of 6 nodes in 2.1 s; the other 2 may hold it until");
    await progress.waitFor();
    expect(await page.getByRole("progressbar").getAttribute("value")).toBe("4");
    acknowledge();
    await page.getByText("Gone on 6 of 6 nodes in 2.1 s.").waitFor();
    expect(hub?.writes).toEqual(["nodes.revoke "]);
  });

  it("a pending node is approved, and routes and names are saved as far as they changed", async () => {
    await openHub(24);
    await enter(`nodes/${stubNode(3).id}`);
    await page.getByRole("button", { name: "Approve" }).click();
    await expect.poll(() => page.locator("main h2 .badge").first().textContent()).toBe("approved");
    await enter(`nodes/${stubNode(0).id}`);
    await page.getByLabel("0.0.0.0/0 (exit node").check();
    await page.getByRole("button", { name: "Save the routes" }).click();
    await page.getByText("Saved", { exact: true }).waitFor();
    await enter(`nodes/${stubNode(2).id}`);
    await page.getByLabel("Tags").fill("http");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("Saved. Its peers").waitFor();
    expect(hub?.writes).toEqual([
      "nodes.approve ",
      'nodes.update {"approvedRoutes":["0.0.0.0/0","10.20.0.0/16"]}',
      'nodes.update {"tags":["http"]}',
    ]);
  });

  it("a new key is shown once, with the command, and not thrown away by Escape", async () => {
    const { secret } = await openHub(24);
    await browser.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await enter("enrolment-keys");
    await page.getByRole("button", { name: "Make a key" }).click();
    await page.getByLabel("Name").fill("build machines");
    await page.getByLabel("Segment").selectOption("lab");
    await isAccessible(page, "the form");
    await picture(page, "key-form");
    await page.getByRole("button", { name: "Make the key" }).click();
    await page.getByText("it is shown this once only").waitFor();
    await isAccessible(page, "the key");
    await picture(page, "key-made");
    const installs = await page.locator("code", { hasText: "install.sh" }).textContent();
    expect(installs).toMatch(/ = '[0-9a-f]{64} {2}-' /);
    expect(installs).toContain(`RUSTRONAUT_KEY=%s\\n%s\\n' ${secret} `);
    await page.getByRole("button", { name: "Copy the short command" }).click();
    await page.getByText("Copied").waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
      ` echo ${secret} | sudo rustronaut-agent up --hub '${hub?.origin}' --key-file /dev/stdin`,
    );
    await page.keyboard.press("Escape");
    expect(await page.getByText(secret, { exact: true }).isVisible()).toBe(true);
    await page.getByRole("button", { name: "Done" }).click();
    await expect.poll(() => page.content()).not.toContain(secret);
  });

  it("a rule says what is wrong with it while it is written, and is only sent once it is right", async () => {
    await openHub(24);
    await enter("mesh-rules/new");
    await page.getByLabel("Name").fill("web to databases");
    await page.getByLabel("From").fill("tag:web\nweb");
    await page.getByLabel("To", { exact: true }).fill("segment:data");
    await page.getByText('"web", character 1: this is no selector').waitFor();
    await page.getByLabel("Traffic").fill("tcp/99999");
    await page.getByRole("button", { name: "Review" }).click();
    await page.getByText("the port is too high").waitFor();
    expect(await page.evaluate(() => document.activeElement?.getAttribute("name"))).toBe("from");
    await isAccessible(page, "the wrong rule");
    await picture(page, "rule-wrong");
    await page.getByLabel("From").fill("tag:web");
    await page.getByLabel("Traffic").fill("tcp/5432");
    await page.getByRole("button", { name: "Review" }).click();
    await page.getByText("14 pairs of nodes gain, 3 lose.").waitFor();
    await page.getByText("db-1 would have 4097 peers, more than the 4096 that a config may name").waitFor();
    expect(hub?.writes.filter((write) => !write.startsWith("mesh.difference"))).toEqual([]);
    expect(await page.getByLabel("Traffic").isVisible()).toBe(false);
    await isAccessible(page, "the review");
    await picture(page, "rule-review");
    await page.getByRole("button", { name: "Back to the form" }).click();
    expect(await page.getByLabel("Traffic").inputValue()).toBe("tcp/5432");
    await page.getByRole("button", { name: "Review" }).click();
    await page.getByRole("button", { name: "Add the rule" }).click();
    await page.getByLabel("The rule is in force").waitFor();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.locator("dialog[open]").getByText("14 pairs of nodes gain, 3 lose.").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    expect(hub?.writes.filter((write) => !write.startsWith("mesh.difference"))).toEqual([
      'meshRules.create {"name":"web to databases","from":["tag:web"],"to":["segment:data"],"traffic":["tcp/5432"],"effect":"allow","notBefore":null,"notAfter":null,"weekly":null,"when":"","log":false,"owner":null,"enabled":true}',
    ]);
  });

  it("a question is answered where it is asked: the verdict, the rules, the facts, and what stands in the way", async () => {
    await openHub(24);
    await page.setViewportSize({ width: 1440, height: 900 });
    await enter("mesh-reach");
    await page.getByLabel("From", { exact: true }).fill("web-1");
    await page.getByLabel("To", { exact: true }).fill("10.20.0.9");
    await page.getByRole("button", { name: "Ask" }).click();
    await page.getByText("partly allowed").waitFor();
    await page.getByText("No rule allows udp and icmp").waitFor();
    await isAccessible(page, "the answer");
    await picture(page, "why");
    expect(await page.locator("table.matrix").textContent()).toContain("720 of 760 pairs");
  });

  it("the health of the mesh says what fails and since when, and a path says why it is used", async () => {
    await openHub(24);
    await page.setViewportSize({ width: 1440, height: 900 });
    await enter("mesh-health");
    await page.getByText("are missing in what is shown: lab.").waitFor();
    const figure = (label: string) =>
      page.locator(".figures > div", { hasText: label }).locator("dd").textContent();
    expect(await figure("Nodes online")).toBe("20 of 24");
    expect(await figure("Through a relay")).toBe("12");
    expect(await figure("Failures now")).toBe("1");
    const rowsOf = (table: string) =>
      page.getByRole("region", { name: table, exact: true }).locator("tbody tr");
    const cellsOf = async (table: string, row: number) =>
      (await rowsOf(table).nth(row).locator("td").allTextContents()).slice(0, 5);
    expect((await cellsOf("What fails now", 0)).slice(0, 2)).toEqual([
      "web-1 is not heard by ci-1 (why)",
      "suspected",
    ]);
    expect((await cellsOf("What fails now", 1)).slice(0, 4)).toEqual([
      ...["db-2 is down", "certain", "3 minutes ago", "3 min"],
    ]);
    expect((await cellsOf("What failed before", 0)).slice(0, 3)).toEqual([
      ...["ci-1 and db-1 don't hear each other (why)", "2 hours ago", "2 min"],
    ]);
    await page
      .getByRole("navigation", { name: "Pages" })
      .getByRole("link", { name: "Nodes", exact: true })
      .click();
    await page.getByRole("link", { name: "web-1", exact: true }).click();
    const own = rowsOf("Paths of web-1");
    await own.first().waitFor();
    expect(await own.count()).toBe(3);
    expect(await cellsOf("Paths of web-1", 1)).toEqual(["db-1", "relay", "well", "48 ms", "3.1 ms"]);
    await own.nth(1).getByRole("link", { name: "Why this path to db-1" }).click();
    await page.getByRole("heading", { name: "Paths between web-1 and db-1" }).waitFor();
    await page.getByText("The path before it fell silent, and this one was ready. Last handshake").waitFor();
    expect((await cellsOf("Paths web-1 → db-1", 0))[0]).toBe("198.51.100.9:41001 in use");
    expect((await cellsOf("Paths web-1 → db-1", 0))[1]).toBe("relay ci-1");
    expect(await rowsOf("Paths web-1 → db-1").nth(1).locator("td").last().textContent()).toBe("12 ms");
    expect(await rowsOf("Moves web-1 → db-1").count()).toBe(2);
    await page.getByText("It has measured nothing of this peer.").waitFor();
  });

  it("the map draws a pair by the kind of its path and how well it passes, and says so in words", async () => {
    await openHub(24);
    await page.setViewportSize({ width: 1440, height: 900 });
    await enter("map");
    for (const look of [
      "direct.good",
      "direct.unmeasured",
      "relay.good",
      "edge.good",
      "direct.lossy",
      "direct.silent",
    ]) {
      expect(await page.locator(`.map-lines .map-line.${look}`).count(), look).toBe(1);
      expect(await page.locator(`.legend .map-line.${look}`).count(), look).toBe(1);
    }
    await page.getByRole("button", { name: /^web-1 in/ }).press("Enter");
    const chosen = page.getByRole("region", { name: "Chosen on the map" });
    await chosen.getByText(/^web-3 direct 12 ms, 0 % lost why$/).waitFor();
    expect(await chosen.getByRole("link", { name: "Why this path to web-3" }).getAttribute("href")).toBe(
      `#/mesh-health/${stubNode(0).id}/${stubNode(8).id}`,
    );
    await page.getByRole("button", { name: "Show as a table" }).click();
    await page.getByText("no answer").first().waitFor();
  });

  it("a microsegment's form asks before what was written is lost, and only then", async () => {
    await openHub(24);
    await page.setViewportSize({ width: 1440, height: 900 });
    const asked: string[] = [];
    const leave = (question: Dialog) => {
      asked.push(question.message());
      return question.accept();
    };
    page.on("dialog", leave);
    const leaveAfter = async (write: () => Promise<unknown>) => {
      await enter("microsegments/new");
      await write();
      await page.getByRole("link", { name: "Node rules" }).click();
      await page.getByRole("heading", { name: "Node rules" }).waitFor();
      return asked.splice(0).length;
    };
    expect(await leaveAfter(async () => {})).toBe(0);
    const criterion = () => page.getByLabel("Members are nodes with").fill('device.os == "linux"');
    expect(await leaveAfter(criterion), "a criterion").toBe(1);
    const isolation = () => page.getByLabel("Isolation").selectOption("quarantine");
    expect(await leaveAfter(isolation), "the isolation").toBe(1);
    page.off("dialog", leave);
  });

  it("a held change stands at the foot of every page until it is confirmed", async () => {
    await openHub(24);
    await enter("mesh-rules");
    await page.getByRole("link", { name: "Review" }).click();
    await page.getByRole("button", { name: "Confirm the change of segment data" }).click();
    await page.locator("dialog[open]").getByRole("button", { name: "Confirm the change" }).click();
    await page.getByText("Nothing waits.").waitFor();
    expect(await page.getByText("waits for confirmation").count()).toBe(0);
    expect(hub?.writes).toEqual(['mesh.confirmHold {"revision":17}']);
  });

  it("the map is walked and asked with the keyboard alone, and is there as a table", async () => {
    await openHub(24);
    await page.setViewportSize({ width: 1440, height: 900 });
    await enter("map");
    await page.getByLabel("Nodes of").focus();
    await page.keyboard.press("Tab");
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
    const first = await focused();
    expect(first).toMatch(/ in (production|data|lab|office), (online|offline)$/);
    const reached = new Set([first]);
    for (const key of ["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"]) {
      await page.keyboard.press(key);
      reached.add(await focused());
    }
    expect(reached.size).toBeGreaterThan(1);
    await page.keyboard.press("Enter");
    await page.getByText("Permitted peers:").waitFor();
    await isAccessible(page, "a chosen node");
    await picture(page, "map-chosen");
    await page.keyboard.press("Escape");
    await page.getByText("Choose a node to see its connections").waitFor();
    await page.getByRole("button", { name: "Show as a table" }).click();
    await page.getByLabel("Find").fill("db-1");
    await expect.poll(() => page.locator("main tbody tr").count()).toBe(4);
    await isAccessible(page, "the table");
  });

  it.each([300, 5_000])("the map holds %i nodes", async (count) => {
    await openHub(count);
    await page.setViewportSize({ width: 1440, height: 900 });
    await enter("map");
    const dots = page.locator(".map-point");
    expect(await dots.count()).toBe(count <= 400 ? count : 4);
    await isAccessible(page, `${count} nodes`);
    await picture(page, `map-${count}`);
    if (count <= 400) return;
    await page.getByRole("button", { name: /^Segment lab/ }).click();
    await page.getByRole("button", { name: "Show its nodes" }).click();
    await expect.poll(() => dots.count()).toBe(count / 4 + 3);
    await picture(page, `map-${count}-open`);
  });

  it("an owner chooses which signals isolate nodes, and an admin keeps in a node that one isolated", async () => {
    await openHub(24);
    await page.setViewportSize({ width: 1440, height: 900 });
    await enter("signals");
    await page.getByRole("button", { name: "Add a transmitter" }).click();
    await page.getByText("Isolate the device, or all nodes of the person").waitFor();
    await isAccessible(page, "a new transmitter");
    await picture(page, "transmitter-new");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Quarantine by okta" }).click();
    const dialog = page.getByRole("dialog");
    expect(await dialog.getByLabel("The risk is high").isChecked()).toBe(true);
    await dialog.getByLabel("The risk is high").uncheck();
    await dialog.getByLabel("An account was disabled").check();
    await isAccessible(page, "the choice of signals");
    await picture(page, "transmitter-quarantine");
    await dialog.getByRole("button", { name: "Quarantine" }).click();
    await expect
      .poll(() => hub?.writes)
      .toEqual(['transmitters.update {"quarantines":["account-disabled"]}']);
    hub?.close();
    await openHub(24, "admin");
    await enter("signals");
    await page.getByRole("button", { name: "Switch off okta" }).waitFor();
    expect(await page.getByRole("button", { name: "Quarantine by okta" }).count()).toBe(0);
    await enter(`nodes/${stubNode(7).id}`);
    await page.getByRole("button", { name: "Keep in quarantine" }).click();
    await picture(page, "node-keep");
    await page.getByRole("dialog").getByText("okta: risk-level-change").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Keep in quarantine" }).click();
    await page.getByRole("button", { name: "Release" }).waitFor();
    await expect.poll(() => page.getByRole("button", { name: "Keep in quarantine" }).count()).toBe(0);
    expect(hub?.writes.some((write) => write.startsWith("nodes.quarantine"))).toBe(true);
  });

  it("an auditor sees everything and is offered no change", async () => {
    await openHub(24, "auditor");
    for (const id of ["nodes/holds", `nodes/${stubNode(0).id}`, "mesh-rules/rule_1", "enrolment-keys"]) {
      await enter(id);
      const buttons = await page.locator("main button:not(.sort)").allTextContents();
      expect(buttons, id).toEqual([]);
    }
  });
});

/** With PICTURES=<folder>, what a person would see. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.PICTURES;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}
