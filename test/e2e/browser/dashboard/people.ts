import { expect, it } from "vitest";
import { signIn } from "../../../support/attack.ts";
import { isAccessible } from "../page-checks.ts";
import { type Dashboard, screenshot } from "./dashboard.ts";

/** People, their sessions and what they may. */
export function peopleTests(on: Dashboard): void {
  it("an administrator ends a session with the keyboard alone", async () => {
    const { page, system } = on;
    await page.setViewportSize({ width: 1440, height: 900 });
    await signIn(system, "bob", `http://app.localhost:${system.port}`);
    await page.goto(`${system.hubOrigin}/#/sessions?user=bob`);
    const button = page.locator("main tbody button").first();
    await button.waitFor();
    await button.focus();
    await page.keyboard.press("Enter");
    const confirm = page.locator("button:focus");
    await confirm.waitFor();
    await page.keyboard.press("Enter");
    await expect
      .poll(
        async () =>
          (await system.admin.call("sessions.list", { query: { state: "ended" } })).data.items.length,
      )
      .toBeGreaterThan(0);
  });

  it("a person's risk is set on their page, and their session says what it may do now, why, and until when", async () => {
    const { page, system } = on;
    const { id } = (await system.admin.call("users.get", { params: { user: "alice@example.com" } })).data;
    const found = await system.admin.call("sessions.list", { query: { user: id, search: "echo" } });
    const session = found.data.items[0]?.id ?? "";
    await page.goto(`${system.hubOrigin}/#/people/users/${id}`);
    await page.getByLabel("Set the risk to").fill("60");
    await page.getByRole("button", { name: "Set", exact: true }).click();
    await page.getByText("set by administrator: 60").waitFor();
    await screenshot(page, "person-risk");
    await page.goto(`${system.hubOrigin}/#/sessions`);
    await page.getByRole("link", { name: "60, only reading" }).first().waitFor();
    await screenshot(page, "sessions-risk");
    await page.goto(`${system.hubOrigin}/#/sessions/${session}`);
    await page.getByText("The session may only read").waitFor();
    await page.getByText("the risk alone restores full access").waitFor();
    await screenshot(page, "session-risk");
    await system.admin.call("risk.clear", { params: { user: id } });
    await page.goto(`${system.hubOrigin}/#/sessions/cuts`);
    await expect.poll(() => page.textContent("main h1")).toBe("Who was cut off");
  });

  const roleOf = async (user: string) =>
    (await on.system.admin.call("users.get", { params: { user } })).data.role;

  it("U16: a role is changed after a question that says what it may, and one's own with a warning", async () => {
    const { page, system } = on;
    await page.goto(`${system.hubOrigin}/#/people`);
    const dialog = page.getByRole("dialog");
    await page.getByLabel("Role of zoe@example.com").selectOption("admin");
    expect(await dialog.textContent()).toContain("may change everything but owners");
    await dialog.getByRole("button", { name: "Cancel" }).press("Enter");
    expect(await roleOf("zoe@example.com")).toBe(null);
    await page.getByLabel("Role of zoe@example.com").selectOption("auditor");
    await dialog.getByLabel("Why (optional)").fill("does the audit");
    await page.keyboard.press("Enter");
    await expect.poll(() => roleOf("zoe@example.com")).toBe("auditor");
    await page.goto(`${system.hubOrigin}/#/people/users/zoe@example.com`);
    await expect.poll(() => page.locator(".history > li").first().textContent()).toContain("does the audit");
    await page.goto(`${system.hubOrigin}/#/people`);
    await page.getByLabel("Role of alice@example.com").selectOption("");
    expect(await dialog.textContent()).toContain("This is your own account");
    await isAccessible(page, "a question");
    await page.keyboard.press("Escape");
    expect(await roleOf("alice@example.com")).toBe("owner");
  });

  it("several are disabled with one question", async () => {
    const { page, system } = on;
    for (const email of ["one@example.com", "two@example.com"]) {
      await system.admin.call("users.create", { body: { email } });
    }
    await page.goto(`${system.hubOrigin}/#/people`);
    await page.reload();
    await page.getByLabel("Take one@example.com").press("Space");
    await page.getByLabel("Take two@example.com").press("Space");
    await page.getByRole("button", { name: "Disable them" }).press("Enter");
    const dialog = page.getByRole("dialog");
    expect(await dialog.textContent()).toContain("Disable 2 people?");
    await dialog.getByRole("button", { name: "Disable them" }).press("Enter");
    const disabled = async () =>
      (await system.admin.call("users.list", { query: { status: "disabled" } })).data.items.length;
    await expect.poll(disabled).toBe(2);
    const offer = page.getByText("2 people are disabled.");
    await offer.waitFor();
    await isAccessible(page, "an offer to undo");
    await page.getByRole("button", { name: "Undo" }).press("Enter");
    await expect.poll(disabled).toBe(0);
    await expect.poll(() => offer.count()).toBe(0);
  });

  it("what somebody else changed since is not undone", async () => {
    const { page, system } = on;
    await page.goto(`${system.hubOrigin}/#/people?search=one`);
    await page.getByRole("button", { name: "Disable one@example.com" }).press("Enter");
    await page.getByRole("dialog").getByRole("button", { name: "Disable" }).press("Enter");
    await page.getByText("one@example.com is disabled, and signed out.").waitFor();
    const params = { user: "one@example.com" };
    const { data, etag } = await system.admin.call("users.get", { params });
    expect(data.status).toBe("disabled");
    await system.admin.call("users.update", { params, ifMatch: etag ?? "", body: { name: "Of another" } });
    await page.getByRole("button", { name: "Undo" }).press("Enter");
    await page.getByText("It was not undone: it has been changed again since.").waitFor();
    expect((await system.admin.call("users.get", { params })).data.status).toBe("disabled");
  });

  it("a member who was taken out, and a token that was switched off, come back by Undo", async () => {
    const { page, system } = on;
    await system.admin.call("groups.create", { body: { name: "night" } });
    const zoe = { group: "night", kind: "user" as const, member: "zoe@example.com" };
    await system.admin.call("groups.addMember", { params: zoe });
    const members = async () =>
      (await system.admin.call("groups.members", { params: { group: "night" } })).data.items.length;
    const dialog = page.getByRole("dialog");
    await page.goto(`${system.hubOrigin}/#/people/groups/night`);
    await page.getByRole("button", { name: "Remove zoe@example.com" }).press("Enter");
    await dialog.getByRole("button", { name: "Remove" }).press("Enter");
    await page.getByText("zoe@example.com is no member of night any more.").waitFor();
    expect(await members()).toBe(0);
    await page.getByRole("button", { name: "Undo" }).press("Enter");
    await expect.poll(members).toBe(1);
    await system.admin.call("serviceTokens.create", { body: { name: "nightly", groups: [] } });
    await page.goto(`${system.hubOrigin}/#/tokens`);
    await page.getByRole("button", { name: "Switch off nightly" }).press("Enter");
    await dialog.getByRole("button", { name: "Switch off" }).press("Enter");
    await page.getByText("The token nightly is switched off.").waitFor();
    await page.getByRole("button", { name: "Undo" }).press("Enter");
    const isOn = async () =>
      (await system.admin.call("serviceTokens.list", {})).data.items.find(({ name }) => name === "nightly")
        ?.enabled;
    await expect.poll(isOn).toBe(true);
  });

  it("U15: ending a session says that its owner comes back, and offers to end everything and stop signing in", async () => {
    const { page, system } = on;
    await signIn(system, "bob", `http://app.localhost:${system.port}`);
    await page.goto(`${system.hubOrigin}/#/sessions?search=bob+app`);
    await page.getByRole("button", { name: "End the session of bob@example.com" }).first().press("Enter");
    const dialog = page.getByRole("dialog");
    expect(await dialog.textContent()).toContain("They come back by opening the app again");
    await dialog.getByLabel("Everything, and stop signing in").check();
    await dialog.getByRole("button", { name: "End" }).press("Enter");
    const bob = async () =>
      (await system.admin.call("users.get", { params: { user: "bob@example.com" } })).data.status;
    await expect.poll(bob).toBe("disabled");
    const live = await system.admin.call("sessions.count", { query: { user: "bob@example.com" } });
    expect(live.data.sessions).toBe(0);
  });

  it("a person's page says what they can reach and why, and an app's who can reach it", async () => {
    const { page, system } = on;
    await page.goto(`${system.hubOrigin}/#/people/users/alice@example.com`);
    const reach = page.getByRole("region", { name: "Apps within reach" });
    await expect.poll(() => reach.textContent()).toContain("echo");
    expect(await reach.textContent()).toContain("echo#1 (version");
    await page.goto(`${system.hubOrigin}/#/apps/echo`);
    const who = page.getByRole("region", { name: "Who is within reach" });
    await expect.poll(() => who.textContent()).toContain("alice@example.com");
    // Who changed that is one step from who could reach it.
    await who
      .getByRole("link", { name: /^echo#1 \(version/ })
      .first()
      .click();
    await expect.poll(() => page.textContent("main h1")).toBe("History");
    await expect.poll(() => page.textContent("main")).toContain("policy echo");
  });
}
