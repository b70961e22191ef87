import { chmod, rm } from "node:fs/promises";
import { build } from "esbuild";

/**
 * The option limits the memory for young objects, in megabytes. The agent should use little memory next to
 * the machine's main work.
 */
const SHEBANG = "#!/usr/bin/env -S node --max-semi-space-size=1 --disable-warning=ExperimentalWarning";
/**
 * Needed for the only package that is not an ES module (ws). The package loads Node's own modules with
 * `require`.
 */
const REQUIRE = `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);`;
/** The bundle doesn't look for files beside it. */
export const WITHOUT_ADDONS = {
  "process.env.WS_NO_BUFFER_UTIL": '"1"',
  "process.env.WS_NO_UTF_8_VALIDATE": '"1"',
};

/** Bundles the node agent into one file. Node 22.23 and newer run the file without any other package. */
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
