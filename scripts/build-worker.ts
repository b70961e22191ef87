import { rm } from "node:fs/promises";
import { build } from "esbuild";

/**
 * Bundles the Worker with code splitting. Code that is imported lazily (the Cedar parser) becomes a separate
 * module, which the gateway never evaluates at start.
 */
export async function buildWorker(outdir = "dist/worker"): Promise<void> {
  await rm(outdir, { recursive: true, force: true });
  await build({
    entryPoints: { index: "workers/index.ts" },
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker", "browser", "import"],
    target: "es2024",
    external: ["cloudflare:*", "node:*"],
    loader: { ".wasm": "copy" },
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: false,
    sourcemap: false,
    chunkNames: "chunks/[name]-[hash]",
    assetNames: "[name]-[hash]",
    logLevel: "warning",
  });
}

if (import.meta.main) await buildWorker();
