import { spawnSync } from "node:child_process";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { packageVersion } from "../cli/version.ts";
import { openApiDocument } from "../shared/api/openapi.ts";
import { type OperationObject, operationType } from "./client-types.ts";

/**
 * Builds the package that other programs call the admin API with. It holds the client that the command line and the
 * dashboard use (`shared/api/typed-client.ts`), with types that come from the OpenAPI document, so that it needs neither
 * the schemas nor any other package.
 */

const SOURCE = "packaging/client";
/** As deep as `SOURCE`, for its imports. */
const GENERATED = "dist/client-source";
const OUT = "dist/client";

export async function buildClient(): Promise<string> {
  for (const folder of [GENERATED, OUT]) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
  }
  await copyFile(join(SOURCE, "index.ts"), join(GENERATED, "index.ts"));
  await writeFile(join(GENERATED, "operations.ts"), operations());
  await build({
    entryPoints: [join(GENERATED, "index.ts")],
    outfile: join(OUT, "index.js"),
    bundle: true,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    logLevel: "warning",
  });
  await writeTypes();
  await copyFile(join(SOURCE, "README.md"), join(OUT, "README.md"));
  await copyFile("LICENSE", join(OUT, "LICENSE"));
  await writeFile(join(OUT, "package.json"), `${JSON.stringify(MANIFEST, null, 2)}\n`);
  return OUT;
}

const MANIFEST = {
  name: "@rustronaut/client",
  version: packageVersion(),
  description: "The typed client of Rustronaut's admin API",
  license: "Apache-2.0",
  type: "module",
  engines: { node: ">=20" },
  sideEffects: false,
  exports: { ".": { types: `./types/${GENERATED}/index.d.ts`, default: "./index.js" } },
};

function operations(): string {
  const paths = openApiDocument().paths as Record<string, Record<string, OperationObject>>;
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  const routes = all.map(({ method, path, operation }) => [operation.operationId, { method, path }]);
  return `export interface Operations {${all.map(({ operation }) => operationType(operation)).join("\n")}}
export const ROUTES: Readonly<Record<keyof Operations, { readonly method: string; readonly path: string }>> =
${JSON.stringify(Object.fromEntries(routes))};\n`;
}

/** Declarations whose imports name the files that are there. */
async function writeTypes(): Promise<void> {
  const { status, stdout } = spawnSync("tsc", ["-p", SOURCE], { encoding: "utf8" });
  if (status !== 0) throw new Error(`tsc -p ${SOURCE} failed:\n${stdout}`);
  const types = join(OUT, "types");
  for (const file of await readdir(types, { recursive: true })) {
    if (!file.endsWith(".d.ts")) continue;
    const text = await readFile(join(types, file), "utf8");
    await writeFile(join(types, file), text.replace(/(from "\.[^"]+)\.ts"/g, '$1.js"'));
  }
}

if (import.meta.main) console.log(await buildClient());
