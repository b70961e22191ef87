import { chmod, rm } from "node:fs/promises";
import { build } from "esbuild";

/** Bundles the node agent into one file that Node 22.23 and newer run, without any package beside it. */
export async function buildAgent(outdir = "dist/agent"): Promise<string> {
  const outfile = `${outdir}/rustronaut-agent.js`;
  await rm(outfile, { force: true });
  await build({
    entryPoints: ["agent/main.ts"],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node22",
    // Megabytes for young objects: the agent should stay small beside what the machine is for.
    banner: { js: "#!/usr/bin/env -S node --max-semi-space-size=1 --disable-warning=ExperimentalWarning" },
    minifySyntax: true,
    minifyWhitespace: true,
    logLevel: "warning",
  });
  await chmod(outfile, 0o755);
  return outfile;
}

if (import.meta.main) console.log(await buildAgent());
