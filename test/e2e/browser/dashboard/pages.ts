import { expect, it } from "vitest";
import { isAccessible, overflow } from "../page-checks.ts";
import { type Dashboard, openPage, screenshot } from "./dashboard.ts";

/** Every page, and of each kind of thing one. What stands in capitals is the number of something that there is. */
const PAGES = [
  ...["overview", "apps", "apps/echo", "apps/new", "policies", "policies/echo", "policies/new"],
  ...["policies/echo/versions/1", "policies/test", "decisions", "decisions/DECISION", "reach"],
  ...["reach/app/echo", "reach/user/alice@example.com", "history", "sessions", "sessions/SESSION"],
  ...[
    "sessions/cuts",
    "grants",
    "grants/GRANT",
    "tokens",
    "tokens/api",
    "tokens/clients",
    "people",
    "people/users/alice@example.com",
    "people/groups",
  ],
  ...["people/groups/engineering", "providers", "providers/new", "providers/main", "nodes", "nodes/web-1"],
  ...[
    "nodes/holds",
    "connectors",
    "map",
    "mesh-health",
    "flows",
    "mesh-rules",
    "mesh-rules/new",
    "mesh-rules/RULE",
    "mesh-reach",
    "mesh-services",
    "mesh-services/new",
    "mesh-tests",
    "mesh-tests/new",
    "microsegments",
    "microsegments/new",
    "suggestions",
    "enrolment-keys",
    "trust",
  ],
  ...["segments", "segments/main", "network", "notifications", "signals", "logs", "audit", "no-such-page"],
  // What finds nothing.
  ...["apps?search=nothing", "people?search=nothing", "sessions?search=nothing", "nodes?search=nothing"],
  ...["decisions?user=nobody", "audit?user=nobody", "history?name=nothing", "apps/none"],
];

/** Dialogs, by the page and the button that opens them. */
const DIALOGS = [
  ["tokens", "Make a token"],
  ["tokens/api", "Make a token"],
  ["nodes", "Add a node"],
  ["notifications", "Add a destination"],
  ["signals", "Add a transmitter"],
  ["logs", "Add a destination"],
  ["apps/echo", "Delete"],
  ["people/users/alice@example.com", "Disable alice@example.com"],
  ["people/groups/engineering", "Delete"],
  ["providers/main", "Let it send people"],
  ["policies/echo", "Switch off"],
  ["nodes/web-1", "Revoke"],
] as const;

const WIDE = { width: 1440, height: 900 };
const NARROW = { width: 390, height: 900 };

/** Every page, wide and narrow, light and dark. */
export function pagesTests(on: Dashboard): void {
  it("every page and dialog is accessible, fits and has no errors, wide and narrow, light and dark", {
    timeout: 400_000,
  }, async () => {
    const { page, system } = on;
    const [decisions, sessions, rules, grants] = await Promise.all([
      system.admin.call("decisions.list", { query: { limit: 1 } }),
      system.admin.call("sessions.list", { query: { limit: 1 } }),
      system.admin.call("meshRules.list", { query: { limit: 1 } }),
      system.admin.call("grants.list", { query: { limit: 1 } }),
    ]);
    const real = (id: string) =>
      id
        .replace("DECISION", decisions.data.items[0]?.id ?? "")
        .replace("SESSION", sessions.data.items[0]?.id ?? "")
        .replace("GRANT", grants.data.items[0]?.id ?? "")
        .replace("RULE", rules.data.items[0]?.id ?? "");
    const wrong: string[] = [];
    page.on("pageerror", (error) => wrong.push(error.message));
    // A page that nobody wrote on lets everybody go.
    const onAsked = (asked: { message(): string; accept(): Promise<void> }) => {
      wrong.push(`asked: ${asked.message()}`);
      return asked.accept();
    };
    page.on("dialog", onAsked);
    const enter = async (id: string) => {
      await page.setViewportSize(WIDE);
      await page.emulateMedia({ colorScheme: "light" });
      await openPage(page, `#/${real(id)}`);
      await page.waitForFunction(
        () => document.querySelector("main h1") && !document.querySelector("main .skeleton"),
      );
    };
    // Nothing is loaded again between the looks: what is open changes its width and its colours.
    const look = async (what: string) => {
      await isAccessible(page, `${what}, wide and light`);
      expect(await overflow(page), `${what} overflows 1440 px`).toBeLessThanOrEqual(0);
      await screenshot(page, `1440-light/${what}`);
      await page.emulateMedia({ colorScheme: "dark" });
      await screenshot(page, `1440-dark/${what}`);
      await page.setViewportSize(NARROW);
      await isAccessible(page, `${what}, narrow and dark`);
      expect(await overflow(page), `${what} overflows 390 px`).toBeLessThanOrEqual(0);
      await screenshot(page, `390-dark/${what}`);
      await page.emulateMedia({ colorScheme: "light" });
      await screenshot(page, `390-light/${what}`);
    };
    await page.goto(system.hubOrigin);
    await page.waitForSelector("main h1");
    for (const id of PAGES) {
      await enter(id);
      await look(id);
    }
    for (const [id, button] of DIALOGS) {
      await enter(id);
      await page.getByRole("button", { name: button, exact: true }).first().press("Enter");
      await page.getByRole("dialog").waitFor();
      await look(`dialog-${id}`);
      await page.keyboard.press("Escape");
    }
    page.off("dialog", onAsked);
    expect(wrong).toEqual([]);
    await page.setViewportSize(WIDE);
  });
}
