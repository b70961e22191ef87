import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { Page } from "playwright-core";
import type { openBrowser } from "../../../support/browser.ts";
import type { System } from "../../../support/harness.ts";

/** What the tests of the dashboard share: one system and one browser, in which alice, the owner, is signed in. */
export interface Dashboard {
  system: System;
  browser: Awaited<ReturnType<typeof openBrowser>>;
  page: Page;
}

/** Where pictures are wanted; the README shows some of `docs/images`. */
const FOLDER = process.env.SCREENSHOTS;

/** Takes a picture where `SCREENSHOTS` names a folder. @param name May hold slashes. */
export async function screenshot(page: Page, name: string): Promise<void> {
  if (!FOLDER) return;
  const path = `${FOLDER}/${name.replaceAll(/[^\w/.-]/g, "-")}.png`;
  mkdirSync(dirname(path), { recursive: true });
  await page.screenshot({ path });
}

/** Goes to a place of the dashboard that is open, and returns when the page that stood there before is gone. */
export const openPage = (page: Page, hash: string): Promise<void> =>
  page.evaluate(
    (target) =>
      new Promise<void>((resolve) => {
        if (location.hash === target) return resolve();
        const drawn = () => requestAnimationFrame(() => requestAnimationFrame(() => resolve()));
        addEventListener("hashchange", drawn, { once: true });
        location.hash = target;
      }),
    hash,
  );
