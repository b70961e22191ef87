import { buildDashboard } from "../../scripts/build-dashboard.ts";
import { buildDownloads } from "../../scripts/build-downloads.ts";
import { buildWorker } from "../../scripts/build-worker.ts";

/**
 * What the end-to-end tests run: built once before them all, since files side by side must not build under each other.
 * `npm test` has built and checked both a moment ago, and says so.
 */
export default async function buildOnce(): Promise<void> {
  if (process.env.RUSTRONAUT_BUILT) return;
  await buildWorker();
  await buildDashboard();
  await buildDownloads();
  process.env.RUSTRONAUT_BUILT = "1";
}
