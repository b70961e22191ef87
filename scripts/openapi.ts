import { readFile, writeFile } from "node:fs/promises";
import { agentApiDocument } from "../shared/api/agent-openapi.ts";
import { openApiDocument } from "../shared/api/openapi.ts";

/** Writes both APIs' documents from the schemas that the hub uses; with `--check`, fails when one is out of date. */
const DOCUMENTS = {
  "openapi.json": openApiDocument(),
  "agent-openapi.json": agentApiDocument(),
};

for (const [name, document] of Object.entries(DOCUMENTS)) {
  const file = new URL(`../docs/${name}`, import.meta.url);
  const text = `${JSON.stringify(document, null, 2)}\n`;
  if (!process.argv.includes("--check")) {
    await writeFile(file, text);
  } else if ((await readFile(file, "utf8").catch(() => "")) !== text) {
    console.error(
      `docs/${name} does not match the schemas in shared: run \`npm run openapi\` and commit it.`,
    );
    process.exitCode = 1;
  }
}
