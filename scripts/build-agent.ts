import { chmod, rm } from "node:fs/promises";
import { build } from "esbuild";

/** Megabytes for young objects: the agent should stay small beside what the machine is for. */
const SHEBANG = "#!/usr/bin/env -S node --max-semi-space-size=1 --disable-warning=ExperimentalWarning";
/** For the one package that is no module (ws), which asks for Node's own parts this way. */
const REQUIRE = `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);`;
/** Nothing is looked for beside the bundle. */
export const WITHOUT_ADDONS = {
  "process.env.WS_NO_BUFFER_UTIL": '"1"',
  "process.env.WS_NO_UTF_8_VALIDATE": '"1"',
};

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
    banner: { js: `${SHEBANG}\n${REQUIRE}` },
    define: WITHOUT_ADDONS,
    minifySyntax: true,
    minifyWhitespace: true,
    logLevel: "warning",
  });
  await chmod(outfile, 0o755);
  return outfile;
}

if (import.meta.main) console.log(await buildAgent());
