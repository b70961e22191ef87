import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import type { CDPSession, Page } from "playwright-core";
import { buildDashboard } from "../../scripts/build-dashboard.ts";
import { CHROMIUM, openBrowser } from "../support/browser.ts";
import { startFilledNetwork } from "./support/filled-network.ts";
import { APPS, DECISIONS, NODES, PEOPLE } from "./support/filled-network-sql.ts";
import { atMost, type BenchResult, median, percentile } from "./support/result.ts";

const RUNS = 3;
const LOST_MS = 60_000;
/** Nodes poll: an object of a segment does not sleep. Between two of these the run-time would not let it either. */
const AWAKE_MS = 4_000;
const numbered = (prefix: string): string => `${prefix}_${"1".padStart(26, "0")}`;

/** Each page of the navigation, and one of each kind of thing. */
const PAGES = [
  ...["overview", "apps", "policies", "decisions", "reach", "history", "sessions", "tokens", "tokens/api"],
  ...["people", "people/groups", "providers", "nodes", "map", "mesh-rules", "enrolment-keys", "trust"],
  ...["segments", "network", "notifications", "audit", "nodes/holds"],
  `apps/${numbered("app")}`,
  `policies/${numbered("pol")}`,
  `decisions/dec_${"900000".padStart(26, "0")}`,
  `people/users/${numbered("usr")}`,
  `people/groups/${numbered("grp")}`,
  `nodes/${numbered("nod")}`,
  `mesh-rules/${numbered("rul")}`,
  `reach/app/${numbered("app")}`,
  `reach/user/${numbered("usr")}`,
];

export const whyNot = (): string | null => (existsSync(CHROMIUM) ? null : `has no ${CHROMIUM}`);

/** First useful paint of every page with a cold cache, of a hub in whose store there is much. */
export default async function dashboard(): Promise<BenchResult> {
  await buildDashboard();
  const network = await startFilledNetwork();
  const browser = await openBrowser();
  const page = await browser.context.newPage();
  const useful = new Map<string, number[]>();
  const whole = new Map<string, number[]>();
  try {
    await page.goto(network.hubOrigin);
    await page.click("#alice");
    await page.waitForSelector("main h1");
    await page.addInitScript(watchPaint);
    const session = await page.context().newCDPSession(page);
    await session.send("Network.setCacheDisabled", { cacheDisabled: true });
    const awake = setInterval(() => network.admin.call("mesh.holds").catch(() => undefined), AWAKE_MS);
    for (let run = 0; run <= RUNS; run++) {
      for (const id of PAGES) {
        const paint = await paintOf(page, session, `${network.hubOrigin}/#/${id}`);
        process.stderr.write(`${run} ${id} ${Math.round(paint.useful)} ${Math.round(paint.whole)}\n`);
        // The first round wakes objects and fills caches, as the first administrator of a morning does.
        if (run === 0) continue;
        useful.set(id, [...(useful.get(id) ?? []), paint.useful]);
        whole.set(id, [...(whole.get(id) ?? []), paint.whole]);
      }
    }
    clearInterval(awake);
  } finally {
    await browser.close();
    await network.stop();
  }
  const all = [...useful.values()].flat();
  const slowest = Math.max(...[...useful.values()].map(median));
  return {
    metrics: {
      ...{ people: PEOPLE, apps: APPS, nodes: NODES, decisions: DECISIONS },
      ...Object.fromEntries([...useful].map(([id, samples]) => [`${nameOf(id)}_ms`, median(samples)])),
      useful_paint_p95_ms: percentile(all, 0.95),
      whole_page_p95_ms: percentile([...whole.values()].flat(), 0.95),
      first_page_gzip_kb: firstPageBytes() / 1_000,
    },
    goals: [
      atMost("dashboard first useful paint of the slowest page, median", slowest, "ms", 1_000),
      atMost("dashboard first useful paint of all pages p95", percentile(all, 0.95), "ms", 1_000),
      atMost("dashboard first page, gzip", firstPageBytes() / 1_000, "kB", 250),
    ],
  };
}

/** `people/users/usr_…` as `people_users_one`. */
const nameOf = (id: string): string => id.replace(/[a-z]{3}_\d{26}/, "one").replaceAll(/[/-]/g, "_");

interface Paint {
  /** Milliseconds from the beginning of the navigation until the page shows its heading and what it is about. */
  readonly useful: number;
  /** Until the cards below have loaded, too. */
  readonly whole: number;
}

async function paintOf(page: Page, session: CDPSession, address: string): Promise<Paint> {
  await page.goto("about:blank");
  await session.send("Page.navigate", { url: address });
  const handle = await page.waitForFunction(
    () => {
      const { paint } = window as unknown as { paint: Partial<Paint> };
      return paint.whole === undefined ? null : paint;
    },
    null,
    { timeout: LOST_MS },
  );
  return (await handle.jsonValue()) as Paint;
}

/** Runs in the page, and notes the frames behind those in which it is there. */
function watchPaint(): void {
  const paint: { useful?: number; whole?: number } = {};
  (window as unknown as { paint: typeof paint }).paint = paint;
  const note = (what: keyof typeof paint) =>
    requestAnimationFrame(() => {
      paint[what] ??= performance.now();
    });
  const look = () => {
    const main = document.querySelector("main");
    const isUseful = main?.querySelector("h1") && !main.querySelector(":scope > .skeleton");
    const isWhole = isUseful && !document.querySelector("main .skeleton");
    if (isUseful) note("useful");
    if (isWhole) note("whole");
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** What the first page loads, each file compressed by itself: the document, its scripts and styles, and the overview. */
function firstPageBytes(): number {
  const folder = resolve(import.meta.dirname, "../../dist/dashboard");
  const read = (file: string) => readFileSync(resolve(folder, file.replace(/^\//, "")));
  const files = new Set(["index.html"]);
  for (const file of files) {
    if (!/\.(html|js)$/.test(file)) continue;
    const text = read(file).toString();
    const named =
      file === "index.html"
        ? [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)]
        : [...text.matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)];
    for (const [, name] of named) files.add(name?.startsWith("/") ? name : `/assets/${name}`);
    for (const [name] of text.matchAll(/assets\/overview-[\w-]+\.(?:js|css)/g)) files.add(`/${name}`);
  }
  return [...files].reduce((sum, file) => sum + gzipSync(read(file)).length, 0);
}
