// Plain JavaScript on purpose: this file must start under any Node that npm itself runs on. It says in words what is missing
// before `npm start` and its like run TypeScript.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** One of the packages that build and try the product. */
const BUILDER = fileURLToPath(new URL("../node_modules/miniflare", import.meta.url));

if (!existsSync(BUILDER)) stop("Packages are missing. Run `npm install` first (without --omit=dev).");
else if (!process.features.typescript) {
  stop(
    `This needs Node 22.18 or newer, and this is ${process.version}. On Linux for x64 and arm64, \`npm install\` brings one ` +
      "(unless it was told --omit=optional); elsewhere update Node.",
  );
}

function stop(what) {
  console.error(what);
  process.exitCode = 1;
}
