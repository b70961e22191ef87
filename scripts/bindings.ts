import { execFileSync } from "node:child_process";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { readDeployment } from "./local/deployment.ts";

/**
 * Writes the types of the bindings in `wrangler.toml`. With `--check`, fails if the types are out of date.
 * The RPC of an object of class `X` is the interface `XRpc`, which must be somewhere in `shared/`.
 */
const ROOT = resolve(import.meta.dirname, "..");
const FILE = "shared/bindings.ts";

const { objects, databases, assets, vars } = readDeployment();
const classes = [...new Set(Object.values(objects))].sort();

const source = `${classes.map((name) => `import type { ${name}Rpc } from "./${homeOf(`${name}Rpc`)}";`).join("\n")}
import type { ObjectsOf } from "./base/objects.ts";

/** Written by \`npm run bindings\` from \`wrangler.toml\`: change it there. */

export interface ObjectBindings {
${Object.entries(objects)
  .map(([binding, className]) => `readonly ${binding}: ObjectsOf<${className}Rpc>;`)
  .join("\n")}
}

/** The objects' classes, by their binding. */
export const OBJECT_CLASSES = ${JSON.stringify(objects)} as const;

export type BindingName = keyof ObjectBindings | ${[...databases, assets, ...vars].map((name) => JSON.stringify(name)).join(" | ")};
`;
const text = execFileSync("biome", ["check", "--write", `--stdin-file-path=${FILE}`], {
  cwd: ROOT,
  input: source,
  encoding: "utf8",
});

if (!process.argv.includes("--check")) writeFileSync(`${ROOT}/${FILE}`, text);
else if (readFileSync(`${ROOT}/${FILE}`, "utf8") !== text) {
  console.error(`${FILE} does not match wrangler.toml: run \`npm run bindings\` and commit it.`);
  process.exitCode = 1;
}

/** The file below `shared/` that exports the interface. */
function homeOf(name: string): string {
  const home = globSync(`${ROOT}/shared/**/*.ts`).find((file) =>
    readFileSync(file, "utf8").includes(`export interface ${name} `),
  );
  if (!home)
    throw new Error(
      `no file of shared/ exports an interface ${name}: say there what the object can be asked`,
    );
  return relative(`${ROOT}/shared`, home);
}
